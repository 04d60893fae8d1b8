import { z } from 'zod';
import type { Grant, SeedIdentity, SeedRole } from './types.ts';

const actions = z.array(z.object({ action: z.string() }));
const rolesSchema = z.object({
  ownVault: z.object({ dataActions: actions }),
  identities: z.object({
    watcher: z.object({ dataActions: actions }),
    keeper: z.object({ dataActions: actions }),
    rotator: z.object({ dataActions: actions }),
    updater: z.object({ actions }),
    surveyor: z.object({ actions }),
  }),
});

/** The guardian's own vault, whose key signs approvals, holds and the seals of the trail. */
export const OWN_VAULT = 'key-guardian';
/** That key. */
export const SIGNING_KEY = 'signing';

/**
 * The guardian's identities with exactly the actions of `infra/roles.json`: `watcher` on every vault and on the signing key,
 * `keeper` on the vaults in mode block alone, with a second grant, the role `rotator`, where keys are rotated, `surveyor` in every
 * subscription. Throws where `roles` has another shape.
 *
 * @param updates whether the keeper has the role `updater` in every subscription as well
 */
export function guardianIdentities(
  roles: unknown,
  vaultsInBlock: readonly string[],
  { rotated = [], updates = false }: { readonly rotated?: readonly string[]; readonly updates?: boolean } = {},
): readonly SeedIdentity[] {
  const {
    ownVault,
    identities: { watcher, keeper, rotator, updater, surveyor },
  } = rolesSchema.parse(roles);
  const actionsOf = (role: typeof watcher): string[] => role.dataActions.map(({ action }) => action);
  const keeperGrants = vaultsInBlock.flatMap((vault): readonly Grant[] =>
    (rotated.includes(vault) ? [keeper, rotator] : [keeper]).map((role) => ({ vault, dataActions: actionsOf(role) })),
  );
  const watcherGrants = [
    { vault: '*', dataActions: actionsOf(watcher) },
    { vault: OWN_VAULT, key: SIGNING_KEY, dataActions: actionsOf(ownVault) },
  ];
  return [
    { name: 'watcher', kind: 'managed-identity', grants: watcherGrants },
    {
      ...{ name: 'keeper', kind: 'managed-identity', grants: keeperGrants },
      roles: updates ? [everywhere('updater', updater)] : [],
    },
    { name: 'surveyor', kind: 'managed-identity', grants: [], roles: [everywhere('surveyor', surveyor)] },
  ];
}

const everywhere = (name: string, { actions: given }: { readonly actions: z.infer<typeof actions> }): SeedRole => ({
  role: { name: `Key Guardian ${name}`, actions: given.map(({ action }) => action) },
  scope: '/',
});
