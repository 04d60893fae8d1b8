import type { Rule } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import { isGuarded, isMissed, type Standing } from '../../../domain/register.ts';
import { utc } from '../../../domain/time.ts';

export const keyDeleted: Rule = {
  id: 'key-deleted',
  demand: 'A key with approved versions is not deleted. Deleting a key with unapproved versions is alerted only.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: ['KeyDelete'],
  find({ vault, key, observed, record }) {
    if (observed.kind !== 'deleted') return [];
    const { standing } = record.approved;
    if (!isMissed(record) && !isAnotherDeletion(standing, observed.deletedOn)) return [];
    const guarded = isGuarded(record);
    const why =
      standing.kind === 'kept'
        ? ' Nobody has approved a version of it.'
        : ' It had been deleted with approval or abandoned before, and had come back.';
    const purge =
      observed.scheduledPurgeOn === undefined ? '' : ` Azure purges it on ${utc(observed.scheduledPurgeOn)}.`;
    return [
      {
        since: observed.deletedOn,
        act: 'delete',
        stopsDisks: guarded,
        summary: `Key ${spell({ vault, key })} is deleted.${guarded ? '' : why}${purge}`,
        undo: guarded ? { kind: 'recover-key', vault, key, deletedOn: observed.deletedOn } : undefined,
        commands: [`az keyvault key recover --vault-name ${vault} --name ${key}`],
      },
    ];
  },
};

/** Whether this is another deletion than the approved one: of a key that somebody brought back. It is alerted only. */
const isAnotherDeletion = (standing: Standing, deletedOn: Date): boolean =>
  (standing.kind === 'deletion-approved' && standing.deletedOn.getTime() !== deletedOn.getTime()) ||
  (standing.kind === 'abandoned' && standing.at.getTime() < deletedOn.getTime());
