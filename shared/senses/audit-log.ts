import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Hint, HintSays, Inspection } from '../domain/hint.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { type SetAside, wholeText } from '../incidents/set-aside.ts';
import { callerOf, OBJECT_ID, shortened } from './audit-identity.ts';
import { type Heard, mergedByKey } from './heard-news.ts';

/** Operations that change a key or copy it. @see https://learn.microsoft.com/azure/key-vault/general/logging */
const CHANGING = new Set([
  'KeyCreate',
  'KeyImport',
  'KeyRestore',
  'KeyRotate',
  'KeyRotateIfDue',
  'KeyUpdate',
  'KeyDelete',
  'KeyRecover',
  'KeyPurge',
  'KeyBackup',
  'KeyRotationPolicySet',
]);
/** Uses of a key that only its known users should make. */
const USING = new Set(['KeyUnwrap', 'KeyDecrypt', 'KeyRelease']);
/** Operations whose refusal is news. */
const TELLING_WHEN_REFUSED = new Set(['KeyUnwrap', 'KeyPurge']);

/** What a record must hold for its operation to be judged; everything else in it is left alone. */
const judged = z.object({
  time: z.string().pipe(z.coerce.date()),
  operationName: z.string(),
  resourceId: z.string(),
  correlationId: z.string().optional(),
  callerIpAddress: z.string().optional(),
  identity: z.unknown(),
  properties: z.object({ id: z.string(), httpStatusCode: z.coerce.number().int() }),
});
type Judged = z.infer<typeof judged>;

/** What the parser needs to know; hosts come from the policy, never from a record. */
export interface AuditLogSettings {
  readonly policy: Policy;
  readonly ownObjectIds: readonly string[];
  readonly now: Date;
}

/**
 * The inspections that Event Hub messages of `AuditEvent` records lead to, merged by key, and what of them cannot be
 * parsed. Success is judged by `httpStatusCode`, never by `resultType`, which says Success on a 403 as well.
 */
export function inspectionsFromAuditLog(messages: readonly unknown[], settings: AuditLogSettings): Heard {
  const vaults = new Set(guardedVaults(settings.policy));
  const users = new Map<string, ReadonlySet<string>>();
  const byId = new Map<string, Expected>();
  const own = new Set(settings.ownObjectIds);
  const setAside: SetAside[] = [];
  const found: Inspection[] = [];
  for (const message of messages) {
    const records = recordsOf(message);
    if (records.kind === 'unreadable') {
      setAside.push({ content: records.content, because: records.because });
      continue;
    }
    for (const record of records.records) {
      if (isNoise(record, vaults, byId, settings.policy)) continue;
      const parsed = judged.safeParse(asVaultsWrite(record));
      if (!parsed.success) {
        setAside.push({ content: wholeText(record, records.raw), because: z.prettifyError(parsed.error) });
        continue;
      }
      const inspection = inspectionFrom(parsed.data, vaults, own, users, settings);
      if (inspection !== undefined) found.push(inspection);
    }
  }
  return { inspections: mergedByKey(found), setAside };
}

type Records =
  /** `raw`: the message as text; `undefined` where the host had parsed it. */
  | { readonly kind: 'records'; readonly records: readonly unknown[]; readonly raw: string | undefined }
  | { readonly kind: 'unreadable'; readonly content: string; readonly because: string };

