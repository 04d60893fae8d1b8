import type { Actor } from '../../domain/audit-record.ts';
import type { Hanging } from '../../domain/hanging.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { deadlineOf } from '../draft.ts';
import { incidentKind, withItsState } from './kind.ts';

/** Whether a vault that is gone can be recovered. */
type Recovery =
  /** It is among the deleted vaults. `until`: when it is purged; `undefined` where that is not shown. */
  | { readonly kind: 'listed'; readonly until: Date | undefined; readonly purgeProtection: boolean }
  | { readonly kind: 'not-listed' }
  /** The deleted vaults could not be read. `because`: a clause. */
  | { readonly kind: 'unknown'; readonly because: string };

/** A vault that Resource Manager does not show any more. */
export interface GoneVault {
  readonly vault: string;
  readonly since: Date;
  readonly by: Actor | undefined;
  readonly recovery: Recovery;
  readonly hangs: Hanging;
  /** What brings it back, and then what recovering does not bring back. */
  readonly commands: readonly string[];
}

export const vaultDeleted = incidentKind(
  {
    id: 'vault-deleted',
    severity: 'critical',
    audience: 'on-call',
    tells: 'A guarded vault was deleted: none of its keys can be used.',
    ...withItsState('when Resource Manager shows the vault again'),
  },
  ({ vault, since, by, recovery, hangs, commands }: GoneVault) => ({
    subject: vaultSubject(vault),
    since,
    summary: `The vault ${vault} was deleted: none of its keys can be used. ${recoverable(recovery)}`,
    who: by,
    hangs,
    deadline: deadlineOf(hangs, since),
    commands: [...commands],
  }),
);

function recoverable(recovery: Recovery): string {
  switch (recovery.kind) {
    case 'listed': {
      const until = recovery.until === undefined ? '' : ` until ${utc(recovery.until)}`;
      const purge = recovery.purgeProtection
        ? 'nobody can purge it before'
        : 'anybody with the right to purge can end that now';
      return `It can be recovered${until}; ${purge}. ${BRINGS_BACK}`;
    }
    case 'not-listed':
      return 'It is not among the deleted vaults: it was purged, or moved, and `az keyvault recover` no longer helps. What hangs on its keys is lost with them unless a backup of them is restored.';
    case 'unknown':
      return `Whether it can be recovered is not known: ${recovery.because}. ${BRINGS_BACK}`;
    default:
      return recovery satisfies never;
  }
}

const BRINGS_BACK =
  'Recovering brings back its keys and its access policies, but neither its role assignments nor its event subscriptions.';
