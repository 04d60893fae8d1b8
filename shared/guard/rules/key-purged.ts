import type { KeyRule } from '../../domain/finding.ts';
import { isMissed, type KeyRecord } from '../../domain/register.ts';
import { MINUTE_MS } from '../../domain/time.ts';

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
    if (observed.kind !== 'absent') return [];
    if (!isMissed(record) && !isPurgedEarly(record)) return [];
    const since = record.absentSince ?? now;
    const bySilence = now.getTime() - since.getTime() >= PURGED_AFTER_MS && listedKeys !== undefined && listedKeys > 0;
    if (record.purged === undefined && !bySilence) return [];
    return [
      {
        version: undefined,
        since: record.purged?.at ?? since,
        act: undefined,
        stopsDisks: true,
        summary: `Key ${vault}/${key} is purged: data under it is lost unless a backup of the key is restored.${record.approvedDeletion === undefined ? '' : ' Its deletion was approved, the purge was not.'}`,
        remedy: { kind: 'tell' },
      },
    ];
  },
};

/** Whether somebody purged a key whose deletion alone was approved: Azure does so by itself in the end, and that was approved. */
function isPurgedEarly({ approvedDeletion, purged }: KeyRecord): boolean {
  if (approvedDeletion === undefined || purged === undefined) return false;
  const { scheduledPurgeOn } = approvedDeletion;
  return scheduledPurgeOn === undefined || purged.at.getTime() < scheduledPurgeOn.getTime();
}
