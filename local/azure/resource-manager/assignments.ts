import type { Random } from '../random.ts';
import type { Identity, SeedRole } from '../types.ts';
import { ROLE_ASSIGNMENTS, ROLE_DEFINITIONS } from './authorization.ts';
import { resourcePath } from './ids.ts';
import { builtInRoles, type Permissions } from './roles.ts';
import type { Resource, Resources } from './store.ts';

/** When the built-in roles were made, as far as anybody asks. */
const MADE = '2015-02-02T21:55:09.8806423Z';

/** The definitions of the built-in roles, which every tenant has. */
export function putBuiltInRoles(resources: Resources): void {
  for (const { id, name, description, ...permissions } of builtInRoles)
    resources.put(
      definition({ id: `/providers/${ROLE_DEFINITIONS}/${id}`, type: 'BuiltInRole', name, description }, permissions, [
        '/',
      ]),
    );
}

/**
 * Gives an identity a role. A role of the tenant's own is defined when it is first given. Gives the id of the assignment.
 * Throws for a name that no built-in role has.
 */
export function putAssignment(
  resources: Resources,
  { oid, kind }: Identity,
  { role, scope }: SeedRole,
  random: Random,
): string {
  const { subscriptionId } = resourcePath(scope);
  const above = subscriptionId === undefined ? '' : `/subscriptions/${subscriptionId}`;
  const known = [...resources.ofType(ROLE_DEFINITIONS)].find(
    ({ properties }) => properties.roleName === (typeof role === 'string' ? role : role.name),
  );
  if (known === undefined && typeof role === 'string') throw new Error(`There is no built-in role ${role} here.`);
  const defined = known ?? ownRole(above, role, scope, random.uuid());
  if (known === undefined) resources.put(defined);
  const name = random.uuid();
  const id = `${scope === '/' ? '' : scope}/providers/${ROLE_ASSIGNMENTS}/${name}`;
  const now = `${new Date().toISOString().slice(0, -1)}0000Z`;
  resources.put({
    id,
    name,
    type: ROLE_ASSIGNMENTS,
    properties: {
      roleDefinitionId: `${above}/providers/${ROLE_DEFINITIONS}/${defined.name}`,
      principalId: oid,
      principalType: kind === 'user' ? 'User' : 'ServicePrincipal',
      scope,
      condition: null,
      conditionVersion: null,
      createdOn: now,
      updatedOn: now,
      createdBy: null,
      updatedBy: null,
      delegatedManagedIdentityResourceId: null,
      description: null,
    },
  });
  return id;
}

function ownRole(above: string, role: SeedRole['role'], scope: string, id: string): Resource {
  const { name, actions, dataActions = [] } = typeof role === 'string' ? { name: role, actions: [] } : role;
  return definition(
    { id: `${above}/providers/${ROLE_DEFINITIONS}/${id}`, type: 'CustomRole', name, description: '' },
    { actions, notActions: [], dataActions, notDataActions: [] },
    [scope],
  );
}

function definition(
  {
    id,
    type,
    name,
    description,
  }: { readonly id: string; readonly type: string; readonly name: string; readonly description: string },
  { actions, notActions, dataActions, notDataActions }: Permissions,
  assignableScopes: readonly string[],
): Resource {
  return {
    id,
    name: id.slice(id.lastIndexOf('/') + 1),
    type: ROLE_DEFINITIONS,
    properties: {
      roleName: name,
      type,
      description,
      assignableScopes,
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      createdOn: MADE,
      updatedOn: MADE,
      createdBy: null,
      updatedBy: null,
    },
  };
}
