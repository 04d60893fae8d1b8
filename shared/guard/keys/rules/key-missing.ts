import type { Rule } from '../../../domain/finding.ts';
import { type ObservedKey, spell } from '../../../domain/key.ts';
import { approvedVersions, isGuarded, isMissed, type KeyRecord } from '../../../domain/register.ts';
import { agoMs, CLOCKS_APART_MS, MINUTE_MS, utc } from '../../../domain/time.ts';

/** How long a key may be in neither list while a deletion settles, in ms. */
export const SETTLING_MS = MINUTE_MS;
/** How long a key may be in neither list while a recovery that was sent settles, in ms. */
export const RECOVERING_MS = 15 * MINUTE_MS;

/** Whether the vault may still be settling, so that a key in neither list may come back. @param since when it was first observed in neither list */
export function isSettling({ inFlight: { recovering, undone } }: KeyRecord, since: Date, now: Date): boolean {
  // A recovery without an answer may have begun as well.
  const recoveredAt = [recovering?.since, ...undone.filter(isUnansweredRecovery).map(({ at }) => at)];
  return (
    agoMs(since, now) < SETTLING_MS || recoveredAt.some((at) => at !== undefined && agoMs(at, now) < RECOVERING_MS)
  );
}

const isUnansweredRecovery = ({ version, unanswered }: KeyRecord['inFlight']['undone'][number]): boolean =>
  version === undefined && unanswered === true;

export const keyMissing: Rule = {
  id: 'key-missing',
  demand:
    'A key is among the keys or the deleted keys of its vault. Only Azure purges it, at the end of an approved deletion.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery',
  doneBy: ['KeyPurge'],
  find({ vault, key, observed, record, now }) {
    if (observed.kind !== 'absent') return [];
    const purged = purgeOf(record);
    const since = record.observed.absentSince ?? now;
    if (!isMissed(record) && !isPurgedEarly(record, purged, since)) return [];
    const name = spell({ vault, key });
    if (purged === undefined && observed.isFinal !== true && isSettling(record, since, now))
      return [
        {
          since,
          stopsDisks: false,
          summary: `Key ${name} is in neither list: a deletion or a recovery is settling.`,
          isSettling: true,
        },
      ];
    return [
      {
        since,
        stopsDisks: isGuarded(record),
        summary: `Key ${name} ${isGone(observed, purged)}${why(record)}`,
        by: purged?.by,
        commands: [`az keyvault key restore --vault-name ${vault} --file "…"  # if there is a backup of the key`],
        abandons: 'key',
      },
    ];
  },
};

type Purge = KeyRecord['audit']['purged'];

const LOST =
  'its material is lost. If there is a backup of the key, restore it now; if not, nobody can undo that: copy off what the running machines hold.';

/** What became of an absent key, as the rest of a sentence. */
function isGone({ isFinal }: Extract<ObservedKey, { kind: 'absent' }>, purged: Purge): string {
  if (purged !== undefined) return `was purged on ${utc(purged.at)}: ${LOST}`;
  return isFinal === true
    ? `is deleted, and its vault keeps no deleted keys: ${LOST}`
    : 'is missing: it is among neither the keys nor the deleted keys. If there is a backup of it, restore it now; if not, copy off what the running machines hold.';
}

/** The purge that the audit log reports; `undefined` where it came before this key was made, or deleted with approval: then another key was purged. */
function purgeOf({ approved, audit: { purged } }: KeyRecord): Purge {
  const { standing, versions } = approved;
  const made = approvedVersions({ approved }).map(([version]) => versions[version]?.created.getTime() ?? 0);
  const fromMs = standing.kind === 'deletion-approved' ? standing.deletedOn.getTime() : Math.max(0, ...made);
  return purged !== undefined && purged.at.getTime() >= fromMs ? purged : undefined;
}

/** Whether a key whose deletion was approved was purged before the day on which Azure purges it by itself: only that end was approved. */
function isPurgedEarly({ approved: { standing } }: KeyRecord, purged: Purge, absentSince: Date): boolean {
  if (standing.kind !== 'deletion-approved') return false;
  const { scheduledPurgeOn } = standing;
  // Where that day is not known, only an audit record shows a purge by somebody else.
  if (scheduledPurgeOn === undefined) return purged !== undefined;
  const at = purged?.at ?? absentSince;
  return at.getTime() < scheduledPurgeOn.getTime() - CLOCKS_APART_MS;
}

/** A further sentence for the summary; empty where none is needed. */
function why(record: KeyRecord): string {
  if (record.approved.standing.kind === 'deletion-approved') return ' Its deletion was approved, its purge was not.';
  return isGuarded(record) ? '' : ' Nobody has approved a version of it.';
}
