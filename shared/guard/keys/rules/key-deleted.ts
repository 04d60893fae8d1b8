import type { KeyRule } from '../../../domain/finding.ts';
import { isGuarded, isMissed } from '../../../domain/register.ts';
import { utc } from '../../../domain/time.ts';

export const keyDeleted: KeyRule = {
  id: 'key-deleted',
  scope: 'key',
  demand: 'A key with approved versions is not deleted; nor is one unnoticed whose versions are only known.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: ['KeyDelete'],
  find({ vault, key, observed, record }) {
    if (observed.kind !== 'deleted') return [];
    const { approvedDeletion } = record;
    // Of a key that people let go and somebody brought back, another deletion is told, and nothing is undone.
    const isAnother =
      approvedDeletion !== undefined && approvedDeletion.deletedOn.getTime() !== observed.deletedOn.getTime();
    if (!isMissed(record) && !isAnother) return [];
    const why = isAnother
      ? ' It was deleted with approval before, and came back.'
      : ' Nobody has approved a version of it.';
    const guarded = isGuarded(record);
    const purge =
      observed.scheduledPurgeOn === undefined ? '' : ` Azure purges it on ${utc(observed.scheduledPurgeOn)}.`;
    return [
      {
        version: undefined,
        since: observed.deletedOn,
        act: 'delete',
        stopsDisks: guarded,
        summary: `Key ${vault}/${key} is deleted.${guarded ? '' : why}${purge}`,
        remedy: guarded ? { kind: 'recover' } : { kind: 'tell' },
      },
    ];
  },
};
