import { z } from 'zod';
import type { Grant } from '../types.ts';
import { isWithin, resourcePath } from './ids.ts';
import { isNamedBy, type Permissions } from './roles.ts';
import type { Resources } from './store.ts';

/** The type of a role assignment. */
export const ROLE_ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';
/** The type of a role's definition. */
export const ROLE_DEFINITIONS = 'Microsoft.Authorization/roleDefinitions';

/** Who calls, as role assignments name it. */
export interface Principal {
  readonly oid: string;
  /** Object ids of the groups it is a member of. */
  readonly groups: readonly string[];
}

/** A role of a principal at a scope. */
export interface RoleAssignment {
  readonly id: string;
  readonly scope: string;
  readonly principalId: string;
  readonly roleDefinitionId: string;
}

/** Who may do what, as it follows from the resources. */
export interface Directory {
  /** Those of the principal and of its groups, at any scope. */
  assignmentsOf(principal: Principal): readonly RoleAssignment[];
  /** Whether a role of the principal at the scope or above allows an action of Resource Manager. */
  isAllowed(principal: Principal, action: string, scope: string): boolean;
  /** The assignment by which it is; undefined where none allows it. */
  allowing(
    principal: Principal,
    action: string,
    scope: string,
  ): (RoleAssignment & { readonly roleName: string }) | undefined;
  /** Whether an assignment's scope is the path or above it, management groups and the root included. */
  covers(scope: string, path: string): boolean;
  /** What its roles allow it on the data of a vault. @param vaultId its id in Resource Manager */
  dataGrants(principal: Principal, vaultId: string, vault: string): readonly Grant[];
}

const assignmentProperties = z.object({ scope: z.string(), principalId: z.string(), roleDefinitionId: z.string() });
const list = z.array(z.string()).default([]);
const definitionProperties = z.object({
  roleName: z.string().default(''),
  permissions: z.array(z.object({ actions: list, notActions: list, dataActions: list, notDataActions: list })),
});

/**
 * Reads assignments and definitions from the resources, anew after each change: minutes of delay are not played.
 *
 * @param managementGroupsOf ids of the management groups above a subscription
 * @see https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
 */
export function createDirectory(
  resources: Resources,
  managementGroupsOf: (subscriptionId: string) => readonly string[],
): Directory {
  const byPrincipal = fresh(resources, ROLE_ASSIGNMENTS, (all) =>
    Map.groupBy(
      [...all].map(({ id, properties }): RoleAssignment => ({ id, ...assignmentProperties.parse(properties) })),
      ({ principalId }) => principalId.toLowerCase(),
    ),
  );
  const byName = fresh(
    resources,
    ROLE_DEFINITIONS,
    (all) =>
      new Map([...all].map(({ id, properties }) => [lastOf(id), definitionProperties.parse(properties)] as const)),
  );
  const assignmentsOf: Directory['assignmentsOf'] = ({ oid, groups }) =>
    [oid, ...groups].flatMap((id) => byPrincipal().get(id.toLowerCase()) ?? []);
  const covers: Directory['covers'] = (scope, path) =>
    isWithin(scope, path) ||
    managementGroupsOf(resourcePath(path).subscriptionId ?? '').some(
      (group) => group.toLowerCase() === scope.toLowerCase(),
    );
  const permissionsOf = ({ roleDefinitionId }: RoleAssignment): readonly Permissions[] =>
    byName().get(lastOf(roleDefinitionId))?.permissions ?? [];
  const assignmentAllowing = (principal: Principal, action: string, scope: string): RoleAssignment | undefined =>
    assignmentsOf(principal).find(
      (assignment) =>
        covers(assignment.scope, scope) &&
        permissionsOf(assignment).some(({ actions, notActions }) => allows(action, actions, notActions)),
    );
  return {
    assignmentsOf,
    covers,
    isAllowed: (principal, action, scope) => assignmentAllowing(principal, action, scope) !== undefined,
    allowing(principal, action, scope) {
      const assignment = assignmentAllowing(principal, action, scope);
      if (assignment === undefined) return undefined;
      return { ...assignment, roleName: byName().get(lastOf(assignment.roleDefinitionId))?.roleName ?? '' };
    },
    dataGrants: (principal, vaultId, vault) =>
      assignmentsOf(principal).flatMap((assignment): readonly Grant[] => {
        const key = covers(assignment.scope, vaultId) ? undefined : keyUnder(vaultId, assignment.scope);
        if (key === undefined && !covers(assignment.scope, vaultId)) return [];
        return permissionsOf(assignment).map(({ dataActions, notDataActions }) => ({
          vault,
          ...(key === undefined ? {} : { key }),
          dataActions,
          notDataActions,
          assignmentId: lastOf(assignment.id).replaceAll('-', ''),
        }));
      }),
  };
}

/** What is made of the resources of a type, made again only after one changed. */
function fresh<T>(
  resources: Resources,
  type: string,
  make: (all: Resources['ofType'] extends (type: string) => infer All ? All : never) => T,
): () => T {
  let made: { readonly changes: number; readonly value: T } | undefined;
  return () => {
    const changes = resources.changesOf(type);
    if (made?.changes !== changes) made = { changes, value: make(resources.ofType(type)) };
    return made.value;
  };
}

const allows = (action: string, named: readonly string[], excepted: readonly string[]): boolean =>
  named.some((pattern) => isNamedBy(pattern, action)) && !excepted.some((pattern) => isNamedBy(pattern, action));

const lastOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1).toLowerCase();

/** The key that a scope below a vault names. */
function keyUnder(vaultId: string, scope: string): string | undefined {
  const [, name] = isWithin(vaultId, scope) ? (/^\/keys\/([^/]+)$/i.exec(scope.slice(vaultId.length)) ?? []) : [];
  return name;
}
