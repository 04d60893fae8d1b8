import { z } from 'zod';
import type { Answer } from './answer.ts';
import { ROLE_ASSIGNMENTS } from './authorization.ts';
import type { Call } from './call.ts';
import { assignmentExists, invalidRequest, principalNotFound } from './errors.ts';
import { notThere } from './reads.ts';
import { parsedBody, shownById, shownByProperties } from './shown.ts';

const sent = z.object({
  properties: z.object({
    roleDefinitionId: z.string(),
    principalId: z.string(),
    principalType: z.string().default('ServicePrincipal'),
  }),
});

/** `PUT` of a role assignment: 201 (recorded). A principal that is nobody's is not found, in a sentence that leaves its hyphens out. @see https://learn.microsoft.com/rest/api/authorization/role-assignments/create */
export function assignRole({ world, path, name = '', scope, body, identity, nowMs }: Call): Answer {
  const parsed = sent.safeParse(parsedBody(body));
  if (!parsed.success) return invalidRequest('The request content is not valid and could not be deserialized.');
  const { roleDefinitionId, principalId, principalType } = parsed.data.properties;
  const { tenantId } = world;
  const isKnown = world.granted().some((one) => one.identity.oid === principalId) || principalType === 'Group';
  if (!isKnown || world.deletedPrincipals.has(principalId)) return principalNotFound(principalId, tenantId);
  const isThere = [...world.resources.ofType(ROLE_ASSIGNMENTS)].some(
    ({ properties }) =>
      properties.principalId === principalId &&
      String(properties.scope).toLowerCase() === scope.toLowerCase() &&
      String(properties.roleDefinitionId).split('/').at(-1) === roleDefinitionId.split('/').at(-1),
  );
  if (isThere) return assignmentExists();
  const now = `${new Date(nowMs).toISOString().slice(0, -1)}0000Z`;
  const properties = {
    ...{ roleDefinitionId, principalId, principalType, scope, condition: null, conditionVersion: null },
    ...{ createdOn: now, updatedOn: now, createdBy: null, updatedBy: identity.oid },
    ...{ delegatedManagedIdentityResourceId: null, description: null },
  };
  const assignment = { id: path, name, type: ROLE_ASSIGNMENTS, properties };
  world.resources.put(assignment);
  return { status: 201, body: shownByProperties(assignment), changed: true };
}

/** `DELETE` of a role assignment: 200 with what is gone (recorded), 204 where there was none. @see https://learn.microsoft.com/rest/api/authorization/role-assignments/delete */
export function removeRole({ world, path }: Call): Answer {
  const gone = world.resources.remove(path);
  return gone === undefined ? { status: 204 } : { status: 200, body: shownByProperties(gone), changed: true };
}

const principal = z.object({ principalId: z.string() });

/** @see https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities/get */
export function getIdentity(call: Call): Answer {
  const identity = call.world.resources.get(call.path);
  return identity === undefined ? notThere(call) : { status: 200, body: shownById(identity) };
}

/** `DELETE` of a user-assigned identity: what names it goes on naming it, its role assignments stay, and it gets no token any more. @see https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities/delete */
export function deleteIdentity({ world, path }: Call): Answer {
  const gone = world.resources.remove(path);
  if (gone === undefined) return { status: 204 };
  const { data } = principal.safeParse(gone.properties);
  if (data !== undefined) world.deletedPrincipals.add(data.principalId);
  return { status: 200, changed: true };
}
