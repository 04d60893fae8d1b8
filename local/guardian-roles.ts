import { guardedVaults, type Policy, vaultsInBlock } from '../shared/domain/policy.ts';
import type { SeedIdentity, SeedRole, SeedVault } from './azure/types.ts';

/**
 * The guardian's identities with the role assignments that the templates would make in the guarded vaults, so that whoever
 * reads the assignments finds them there. Vaults without a group of their own are left out.
 */
export const withRoles = (
  identities: readonly SeedIdentity[],
  vaults: readonly SeedVault[],
  policy: Policy,
): readonly SeedIdentity[] =>
  identities.map((identity) => {
    const places = { watcher: guardedVaults(policy), keeper: vaultsInBlock(policy) };
    const where = identity.name === 'watcher' || identity.name === 'keeper' ? places[identity.name] : [];
    const roles = vaults.flatMap(({ name, subscriptionId, resourceGroup }): readonly SeedRole[] => {
      if (!where.includes(name) || subscriptionId === undefined || resourceGroup === undefined) return [];
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      const grants = identity.grants.filter(({ vault, key }) => key === undefined && (vault === '*' || vault === name));
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
