import type { Actor } from '../../domain/audit-record.ts';
import { type AuditEvent, eventsOn, type KeyRecord } from '../../domain/register.ts';
import { CLOCKS_APART_MS, SECOND_MS, wholeSecond } from '../../domain/time.ts';
import { rules } from './rules/registry.ts';

/**
 * An audit event within this long of the vault's own time is surely that act, in ms: only of such a one it is said that it
 * was another person's than the one who was meant.
 */
const CERTAIN_MS = 2 * SECOND_MS;

/** What somebody did, and when, as far as two observations tell. */
export interface Done {
  /** `undefined` where the key as a whole is meant. */
  readonly version?: string | undefined;
  /** By the vault's own time. */
  readonly since: Date;
  /** When it was last observed otherwise; `undefined` where it never was. */
  readonly otherwiseAt?: Date | undefined;
}

/**
 * The audit events that may have done it, oldest first: those of some operations on that version since it was last
 * observed otherwise. None where none of them was at the vault's own time of it: that record has not come yet.
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

/** The events that surely did it; none while their records have not come. */
export const certainEventsOf = (
  operations: readonly string[],
  done: Done,
  record: Pick<KeyRecord, 'audit'>,
): readonly AuditEvent[] => eventsOf(operations, done, record, CERTAIN_MS);

/** Who did something, as far as the audit log has told. */
export type Named =
  | { readonly kind: 'nobody-yet' }
  | { readonly kind: 'one'; readonly by: Actor }
  /** Each of them may have done it: nobody is to be named. */
  | { readonly kind: 'several' };

/** Who may have done it by one of some operations. */
export function namedFor(operations: readonly string[], done: Done, record: Pick<KeyRecord, 'audit'>): Named {
  const events = eventsOf(operations, done, record);
  const last = events.at(-1)?.by;
  if (last === undefined) return { kind: 'nobody-yet' };
  return events.every(({ by }) => by.oid === last.oid) ? { kind: 'one', by: last } : { kind: 'several' };
}

/** As `namedFor`, for what a rule found. */
export const namedByRule = (rule: string, done: Done, record: Pick<KeyRecord, 'audit'>): Named =>
  namedFor(rules.find(({ id }) => id === rule)?.doneBy ?? [], done, record);

/** Who is to be named for what a rule found: nobody where several may have done it. */
export function actorFor(rule: string, done: Done, record: Pick<KeyRecord, 'audit'>): Actor | undefined {
  const named = namedByRule(rule, done, record);
  return named.kind === 'one' ? named.by : undefined;
}
