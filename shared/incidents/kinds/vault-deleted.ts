import type { Actor } from '../../domain/audit-record.ts';
import type { Hanging } from '../../domain/hanging.ts';
import { vaultSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { deadlineOf } from '../draft.ts';
import { incidentKind, withItsState } from './kind.ts';

/** A vault that Resource Manager does not show any more. */
export interface GoneVault {
  readonly vault: string;
  readonly since: Date;
  readonly by: Actor | undefined;
  /** Until when it can be recovered, and whether anybody can purge it before; `undefined` where it is not among the deleted vaults. */
  readonly deleted: { readonly until: Date | undefined; readonly purgeProtection: boolean } | undefined;
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
  ({ vault, since, by, deleted, hangs, commands }: GoneVault) => ({
    subject: vaultSubject(vault),
    since,
    summary: `The vault ${vault} was deleted: none of its keys can be used. ${recoverable(deleted)}`,
    who: by,
    hangs,
    deadline: deadlineOf(hangs, since),
    commands: [...commands],
  }),
);

function recoverable(deleted: GoneVault['deleted']): string {
  if (deleted === undefined)
    return 'It is not among the deleted vaults: it was purged, or moved, and `az keyvault recover` no longer helps. What hangs on its keys is lost with them unless a backup of them is restored.';
  const until = deleted.until === undefined ? '' : ` until ${utc(deleted.until)}`;
  const purge = deleted.purgeProtection
    ? 'nobody can purge it before'
    : 'anybody with the right to purge can end that now';
  return `It can be recovered${until}; ${purge}. Recovering brings back its keys and its access policies, but neither its role assignments nor its event subscriptions.`;
}
