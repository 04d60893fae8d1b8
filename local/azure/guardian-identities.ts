import { z } from 'zod';
import type { Grant, SeedIdentity } from './types.ts';

const rolesSchema = z.object({
  identities: z.object({
    watcher: z.object({ dataActions: z.array(z.object({ action: z.string() })) }),
    keeper: z.object({ dataActions: z.array(z.object({ action: z.string() })) }),
  }),
});

/**
 * The guardian's two identities with exactly the data actions of `infra/roles.json`: `watcher` on every vault, `keeper`
 * on the vaults in mode block alone. Throws where `roles` has another shape.
 */
export function guardianIdentities(roles: unknown, vaultsInBlock: readonly string[]): readonly SeedIdentity[] {
  const { watcher, keeper } = rolesSchema.parse(roles).identities;
  const actionsOf = (role: typeof watcher): string[] => role.dataActions.map(({ action }) => action);
  const keeperGrants = vaultsInBlock.map((vault): Grant => ({ vault, dataActions: actionsOf(keeper) }));
  return [
    { name: 'watcher', kind: 'managed-identity', grants: [{ vault: '*', dataActions: actionsOf(watcher) }] },
    { name: 'keeper', kind: 'managed-identity', grants: keeperGrants },
  ];
}
