import type { Actor } from '../domain/audit-record.ts';
import { digest } from '../domain/digest.ts';
import { escaped } from '../domain/escaped.ts';
import { type HintSays, type Inspection, inspectionFor } from '../domain/hint.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { assignmentId } from '../domain/role-assignment.ts';
import { type KeySubject, keyOf } from '../domain/subject.ts';
import { knownCallers, type Surveyed } from '../domain/survey.ts';
import { type Unparsed, wholeText } from '../incidents/quarantine.ts';
import type { Ports } from '../ports.ts';
import { applicationOf, callerOf, quickOid } from './audit-identity.ts';
import { isObject, recordsOf } from './audit-messages.ts';
import { CHANGING, operationOf, REPORTED_WHEN_REFUSED, USING } from './audit-operations.ts';
import { namedIn } from './key-id.ts';
import { recordOfRow } from './log-analytics-row.ts';
import { mergedBySubject, type Sensed } from './queue-sensed.ts';

/** What the parser needs. Only vaults of the policy are inspected, whatever a record names. */
export interface AuditLogSettings {
  readonly policy: Policy;
  /** What the surveys know: the users of each key that they found are known users. */
  readonly surveyed: Surveyed;
  readonly ownObjectIds: readonly string[];
  readonly now: Date;
  /** Which sense reads them. Default: `audit-log`. */
  readonly sense?: 'audit-log' | 'audit-query';
}

/** What the guardian knows now. */
export const auditLogSettings = ({ policy, scope, settings, now }: Ports): AuditLogSettings => ({
  policy,
  surveyed: scope.surveyed,
  ownObjectIds: settings.ownObjectIds,
  now: now(),
});

/**
 * The inspections that Event Hub messages of `AuditEvent` records lead to, one for each key, and the records that cannot be
 * parsed. Success is judged by `httpStatusCode`, never by `resultType`, which is `Success` for a 403 as well.
 */
export function inspectionsFromAuditLog(messages: readonly unknown[], settings: AuditLogSettings): Sensed {
  const about = namedBy(settings);
  const unparsed: Unparsed[] = [];
  const found: Inspection[] = [];
  for (const message of messages) {
    const { records, unreadable, raw } = recordsOf(message);
    const ofMessage: Unparsed[] = [...unreadable];
    for (const record of records) {
      const read = readRecord(record, about, settings);
      if (read === undefined) continue;
      if ('subject' in read) found.push(read);
      else ofMessage.push({ content: wholeText(record, raw), because: read.because });
    }
    unparsed.push(...inOne(ofMessage));
  }
  return { inspections: mergedBySubject(found), unparsed };
}

/** The records of one message that cannot be parsed, as one document with a line for each: there may be tens of thousands. */
function inOne(records: readonly Unparsed[]): readonly Unparsed[] {
  if (records.length < 2) return records;
  // A record that is nested too deep is quarantined with its whole message, so only once.
  const content = [...new Set(records.map((record) => record.content))].join('\n');
  const reasons = [...new Set(records.map(({ because }) => because))].join('\n');
  return [{ content, because: `${records.length} records:\n${reasons}` }];
}

/** What the id in a record names. */
type About =
  | { readonly kind: 'no-key' }
  | { readonly kind: 'not-guarded' }
  /** `users`: the ids of its known users, in lower case; empty where nobody can name them: then every user is expected. */
  | {
      readonly kind: 'guarded';
      readonly subject: KeySubject;
      readonly version: string | undefined;
      readonly users: ReadonlySet<string>;
    };

/** The ids of the known users of a key, in lower case: those of the policy, and those that the surveys found; empty as in `About`. */
export function usersOf(
  vault: string,
  key: string,
  { policy, surveyed }: Pick<AuditLogSettings, 'policy' | 'surveyed'>,
): ReadonlySet<string> {
  const { knownUsers } = keyPolicy(policy, vault, key);
  const { callers, anyCaller } = knownCallers(surveyed, vault, key);
  const isAnybody = anyCaller === true && knownUsers.length === 0;
  return new Set(isAnybody ? [] : [...knownUsers.map((oid) => oid.toLowerCase()), ...callers]);
}

/** Each id is looked up once: a disk unwraps the same version again and again. */
function namedBy({ policy, surveyed }: Pick<AuditLogSettings, 'policy' | 'surveyed'>): (id: string) => About {
  const vaults = new Set(guardedVaults(policy));
  const aboutId = new Map<string, About>();
  const lookUp = (id: string): About => {
    const { vault, key, version } = namedIn(id) ?? {};
    if (vault !== undefined && !vaults.has(vault)) return { kind: 'not-guarded' };
    if (vault === undefined || key === undefined) return { kind: 'no-key' };
    const { guarded } = keyPolicy(policy, vault, key);
    if (!guarded) return { kind: 'not-guarded' };
    return {
      kind: 'guarded',
      subject: keyOf({ vault, key }),
      version,
      users: usersOf(vault, key, { policy, surveyed }),
    };
  };
  return (id) => {
    const about = aboutId.get(id) ?? lookUp(id);
    aboutId.set(id, about);
    return about;
  };
}

