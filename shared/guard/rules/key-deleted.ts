import type { KeyRule } from '../../domain/finding.ts';
import { isGuarded, isMissed } from '../../domain/register.ts';
import { utc } from '../../domain/time.ts';

export const keyDeleted: KeyRule = {
  id: 'key-deleted',
  scope: 'key',
  demand: 'A key with approved versions is not deleted; nor is one unnoticed whose versions are only known.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: ['KeyDelete'],
  find({ vault, key, observed, record }) {
    if (observed.kind !== 'deleted' || !isMissed(record)) return [];
    const guarded = isGuarded(record);
    const purge =
      observed.scheduledPurgeOn === undefined ? '' : ` Azure purges it on ${utc(observed.scheduledPurgeOn)}.`;
    return [
      {
        version: undefined,
        since: observed.deletedOn,
        act: 'delete',
        stopsDisks: guarded,
        summary: `Key ${vault}/${key} is deleted.${guarded ? '' : ' Nobody has approved a version of it.'}${purge}`,
        remedy: guarded ? { kind: 'recover' } : { kind: 'tell' },
      },
    ];
  },
};
