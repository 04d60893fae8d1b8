import type { KeyRule } from '../../domain/finding.ts';
import { isGuarded } from '../../domain/register.ts';
import { utc } from '../../domain/time.ts';

export const keyDeleted: KeyRule = {
  id: 'key-deleted',
  scope: 'key',
  demand: 'A key with approved versions is not deleted.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: ['KeyDelete'],
  find({ vault, key, observed, record }) {
    if (observed.kind !== 'deleted' || !isGuarded(record)) return [];
    if (record.approvedDeletion?.deletedOn.getTime() === observed.deletedOn.getTime()) return [];
    const purge =
      observed.scheduledPurgeOn === undefined ? '' : ` Azure purges it on ${utc(observed.scheduledPurgeOn)}.`;
    return [
      {
        version: undefined,
        since: observed.deletedOn,
        act: 'delete',
        stopsDisks: true,
        summary: `Key ${vault}/${key} is deleted.${purge}`,
        remedy: { kind: 'recover' },
      },
    ];
  },
};
