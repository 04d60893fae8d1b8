import type { KeyUser } from '../../domain/key-use.ts';
import type { ManagedVault } from '../../domain/resource-manager.ts';
import type { EstateSet, EstateVault } from '../../estate/estate.ts';
import { setMayUseKey } from '../../posture/checks/set-may-use-key.ts';
import { known, type VaultFacts } from '../../posture/facts.ts';

/** A disk encryption set that needs a key of the vault. */
export interface SetOnKey {
  readonly key: string;
  readonly user: KeyUser;
}

/** What keeps sets from their keys in a vault. */
export interface Cuts {
  /** Whose keys they cannot use. */
  readonly users: readonly KeyUser[];
  /** In sentences. */
  readonly causes: readonly string[];
  readonly commands: readonly string[];
}

/** Where nothing keeps them from their keys. */
export const NO_CUTS: Cuts = { users: [], causes: [], commands: [] };

/**
 * Which sets may be cut off: their identities lost a role, and only a group holds the right now. Its members are not read. Pure.
 *
 * @param lost object ids of identities that had a role there, in lower case
 */
export function maybeCutIn(vault: VaultFacts, lost: ReadonlySet<string>, sets: readonly SetOnKey[], now: Date): Cuts {
  const maybe = sets.filter(
    (set) => set.user.objectIds.some((id) => lost.has(id)) && cutsBy(vault, [set], now).users.length === 0,
  );
  const { users, causes, commands } = cutsBy(withoutGroups(vault), maybe, now);
  return { users, causes: causes.map((cause) => `${cause} ${UNLESS}`), commands };
}

const UNLESS =
  'That is so unless the identity is in a group that holds the right there: members of groups are not read.';

function withoutGroups(vault: VaultFacts): VaultFacts {
  const { assigned } = vault;
  if (assigned.kind === 'unknown') return vault;
  const assignments = assigned.value.assignments.filter(
    ({ principalType }) => principalType?.endsWith('Group') !== true,
  );
  return { ...vault, assigned: known({ ...assigned.value, assignments }) };
}

/** The name of a set's resource, and why it cannot use its key. */
const said = (name: string, says: string): string => `${name}: ${says}`;

/** Which sets have no right to use their keys, as far as rights could be read: unknown is not gone. Pure. */
export function cutsBy(vault: VaultFacts, sets: readonly SetOnKey[], now: Date): Cuts {
  const found = sets.flatMap((set) =>
    setMayUseKey
      .check({ kind: 'set', set: estateSet(set, vault.vault.name), vault }, now)
      .flatMap((one) => (one.kind === 'finding' ? [{ set, one }] : [])),
  );
  return {
    users: [...new Set(found.map(({ set }) => set.user))],
    causes: [...new Set(found.map(({ set, one }) => said(set.user.name, one.says)))],
    commands: [...new Set(found.flatMap(({ one }) => one.commands ?? []))],
  };
}

/**
 * What the network of a vault cuts off, which needs no role assignment to be read. Disks come to a vault as a trusted service: a
 * firewall with the bypass lets them in, a perimeter does not. Pure.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/network-security
 */
export function closedTo(
  sets: readonly SetOnKey[],
  { name, network }: Pick<EstateVault, 'name' | 'network'>,
  { publicNetworkAccess, networkBypass }: Pick<ManagedVault, 'publicNetworkAccess' | 'networkBypass'>,
): Cuts {
  const users = sets.map(({ user }) => user);
  if (publicNetworkAccess?.toLowerCase() === 'securedbyperimeter')
    return {
      users,
      causes: [
        `The vault ${name} is inside a network security perimeter, which lets no disk encryption set in: disks fail.`,
      ],
      commands: [`az keyvault update --name ${name} --public-network-access Enabled`],
    };
  if (network === 'public' || networkBypass?.toLowerCase() !== 'none') return NO_CUTS;
  return {
    users,
    causes: [
      `The firewall of the vault ${name} lets no trusted service in, and so no disk encryption set: disks fail.`,
    ],
    commands: [`az keyvault update --name ${name} --bypass AzureServices`],
  };
}

/** A set as far as the last survey knows it: what the check asks for. */
function estateSet({ key, user }: SetOnKey, vault: string): EstateSet {
  return {
    kind: 'disk-encryption-set',
    ...{ id: user.id, name: user.name, subscriptionId: user.id.split('/')[2] ?? '', location: undefined },
    ...{ encryption: undefined, autoRotation: user.follows, rotationError: undefined, follows: user.follows },
    // Where it has none, the set itself shows it: then that is an incident of its own.
    hasIdentity: true,
    keys: [{ at: 'vault', vault, kind: 'key', name: key, version: user.versions[0] }],
    callers: { objectIds: user.objectIds, applicationId: user.applicationId },
    holds: { disks: user.disks, unattached: 0, snapshots: user.snapshots, images: user.images, machines: new Map() },
    unknown: [],
  };
}
