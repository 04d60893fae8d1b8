import type { KeyRule } from '../../domain/finding.ts';
import { isGuarded } from '../../domain/register.ts';
import { MINUTE_MS } from '../../domain/time.ts';

/** How long a key is gone, while its vault lists others, before it counts as purged without a record of it, in ms. */
export const PURGED_AFTER_MS = 10 * MINUTE_MS;

export const keyPurged: KeyRule = {
  id: 'key-purged',
  scope: 'key',
  demand: 'A key with approved versions is never purged.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery',
  doneBy: ['KeyPurge'],
  find({ vault, key, observed, record, now, listedKeys }) {
    if (observed.kind !== 'absent' || !isGuarded(record) || record.approvedDeletion !== undefined) return [];
    const since = record.absentSince ?? now;
    const bySilence = now.getTime() - since.getTime() >= PURGED_AFTER_MS && listedKeys !== undefined && listedKeys > 0;
    if (record.purged === undefined && !bySilence) return [];
    return [
      {
        version: undefined,
        since: record.purged?.at ?? since,
        act: undefined,
        stopsDisks: true,
        summary: `Key ${vault}/${key} is purged: data under it is lost unless a backup of the key is restored.`,
        remedy: { kind: 'tell' },
      },
    ];
  },
};
