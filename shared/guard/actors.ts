import type { Finding } from '../domain/finding.ts';
import type { KeyRecord } from '../domain/register.ts';
import { SECOND_MS } from '../domain/time.ts';
import { SAME_ACT_MS } from './dating.ts';

/** Who did it, where the audit log has told: the record of that operation on that version at that time. */
export function actorOf(
  finding: Pick<Finding, 'version' | 'since' | 'latest' | 'act'>,
  acts: KeyRecord['acts'],
): KeyRecord['acts'][number] | undefined {
  return actOf([finding.act === 'delete' ? 'KeyDelete' : 'KeyUpdate'], finding, acts);
}

/** The act of one of these operations on that version nearest to that time, or within it, where the audit log has told. */
export function actOf(
  operations: readonly string[],
  { version, since, latest = since }: Pick<Finding, 'version' | 'since' | 'latest'>,
  acts: KeyRecord['acts'],
): KeyRecord['acts'][number] | undefined {
  // The vault's time is that of the whole second.
  const awayMs = (at: Date): number => {
    const second = Math.floor(at.getTime() / SECOND_MS) * SECOND_MS;
    return Math.max(0, since.getTime() - second, second - latest.getTime());
  };
  return acts
    .filter(
      (act) =>
        operations.includes(act.operation) &&
        (version === undefined || act.version === undefined || act.version === version) &&
        awayMs(act.at) <= SAME_ACT_MS,
    )
    .toSorted((one, other) => awayMs(one.at) - awayMs(other.at))[0];
}
