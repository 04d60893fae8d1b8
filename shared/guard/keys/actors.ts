import type { Actor } from '../../domain/audit-record.ts';
import { type AuditEvent, type Difference, eventsOn, type KeyRecord } from '../../domain/register.ts';
import { CLOCKS_APART_MS, SECOND_MS, wholeSecond } from '../../domain/time.ts';
import { rules } from './rules/registry.ts';

/**
 * An audit event within this long of the vault's time of an act is certainly that act, in ms. Only such an event shows that
 * somebody acted whom an approval does not allow.
 */
const CERTAIN_MS = 2 * SECOND_MS;

/** An act on a version, or on the key as a whole, and when it happened, as far as two observations show. */
export type Done = Pick<Difference, 'since' | 'otherwiseAt'> & { readonly version?: string | undefined };

/**
 * The audit events that may be this act, oldest first: those of the given operations on that version since it was last
 * observed otherwise. Empty where none of them is at the vault's time of the act: its record has not come yet.
 */
export function eventsOf(
  operations: readonly string[],
  { version, since, otherwiseAt }: Done,
  record: Pick<KeyRecord, 'audit'>,
  withinMs = CLOCKS_APART_MS,
): readonly AuditEvent[] {
  const awayMs = ({ at }: AuditEvent): number => Math.abs(since.getTime() - wholeSecond(at).getTime());
  const nearest = eventsOn(record, operations, version).toSorted((one, other) => awayMs(one) - awayMs(other))[0];
  if (nearest === undefined || awayMs(nearest) > withinMs) return [];
  const fromMs = (otherwiseAt ?? nearest.at).getTime() - CLOCKS_APART_MS;
  return eventsOn(record, operations, version)
    .filter(({ at }) => at.getTime() >= fromMs && at.getTime() <= nearest.at.getTime())
    .toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

/** The audit events that certainly are this act; empty while its record has not come. */
export const certainEventsOf = (
  operations: readonly string[],
  done: Done,
  record: Pick<KeyRecord, 'audit'>,
): readonly AuditEvent[] => eventsOf(operations, done, record, CERTAIN_MS);

/** Who did something, as far as audit events show; `several` where several people may have done it; `undefined` while no record has come. */
export type Named = Actor | 'several' | undefined;

/** Who is named in an incident: nobody where several may have done it. */
export const actorOf = (named: Named): Actor | undefined => (named === 'several' ? undefined : named);

/** Who did an act by one of the given operations. */
export function namedFor(operations: readonly string[], done: Done, record: Pick<KeyRecord, 'audit'>): Named {
  const events = eventsOf(operations, done, record);
  const last = events.at(-1)?.by;
  return events.every(({ by }) => by.oid === last?.oid) ? last : 'several';
}

/** As `namedFor`, for a rule's finding. */
export const namedByRule = (rule: string, done: Done, record: Pick<KeyRecord, 'audit'>): Named =>
  namedFor(rules.find(({ id }) => id === rule)?.doneBy ?? [], done, record);
