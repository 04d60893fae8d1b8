import type { KeyRule } from '../../../domain/finding.ts';
import { approvedVersions, isGuarded, isMissed, type KeyRecord } from '../../../domain/register.ts';
import { CLOCKS_APART_MS, MINUTE_MS } from '../../../domain/time.ts';

/** How long a key is gone, while its vault lists others, before it counts as purged without a record of it, in ms. */
export const PURGED_AFTER_MS = 10 * MINUTE_MS;

export const keyPurged: KeyRule = {
  id: 'key-purged',
  scope: 'key',
  demand: 'A key is never purged, one that was deleted with approval neither.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery',
  doneBy: ['KeyPurge'],
  find({ vault, key, observed, record, now, listedKeys }) {
    if (observed.kind !== 'absent' || !(isMissed(record) || record.approvedDeletion !== undefined)) return [];
    const told = toldPurge(record);
    const since = told ?? (isSilent(record, now, listedKeys) ? record.absentSince : undefined);
    if (since === undefined || isApprovedEnd(since, told !== undefined, record)) return [];
    return [
      {
        version: undefined,
        since,
        act: undefined,
        stopsDisks: isGuarded(record),
        summary: `Key ${vault}/${key} is purged: data under it is lost unless a backup of the key is restored.${why(record)}`,
        remedy: { kind: 'tell' },
      },
    ];
  },
};

/** When it was purged, as a record told; of a deletion that people approved, not before it. */
export function toldPurge(record: KeyRecord): Date | undefined {
  const { purged, approvedDeletion } = record;
  // Made since: it is not the key that was purged.
  const born = approvedVersions(record).map(([version]) => record.versions[version]?.created.getTime() ?? 0);
  const fromMs = approvedDeletion?.deletedOn.getTime() ?? Math.max(0, ...born);
  return purged !== undefined && purged.at.getTime() >= fromMs ? purged.at : undefined;
}

/** Whether it is gone for so long, while its vault lists others, that it counts as purged. */
const isSilent = ({ absentSince }: KeyRecord, now: Date, listedKeys = 0): boolean =>
  absentSince !== undefined && now.getTime() - absentSince.getTime() >= PURGED_AFTER_MS && listedKeys > 0;

/**
 * Whether Azure purged it by itself, in the end of a deletion that people approved: that was approved with it. Where nobody
 * knows when that is, only a record tells of another purge.
 */
function isApprovedEnd(at: Date, isTold: boolean, { approvedDeletion }: KeyRecord): boolean {
  if (approvedDeletion === undefined) return false;
  const { scheduledPurgeOn } = approvedDeletion;
  return scheduledPurgeOn === undefined ? !isTold : at.getTime() >= scheduledPurgeOn.getTime() - CLOCKS_APART_MS;
}

/** What else there is to say of it. */
function why(record: KeyRecord): string {
  if (record.approvedDeletion !== undefined) return ' Its deletion was approved, the purge was not.';
  return isGuarded(record) ? '' : ' Nobody has approved a version of it.';
}
