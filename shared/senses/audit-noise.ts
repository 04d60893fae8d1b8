import { keyPolicy, type Policy } from '../domain/policy.ts';
import { OBJECT_ID } from './audit-identity.ts';
import { CHANGING, operationOf, REPORTED_WHEN_REFUSED, USING } from './audit-operations.ts';

/**
 * Whether a record is ignored, judged by a few of its members: 99 of 100 records are reads, wraps and unwraps by disks, and
 * parsing each with a schema would cost more than reading the message. Unusual records are parsed with the schema.
 */
export function isNoise(
  record: unknown,
  vaults: ReadonlySet<string>,
  byId: Map<string, Expected>,
  policy: Policy,
): boolean {
  if (typeof record !== 'object' || record === null) return false;
  if ('category' in record && isOtherCategory(record.category)) return true;
  if (!('operationName' in record) || typeof record.operationName !== 'string') return false;
  const operation = operationOf(record.operationName);
  if (CHANGING.has(operation)) return false;
  if (!USING.has(operation)) return true;
  if (!('properties' in record) || typeof record.properties !== 'object' || record.properties === null) return false;
  const { properties } = record;
  const status = 'httpStatusCode' in properties ? properties.httpStatusCode : undefined;
  if (typeof status !== 'number' || status < 200 || status > 299)
    return isStatus(status) && !REPORTED_WHEN_REFUSED.has(operation);
  if (!('id' in properties) || typeof properties.id !== 'string' || !('identity' in record)) return false;
  const { id } = properties;
  const expected = byId.get(id) ?? expectedOf(id, vaults, policy);
  byId.set(id, expected);
  if (expected === 'unclear') return false;
  if (expected === 'anybody') return true;
  const oid = quickOid(record.identity);
  return expected.has(oid) || expected.has(oid.toLowerCase());
}

const isOtherCategory = (category: unknown): boolean =>
  category !== 'AuditEvent' && typeof category === 'string' && category.trim().toLowerCase() !== 'auditevent';

/** Whether a value is an HTTP status. */
export const isStatus = (status: unknown): boolean =>
  typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 999;

/** Who may use the key that a record's id names, without an incident; `unclear` where the id names no key. */
export type Expected = ReadonlySet<string> | 'anybody' | 'unclear';

function expectedOf(id: string, vaults: ReadonlySet<string>, policy: Policy): Expected {
  const subject = subjectOf(id);
  if (subject === undefined) return 'unclear';
  if (!vaults.has(subject.vault)) return 'anybody';
  const known = knownUsers(subject.vault, subject.key, new Map(), policy);
  return known.size === 0 ? 'anybody' : known;
}

/** The caller's object id in the two forms that nearly every record has; '' where the record has to be parsed with the schema. */
function quickOid(identity: unknown): string {
  if (typeof identity !== 'object' || identity === null || !('claim' in identity)) return '';
  const { claim } = identity;
  if (typeof claim !== 'object' || claim === null) return '';
  if ('oid' in claim) return typeof claim.oid === 'string' ? claim.oid : '';
  return OBJECT_ID in claim && typeof claim[OBJECT_ID] === 'string' ? claim[OBJECT_ID] : '';
}

/** The object ids of the known users, in lower case. Empty where the policy names none: then every user is expected. */
export function knownUsers(
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

const ID = /^\s*https:\/\/([^./]+)\.[^/]+\/(?:deleted)?keys\/([0-9a-z-]{1,127})(?:\/([0-9a-f]{32}))?(?:[/?\s]|$)/i;
const HOST = /^\s*https:\/\/([^./]+)\./i;

/** The vault that a record's id names, in lower case, also where the rest of the id cannot be read. */
export const vaultOf = (id: string): string | undefined => HOST.exec(id)?.[1]?.toLowerCase();

/** Vault, key and version that a record's id names, in lower case. */
export function subjectOf(
  id: string,
): { readonly vault: string; readonly key: string; readonly version: string | undefined } | undefined {
  const [, vault, key, version] = ID.exec(id) ?? [];
  if (vault === undefined || key === undefined) return undefined;
  return { vault: vault.toLowerCase(), key: key.toLowerCase(), version: version?.toLowerCase() };
}
