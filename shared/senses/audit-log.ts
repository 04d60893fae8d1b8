import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Actor } from '../domain/audit-record.ts';
import { type Hint, type HintSays, type Inspection, inspectionFor } from '../domain/hint.ts';
import { guardedVaults, keyPolicy, type Policy } from '../domain/policy.ts';
import { keyOf } from '../domain/subject.ts';
import { type Unparsed, wholeText } from '../incidents/quarantine.ts';
import { callerOf, shortened } from './audit-identity.ts';
import { asVaultsWrite, recordsOf } from './audit-messages.ts';
import { type Expected, isNoise, isStatus, knownUsers, subjectOf, vaultOf } from './audit-noise.ts';
import { CHANGING, operationOf, REPORTED_WHEN_REFUSED } from './audit-operations.ts';
import { mergedBySubject, type Sensed } from './queue-sensed.ts';

/** The members of a record that are used. */
const judged = z.object({
  /** As text: it distinguishes records within one millisecond, which a `Date` does not. */
  time: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'is no moment'),
  operationName: z.string().transform(operationOf),
  resourceId: z.string(),
  correlationId: z.string().optional(),
  callerIpAddress: z.string().optional(),
  identity: z.unknown(),
  properties: z.object({
    id: z.string(),
    httpStatusCode: z
      .number()
      .refine(isStatus, 'is no status')
      .or(
        z
          .string()
          .regex(/^[1-9]\d\d$/)
          .transform(Number),
      ),
  }),
});
type Judged = z.infer<typeof judged>;

/** What the parser needs. Only vaults of the policy are inspected, whatever a record names. */
export interface AuditLogSettings {
  readonly policy: Policy;
  readonly ownObjectIds: readonly string[];
  readonly now: Date;
}

/**
 * The inspections that Event Hub messages of `AuditEvent` records lead to, one for each key, and the records that cannot be
 * parsed. Success is judged by `httpStatusCode`, never by `resultType`, which is `Success` for a 403 as well.
 */
export function inspectionsFromAuditLog(messages: readonly unknown[], settings: AuditLogSettings): Sensed {
  const vaults = new Set(guardedVaults(settings.policy));
  const users = new Map<string, ReadonlySet<string>>();
  const byId = new Map<string, Expected>();
  const own = new Set(settings.ownObjectIds);
  const unparsed: Unparsed[] = [];
  const found: Inspection[] = [];
  for (const message of messages) {
    const records = recordsOf(message);
    if (records.kind === 'unreadable') {
      unparsed.push({ content: records.content, because: records.because });
      continue;
    }
    const ofMessage: Unparsed[] = [];
    for (const record of records.records) {
      if (isNoise(record, vaults, byId, settings.policy)) continue;
      const parsed = judged.safeParse(asVaultsWrite(record));
      if (!parsed.success) {
        ofMessage.push({ content: wholeText(record, records.raw), because: z.prettifyError(parsed.error) });
        continue;
      }
      if (namesNoKey(parsed.data, vaults))
        ofMessage.push({ content: wholeText(record, records.raw), because: 'properties.id names no key' });
      const inspection = inspectionFrom(parsed.data, vaults, own, users, settings);
      if (inspection !== undefined) found.push(inspection);
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

/** Whether a record reports a changed key or a tried purge but does not name the key. False for vaults that are not guarded. */
function namesNoKey({ operationName, properties }: Judged, vaults: ReadonlySet<string>): boolean {
  const { id, httpStatusCode } = properties;
  if (!CHANGING.has(operationName) || subjectOf(id) !== undefined) return false;
  const vault = vaultOf(id);
  if (vault !== undefined && !vaults.has(vault)) return false;
  return isSuccess(httpStatusCode) || REPORTED_WHEN_REFUSED.has(operationName);
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

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
  const by = callerOf(record.identity, record.callerIpAddress);
  const says = saysOf(record, by, subject.version, own, knownUsers(subject.vault, subject.key, users, policy));
  if (says === undefined) return undefined;
  const hint: Hint = { id: idOf(record, by), sense: 'audit-log', sensedAt: now, says };
  return inspectionFor(keyOf(subject), hint);
}

function saysOf(
  record: Judged,
  by: Actor,
  version: string | undefined,
  own: ReadonlySet<string>,
  known: ReadonlySet<string>,
): HintSays | undefined {
  const { operationName: operation, correlationId } = record;
  const at = new Date(record.time);
  const { httpStatusCode: status } = record.properties;
  const about = { operation, by, at, ...(version === undefined ? {} : { version }) };
  if (!isSuccess(status))
    return REPORTED_WHEN_REFUSED.has(operation) ? { kind: 'refused', ...about, status } : undefined;
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

/** An id that is the same for every delivery of a record: records have no id of their own. */
function idOf({ time, operationName, correlationId = '', properties }: Judged, { oid }: Actor): string {
  const { id, httpStatusCode } = properties;
  return createHash('sha256')
    .update([time, operationName, correlationId, oid, id, String(httpStatusCode)].join('\n'))
    .digest('hex')
    .slice(0, 32);
}
