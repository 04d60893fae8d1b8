import type { KeyRule } from '../../../domain/finding.ts';
import { isGuarded, isMissed } from '../../../domain/register.ts';
import { MINUTE_MS } from '../../../domain/time.ts';
import { PURGED_AFTER_MS, toldPurge } from './key-purged.ts';

/** How long a vault is given to show a key again after a deletion or a recovery, in ms. */
export const SETTLING_MS = MINUTE_MS;

export const keyMissing: KeyRule = {
  id: 'key-missing',
  scope: 'key',
  demand: 'A key with approved versions is among the keys or the deleted keys of its vault.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: ['KeyDelete', 'KeyPurge'],
  find({ vault, key, observed, record, now, listedKeys }) {
    if (observed.kind !== 'absent' || !isMissed(record)) return [];
    if (toldPurge(record) !== undefined) return [];
    const since = record.absentSince ?? now;
    const goneMs = now.getTime() - since.getTime();
    if (goneMs >= PURGED_AFTER_MS && listedKeys !== undefined && listedKeys > 0) return [];
    const settling = goneMs < SETTLING_MS;
    return [
      {
        version: undefined,
        since,
        act: undefined,
        stopsDisks: !settling && isGuarded(record),
        summary: settling
          ? `Key ${vault}/${key} is in neither list: a deletion or a recovery is settling.`
          : `Key ${vault}/${key} is neither among the keys nor among the deleted keys.${isGuarded(record) ? '' : ' Nobody has approved a version of it.'}`,
        remedy: settling ? { kind: 'wait' } : { kind: 'tell' },
      },
    ];
  },
};
