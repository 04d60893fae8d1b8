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
  { version, since, latest = since, previous }: Done,
  acts: KeyRecord['acts'],
  withinMs = SAME_ACT_MS,
): KeyRecord['acts'][number] | undefined {
  // The vault's time is that of the whole second.
  const secondOf = (at: Date): number => Math.floor(at.getTime() / SECOND_MS) * SECOND_MS;
  const awayMs = (at: Date): number => Math.max(0, since.getTime() - secondOf(at), secondOf(at) - latest.getTime());
  const isBefore = (at: Date): boolean =>
    previous !== undefined && previous.getTime() < since.getTime() && secondOf(at) <= previous.getTime();
  return acts
    .filter(
      (act) =>
        operations.includes(act.operation) &&
        (version === undefined || act.version === undefined || act.version === version) &&
        awayMs(act.at) <= withinMs &&
        !isBefore(act.at),
    )
    .toSorted((one, other) => awayMs(one.at) - awayMs(other.at))[0];
}
