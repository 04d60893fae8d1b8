import roles from '../infra/roles.json' with { type: 'json' };
import { guardedVaults, type Policy, updatesSets, vaultsInBlock, vaultsRotated } from '../shared/domain/policy.ts';
import { guardianIdentities } from './azure/guardian-identities.ts';
import { placeOf } from './azure/key-vault/store.ts';
import type { SeedIdentity, SeedRole, SeedVault } from './azure/types.ts';

/** The guardian's identities with the rights that a deployment with this policy gives them. */
export const identitiesFor = (policy: Policy): readonly SeedIdentity[] =>
  guardianIdentities(roles, vaultsInBlock(policy), { rotated: vaultsRotated(policy), updates: updatesSets(policy) });

/**
 * The guardian's identities with the role assignments that the templates would make in the guarded vaults, so that whoever
 * reads the assignments finds them there.
 */
export const withRoles = (
  identities: readonly SeedIdentity[],
  vaults: readonly SeedVault[],
  policy: Policy,
): readonly SeedIdentity[] =>
  identities.map((identity) => {
    const places = { watcher: guardedVaults(policy), keeper: vaultsInBlock(policy) };
    const where = identity.name === 'watcher' || identity.name === 'keeper' ? places[identity.name] : [];
    const roles = vaults.flatMap((vault): readonly SeedRole[] => {
      const { name } = vault;
      if (!where.includes(name)) return [];
      const { subscriptionId, resourceGroup } = placeOf(vault);
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      const grants = identity.grants.filter((grant) => grant.key === undefined && ['*', name].includes(grant.vault));
      // A second grant of the keeper in one vault is the role by which it rotates.
      return grants.map(({ dataActions }, at) => ({
        role: {
          name: `Key Guardian ${at === 0 ? identity.name : 'rotator'} (npm start, ${subscriptionId})`,
          actions: [],
          dataActions,
        },
        scope: `${group}/providers/Microsoft.KeyVault/vaults/${name}`,
      }));
    });
    return { ...identity, roles: [...(identity.roles ?? []), ...roles] };
  });
