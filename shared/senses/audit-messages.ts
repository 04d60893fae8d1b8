import { isUtf8 } from 'node:buffer';
import { wholeText } from '../incidents/quarantine.ts';

/** The content of an Event Hub message. */
export type Records =
  /** `raw`: the message as text; `undefined` where the host has parsed it. */
  | { readonly kind: 'records'; readonly records: readonly unknown[]; readonly raw: string | undefined }
  | { readonly kind: 'unreadable'; readonly content: string; readonly because: string };

/** The records of a message: `{records: […]}`, an array or a single record; as bytes, as text, or parsed by the host. */
export function recordsOf(message: unknown): Records {
  if (!(message instanceof Uint8Array)) return typeof message === 'string' ? fromText(message) : unwrapped(message);
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (isUtf8(bytes)) return fromText(bytes.toString('utf8'));
  return { kind: 'unreadable', content: bytes.toString('base64'), because: 'not UTF-8: its bytes are kept in base64' };
}

function fromText(text: string): Records {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', content: text, because: 'not JSON' }; // what the parser says repeats some of it
  }
  return unwrapped(parsed, text);
}

function unwrapped(parsed: unknown, raw?: string): Records {
  // The original text where it is known: of a member given twice, the parsed value has only the last.
  const unreadable = (because: string): Records => ({
    kind: 'unreadable',
    content: raw ?? wholeText(parsed),
    because,
  });
  if (Array.isArray(parsed)) return { kind: 'records', records: parsed, raw };
  if (typeof parsed !== 'object' || parsed === null) return unreadable('neither records nor a record');
  if (!('records' in parsed)) return { kind: 'records', records: [parsed], raw };
  if (!Array.isArray(parsed.records)) return unreadable('`records` is not an array');
  return { kind: 'records', records: parsed.records, raw };
}

/**
 * A record of a Managed HSM in the form that vaults write: a Managed HSM puts the status at the top level, and names the key
 * only in the address of the request.
 * @see https://learn.microsoft.com/azure/key-vault/managed-hsm/logging
 */
export function asVaultsWrite(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('httpStatusCode' in record)) return record;
  const { httpStatusCode } = record;
  const id = 'requestUri' in record ? { id: record.requestUri } : {};
  const properties = 'properties' in record && typeof record.properties === 'object' ? record.properties : {};
  return { ...record, properties: { httpStatusCode, ...id, ...properties } };
}