/** What a record leads to. */
type Read = Inspection | Pick<Unparsed, 'because'> | undefined;

/**
 * The inspection that a record leads to, or why it cannot be parsed; `undefined` where it is ignored. 99 of 100 records are
 * reads, wraps and unwraps by disks, and parsing each with a schema would cost more than reading the message.
 */
function readRecord(given: unknown, about: (id: string) => About, settings: AuditLogSettings): Read {
  if (!isObject(given)) return { because: 'it is no object' };
  const record = 'OperationName' in given ? recordOfRow(given) : given;
  if (isOtherCategory(record.category)) return undefined;
  if (typeof record.operationName !== 'string') return { because: 'operationName is no text' };
  const operation = operationOf(record.operationName);
  const isChange = CHANGING.has(operation);
  if (!isChange && !USING.has(operation)) return undefined;
  // A Managed HSM writes the status at the top, and names the key only in the address of the request.
  // https://learn.microsoft.com/azure/key-vault/managed-hsm/logging
  const properties = isObject(record.properties) ? record.properties : {};
  const status = statusOf(properties.httpStatusCode ?? record.httpStatusCode);
  if (status === undefined) return { because: 'properties.httpStatusCode is no status' };
  if (!isSuccess(status) && !REPORTED_WHEN_REFUSED.has(operation)) return undefined;
  const id = properties.id ?? record.requestUri;
  if (typeof id !== 'string') return { because: 'properties.id is no text' };
  const named = about(id);
  if (named.kind === 'not-guarded') return undefined;
  if (named.kind === 'no-key') return isChange ? { because: 'properties.id names no key' } : undefined;
  const isExpected = isSuccess(status) && !isChange && isUser(quickOid(record.identity), record.identity, named.users);
  return isExpected ? undefined : inspectionOf({ record, operation, status, id, ...named }, settings);
}

const isOtherCategory = (category: unknown): boolean =>
  category !== 'AuditEvent' && typeof category === 'string' && category.trim().toLowerCase() !== 'auditevent';

/** The status of a record, a number or text; `undefined` where it is none. */
function statusOf(code: unknown): number | undefined {
  const status = typeof code === 'string' && /^[1-9]\d\d$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 999 ? status : undefined;
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/** Nearly every object id is in lower case already. */
const isKnown = (oid: string, users: ReadonlySet<string>): boolean =>
  users.size === 0 || users.has(oid) || users.has(oid.toLowerCase());

/** Whether the caller is a known user by its object id, or by its application, as one of another tenant is. */
const isUser = (oid: string, identity: unknown, users: ReadonlySet<string>): boolean =>
  isKnown(oid, users) || isKnown(applicationOf(identity), users);

/** A record about a guarded key, with what of it is parsed. */
type Telling = Extract<About, { kind: 'guarded' }> & {
  readonly record: Readonly<Record<string, unknown>>;
  readonly operation: string;
  readonly status: number;
  readonly id: string;
};

function inspectionOf(telling: Telling, { ownObjectIds, now, sense = 'audit-log' }: AuditLogSettings): Read {
  const { record, operation, status, id, subject } = telling;
  const { time } = record;
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return { because: 'time is no moment' };
  const assignment = isObject(record.properties) ? textOf(record.properties.appliedAssignmentId) : undefined;
  const by = {
    ...callerOf(record.identity, textOf(record.callerIpAddress)),
    ...(assignment === undefined ? {} : { assignment: { id: assignmentId(assignment) } }),
  };
  const says = saysOf(telling, by, new Date(time), ownObjectIds);
  if (says === undefined) return undefined;
  // The same for every delivery of a record: records have no id of their own. The time as text distinguishes records
  // within one millisecond, which a `Date` does not.
  const parts = [time, operation, textOf(record.correlationId) ?? '', by.oid, id, String(status)];
  const hash = digest(parts.join('\n'));
  return inspectionFor(subject, { id: hash, sense, sensedAt: now, says });
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function saysOf(
  { record, operation, status, version, users }: Telling,
  by: Actor,
  at: Date,
  ownObjectIds: readonly string[],
): HintSays | undefined {
  const about = { operation, by, at, ...(version === undefined ? {} : { version }) };
  if (!isSuccess(status)) return { kind: 'refused', ...about, status };
  if (!CHANGING.has(operation))
    return isUser(by.oid, record.identity, users) ? undefined : { kind: 'unknown-user', ...about };
  if (!ownObjectIds.includes(by.oid.toLowerCase())) return { kind: 'act', ...about };
  const correlationId = textOf(record.correlationId);
  return {
    kind: 'own-act',
    ...about,
    ...(correlationId === undefined ? {} : { correlationId: escaped(correlationId) }),
  };
}
