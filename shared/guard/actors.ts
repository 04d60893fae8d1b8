import type { Actor } from '../domain/audit-record.ts';
import type { Finding } from '../domain/finding.ts';
import type { KeyRecord } from '../domain/register.ts';
import { SECOND_MS } from '../domain/time.ts';
import { SAME_ACT_MS } from './dating.ts';

/**
 * An act of the audit log within this long of the vault's own time is surely that act, in ms: only of such a one it is said
 * that it was another person's than the one who was meant.
 */
export const CERTAIN_MS = 2 * SECOND_MS;

type Done = Pick<Finding, 'version' | 'since' | 'latest' | 'previous'>;

/** Who did it, where the audit log has told: the record of that operation on that version at that time. */
export function actorOf(
  finding: Done & Pick<Finding, 'act'>,
  acts: KeyRecord['acts'],
  withinMs = SAME_ACT_MS,
): KeyRecord['acts'][number] | undefined {
  return actOf([finding.act === 'delete' ? 'KeyDelete' : 'KeyUpdate'], finding, acts, withinMs);
}

/**
 * The act of one of these operations on that version nearest to that time, or within it, where the audit log has told.
 * Whoever made the change before, which was seen, did not make this one.
 */
export function actOf(
  operations: readonly string[],
  done: Done,
  acts: KeyRecord['acts'],
  withinMs = SAME_ACT_MS,
): KeyRecord['acts'][number] | undefined {
  return possible(operations, done, acts)
    .filter((act) => awayMs(done, act.at) <= withinMs)
    .toSorted((one, other) => awayMs(done, one.at) - awayMs(done, other.at))[0];
}

/**
 * Who is to be named for it: nobody where several changed it since it was last seen otherwise, since the vault's time is
 * that of the last of them.
 */
export function doerOf(operations: readonly string[], done: Done, acts: KeyRecord['acts']): Actor | undefined {
  const act = actOf(operations, done, acts);
  if (act === undefined || done.previous === undefined) return act?.by;
  const others = possible(operations, done, acts).filter(({ at }) => at.getTime() <= act.at.getTime());
  return others.every(({ by }) => by.oid === act.by.oid) ? act.by : undefined;
}

/** The acts of these operations on that version, but for those that were seen before. */
function possible(
  operations: readonly string[],
  { version, since, previous }: Done,
  acts: KeyRecord['acts'],
): KeyRecord['acts'] {
  const isBefore = (at: Date): boolean =>
    previous !== undefined && previous.getTime() < since.getTime() && secondMs(at) <= previous.getTime();
  return acts.filter(
    (act) =>
      operations.includes(act.operation) &&
      (version === undefined || act.version === undefined || act.version === version) &&
      !isBefore(act.at),
  );
}

/** The vault's time is that of the whole second. */
const secondMs = (at: Date): number => Math.floor(at.getTime() / SECOND_MS) * SECOND_MS;

const awayMs = ({ since, latest = since }: Done, at: Date): number =>
  Math.max(0, since.getTime() - secondMs(at), secondMs(at) - latest.getTime());
