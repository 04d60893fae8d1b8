import { GUARDIAN } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind, listed } from './kind.ts';

/** Vaults that one incident names at most. */
const NAMED = 20;

export const vaultFound = incidentKind(
  {
    id: 'vault-found',
    severity: 'info',
    audience: 'operators',
    tells: 'The survey found vaults whose keys are in use in a subscription of the policy, and guards them in alert.',
    ...BY_A_PERSON,
  },
  (vaults: readonly string[], now: Date) => ({
    subject: GUARDIAN,
    since: now,
    summary: `Keys of ${vaults.length === 1 ? 'a vault' : `${vaults.length} vaults`} that the policy does not name are in use, and are guarded in alert from now on: ${listed(vaults, NAMED)}. Name a vault in the policy to have its keys restored.`,
    judgement: 'guarded in alert; nothing has to be done at once',
  }),
);
