import { guardedVaults, vaultsInBlock, vaultsRotated } from '../../domain/policy.ts';
import { vaultSubject } from '../../domain/subject.ts';
import type { EstateVault } from '../../estate/estate.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { Assigned } from '../../posture/facts.ts';
import { type Holder, holdersByPolicy, holdersByRole, unknownRoles } from '../../posture/rights.ts';
import type { Read } from './keep.ts';

/** A right on keys, as a data action of Azure RBAC and as permissions of access policies. */
interface Right {
  readonly action: string;
  readonly permissions: readonly string[];
}

const READ: Right = { action: 'Microsoft.KeyVault/vaults/keys/read', permissions: ['get', 'list'] };
const RESTORE: readonly Right[] = [
  { action: 'Microsoft.KeyVault/vaults/keys/update/action', permissions: ['update'] },
  { action: 'Microsoft.KeyVault/vaults/keys/recover/action', permissions: ['recover'] },
];
const ROTATE: Right = { action: 'Microsoft.KeyVault/vaults/keys/rotate/action', permissions: ['rotate'] };

/** Vaults of which the incidents are read at the same time. */
const AT_ONCE = 8;

/**
 * Alerts operators of each guarded vault where an identity of the guardian lacks a right that it needs there, before it needs
 * it; ends that once it has them. Of a vault that was not read, and where not all roles were, nothing is said.
 */
export async function alertUnwired({ estate, at }: Read, ports: Ports): Promise<void> {
  if (estate.unknown.length > 0) return;
  const vaults = guardedVaults(ports.policy).flatMap((name) => estate.vaults.get(name) ?? []);
  await inTurns(AT_ONCE, vaults, async (vault) => {
    const missing = missingRights(vault, estate, ports);
    if (missing === 'unknown') return;
    const subject = vaultSubject(vault.name);
    const draft = guardianUnwell.draft('not-wired', at, missing.join('; '), subject);
    await openWhile(missing.length > 0, draft, 'the guardian has the rights that it needs there', ports);
  });
}

/** What each identity lacks in a vault, in words. An identity of which no object id is known lacks nothing. */
function missingRights(
  vault: EstateVault,
  assigned: Assigned,
  { policy, settings: { objectIds = {} } }: Ports,
): readonly string[] | 'unknown' {
  if (vault.rbac && unknownRoles(vault, assigned).length > 0) return 'unknown';
  const isIn = (names: readonly string[]): boolean => names.includes(vault.name.toLowerCase());
  const needs = {
    watcher: [READ],
    keeper: isIn(vaultsInBlock(policy)) ? [READ, ...RESTORE, ...(isIn(vaultsRotated(policy)) ? [ROTATE] : [])] : [],
  };
  return (['watcher', 'keeper'] as const).flatMap((identity) => {
    const id = objectIds[identity];
    const lacked = id === undefined ? [] : needs[identity].flatMap((right) => lackedOf(right, id, vault, assigned));
    return lacked.length === 0 ? [] : [`the identity ${identity} lacks ${lacked.join(', ')}`];
  });
}

/** A group may hold a right for the identity: its members are not read, so nobody knows that it lacks it. */
function lackedOf(
  { action, permissions }: Right,
  id: string,
  vault: EstateVault,
  assigned: Assigned,
): readonly string[] {
  const isHolder = ({ principalId, principalType, key }: Holder): boolean =>
    key === undefined && (principalId.toLowerCase() === id || principalType?.endsWith('Group') === true);
  if (vault.rbac) return holdersByRole(vault, assigned, action, true).some(isHolder) ? [] : [action];
  return permissions.filter((permission) => !holdersByPolicy(vault, permission).some(isHolder));
}