/** `{records: […]}`, a bare array or a bare record; as bytes, as text, or parsed already by the host. */
function recordsOf(message: unknown): Records {
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
 * Whether a record says nothing to us, by a few direct looks: 99 of 100 are reads, wraps and unwraps by disks, and a
 * schema over each would cost more than reading the message. What looks odd here goes on to the schema.
 */
function isNoise(record: unknown, vaults: ReadonlySet<string>, byId: Map<string, Expected>, policy: Policy): boolean {
  if (typeof record !== 'object' || record === null) return false;
  if ('category' in record && record.category !== 'AuditEvent') return true;
  if (!('operationName' in record) || typeof record.operationName !== 'string') return false;
  const { operationName } = record;
  if (CHANGING.has(operationName)) return false;
  if (!USING.has(operationName)) return true;
  if (!('properties' in record) || typeof record.properties !== 'object' || record.properties === null) return false;
  const { properties } = record;
  const status = 'httpStatusCode' in properties ? properties.httpStatusCode : undefined;
  if (typeof status !== 'number' || status < 200 || status > 299)
    return status !== undefined && typeof status === 'number' && !TELLING_WHEN_REFUSED.has(operationName);
  if (!('id' in properties) || typeof properties.id !== 'string' || !('identity' in record)) return false;
  const { id } = properties;
  const expected = byId.get(id) ?? expectedOf(id, vaults, policy);
  byId.set(id, expected);
  if (expected === 'unclear') return false;
  if (expected === 'anybody') return true;
  const oid = quickOid(record.identity);
  return expected.has(oid) || expected.has(oid.toLowerCase());
}

/** Who may use what a record's id names without being news; `unclear` where the id names no key. */
type Expected = ReadonlySet<string> | 'anybody' | 'unclear';

function expectedOf(id: string, vaults: ReadonlySet<string>, policy: Policy): Expected {
  const subject = subjectOf(id);
  if (subject === undefined) return 'unclear';
  if (!vaults.has(subject.vault)) return 'anybody';
  const known = knownUsers(subject.vault, subject.key, new Map(), policy);
  return known.size === 0 ? 'anybody' : known;
}

/** The caller's object id in the two spellings that nearly every record has; '' where only a closer look can tell. */
function quickOid(identity: unknown): string {
  if (typeof identity !== 'object' || identity === null || !('claim' in identity)) return '';
  const { claim } = identity;
  if (typeof claim !== 'object' || claim === null) return '';
  if ('oid' in claim) return typeof claim.oid === 'string' ? claim.oid : '';
  return OBJECT_ID in claim && typeof claim[OBJECT_ID] === 'string' ? claim[OBJECT_ID] : '';
}

/** Object ids in lower case. Empty where the policy names none: then nobody can be told from anybody. */
function knownUsers(
  vault: string,
  key: string,
  users: Map<string, ReadonlySet<string>>,
  policy: Policy,
): ReadonlySet<string> {
  const id = `${vault}/${key}`;
  const known = users.get(id) ?? new Set(keyPolicy(policy, vault, key).knownUsers.map((oid) => oid.toLowerCase()));
  users.set(id, known);
  return known;
}

/**
 * A Managed HSM writes the status at the top, and names the key in the address of the request alone.
 * @see https://learn.microsoft.com/azure/key-vault/managed-hsm/logging
 */
function asVaultsWrite(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('httpStatusCode' in record)) return record;
  const { httpStatusCode } = record;
  const id = 'requestUri' in record ? { id: record.requestUri } : {};
  const properties = 'properties' in record && typeof record.properties === 'object' ? record.properties : {};
  return { ...record, properties: { httpStatusCode, ...id, ...properties } };
}

const ID = /^https:\/\/([^./]+)\.[^/]+\/(?:deleted)?keys\/([0-9a-zA-Z-]{1,127})(?:\/([0-9a-fA-F]{32}))?(?:[/?]|$)/;

/** Vault, key and version that a record's id names, in lower case. */
function subjectOf(
  id: string,
): { readonly vault: string; readonly key: string; readonly version: string | undefined } | undefined {
  const [, vault, key, version] = ID.exec(id) ?? [];
  if (vault === undefined || key === undefined) return undefined;
  return { vault: vault.toLowerCase(), key: key.toLowerCase(), version: version?.toLowerCase() };
}

function inspectionFrom(
  record: Judged,
  vaults: ReadonlySet<string>,
  own: ReadonlySet<string>,
  users: Map<string, ReadonlySet<string>>,
  { policy, now }: AuditLogSettings,
): Inspection | undefined {
  const subject = subjectOf(record.properties.id);
  if (subject === undefined || !vaults.has(subject.vault) || !keyPolicy(policy, subject.vault, subject.key).guarded)
    return undefined;
  const says = saysOf(record, subject.version, own, knownUsers(subject.vault, subject.key, users, policy));
  if (says === undefined) return undefined;
  const hint: Hint = { id: idOf(record), sense: 'audit-log', heardAt: now, says };
  return { vault: subject.vault, key: subject.key, hints: [hint], attempt: 0 };
}

function saysOf(
  record: Judged,
  version: string | undefined,
  own: ReadonlySet<string>,
  known: ReadonlySet<string>,
): HintSays | undefined {
  const { operationName: operation, time: at, correlationId } = record;
  const { httpStatusCode: status } = record.properties;
  const by = callerOf(record.identity, record.callerIpAddress);
  const about = { operation, by, at, ...(version === undefined ? {} : { version }) };
  if (status < 200 || status > 299)
    return TELLING_WHEN_REFUSED.has(operation) ? { kind: 'refused', ...about, status } : undefined;
  if (CHANGING.has(operation)) {
    if (!own.has(by.oid.toLowerCase())) return { kind: 'act', ...about };
    return {
      kind: 'own-act',
      ...about,
      ...(correlationId === undefined ? {} : { correlationId: shortened(correlationId) }),
    };
  }
  return known.size > 0 && !known.has(by.oid.toLowerCase()) ? { kind: 'unknown-user', ...about } : undefined;
}

/** The same for every delivery of a record: records carry no id of their own. */
function idOf({ time, operationName, correlationId, properties }: Judged): string {
  return createHash('sha256')
    .update(
      [time.toISOString(), operationName, correlationId ?? '', properties.id, String(properties.httpStatusCode)].join(
        '\n',
      ),
    )
    .digest('hex')
    .slice(0, 32);
}
