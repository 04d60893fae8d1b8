import { wholeText } from '../incidents/set-aside.ts';

/** What an Event Hub message holds. */
export type Records =
  /** `raw`: the message as text; `undefined` where the host had parsed it. */
  | { readonly kind: 'records'; readonly records: readonly unknown[]; readonly raw: string | undefined }
  | { readonly kind: 'unreadable'; readonly content: string; readonly because: string };

/** `{records: […]}`, a bare array or a bare record; as bytes, as text, or parsed already by the host. */
export function recordsOf(message: unknown): Records {
  const text =
    message instanceof Uint8Array
      ? Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('utf8')
      : message;
  if (typeof text !== 'string') return unwrapped(text, undefined);
  try {
    return unwrapped(JSON.parse(text), text);
  } catch (error) {
    return { kind: 'unreadable', content: text, because: error instanceof Error ? error.message : 'not JSON' };
  }
}

function unwrapped(parsed: unknown, raw: string | undefined): Records {
  if (Array.isArray(parsed)) return { kind: 'records', records: parsed, raw };
  if (typeof parsed !== 'object' || parsed === null)
    return {
      kind: 'unreadable',
      content: wholeText(parsed, raw),
      because: 'neither records nor a record',
    };
  if (!('records' in parsed)) return { kind: 'records', records: [parsed], raw };
  if (Array.isArray(parsed.records)) return { kind: 'records', records: parsed.records, raw };
  return { kind: 'unreadable', content: wholeText(parsed, raw), because: '`records` is not an array' };
}

/**
 * A Managed HSM writes the status at the top, and names the key in the address of the request alone.
 * @see https://learn.microsoft.com/azure/key-vault/managed-hsm/logging
 */
export function asVaultsWrite(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('httpStatusCode' in record)) return record;
  const { httpStatusCode } = record;
  const id = 'requestUri' in record ? { id: record.requestUri } : {};
  const properties = 'properties' in record && typeof record.properties === 'object' ? record.properties : {};
  return { ...record, properties: { httpStatusCode, ...id, ...properties } };
}
