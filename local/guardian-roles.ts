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
    const names = { watcher: guardedVaults(policy), keeper: vaultsInBlock(policy) };
    const where = identity.name === 'watcher' || identity.name === 'keeper' ? names[identity.name] : [];
    const roles = vaults.flatMap(({ name, subscriptionId, resourceGroup }): readonly SeedRole[] => {
      const grant = identity.grants.find(({ vault, key }) => key === undefined && (vault === '*' || vault === name));
      if (!where.includes(name) || subscriptionId === undefined || resourceGroup === undefined || grant === undefined)
        return [];
      const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      return [
        {
          role: {
            name: `Key Guardian ${identity.name} (npm start, ${subscriptionId})`,
            actions: [],
            dataActions: grant.dataActions,
          },
          scope: `${group}/providers/Microsoft.KeyVault/vaults/${name}`,
        },
      ];
    });
    return { ...identity, roles: [...(identity.roles ?? []), ...roles] };
  });
