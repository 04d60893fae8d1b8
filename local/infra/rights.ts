import { z } from 'zod';
import type { PredictedResource, Snapshot } from './snapshot.ts';

const assignment = z.object({ roleDefinitionId: z.string(), principalId: z.string() });
const definition = z.object({
  roleName: z.string(),
  description: z.string(),
  assignableScopes: z.array(z.string()),
  permissions: z.array(z.object({ actions: z.array(z.string()), dataActions: z.array(z.string()) })).length(1),
});

/** One role assignment that somebody with the right to assign roles has to make. */
export interface HandedAssignment {
  /** Resource id of the identity. */
  readonly identity: string;
  /** Resource id of the role's definition. */
  readonly role: string;
  /** Name of the role, where it is a custom role of this deployment. */
  readonly roleName: string | undefined;
  readonly scope: string;
}

/** Everything that a deployer without the right to assign roles hands over. */
export interface HandOver {
  readonly definitions: readonly z.infer<typeof definition>[];
  readonly assignments: readonly HandedAssignment[];
}

const ofType = (snapshot: Snapshot, type: string): readonly PredictedResource[] =>
  snapshot.predictedResources.filter((each) => each.type.toLowerCase() === type.toLowerCase());

/** The roles and role assignments of a snapshot that was taken with `assignRights`. Throws where an assignment names no identity of the deployment. */
export function handOverOf(snapshot: Snapshot): HandOver {
  const definitions = ofType(snapshot, 'Microsoft.Authorization/roleDefinitions');
  const parsed = definitions.map(({ id, properties }) => ({ id: id.toLowerCase(), ...definition.parse(properties) }));
  const assignments = ofType(snapshot, 'Microsoft.Authorization/roleAssignments').map(({ id, properties }) => {
    const { roleDefinitionId, principalId } = assignment.parse(properties);
    return {
      identity: identityIn(principalId),
      role: roleDefinitionId,
      roleName: parsed.find((each) => each.id === roleDefinitionId.toLowerCase())?.roleName,
      scope: id.slice(0, id.toLowerCase().indexOf('/providers/microsoft.authorization/roleassignments/')),
    };
  });
  // The keeper's second role comes last, since its access policy replaces that of the first.
  const isLast = ({ roleName = '' }: HandedAssignment): boolean => roleName.startsWith('Key Guardian rotator');
  return {
    definitions: parsed.map(({ id: _, ...each }) => each),
    assignments: [...assignments.filter((each) => !isLast(each)), ...assignments.filter(isLast)],
  };
}

/** The identity whose object id an expression of the snapshot asks for. */
function identityIn(expression: string): string {
  const id = /'(\/subscriptions\/[^']+\/userAssignedIdentities\/[^']+)'/i.exec(expression)?.[1];
  if (id === undefined) throw new Error(`A role assignment names no identity of the deployment: ${expression}`);
  return id;
}

/** The permissions of an access policy that stand for each custom role, by the identity that has it. */
export const accessPolicies = {
  watcher: 'get list getrotationpolicy',
  keeper: 'get update recover',
  // The keeper's as well: a vault has one policy for each identity, and the last one set counts.
  rotator: 'get update recover rotate setrotationpolicy',
} as const;

/**
 * A script for `sh` and the Azure CLI that makes the roles and assignments; running it twice changes nothing. A vault that
 * uses access policies gets the same permissions by one.
 */
export function rightsScript({ definitions, assignments }: HandOver): string {
  const identities = [...new Set(assignments.map(({ identity }) => identity))];
  const variables = new Map(identities.map((identity, at) => [identity, `identity_${at + 1}`]));
  const lines = [
    '#!/bin/sh',
    '# Made by "npm run infra -- rights": the roles and role assignments that Key Guardian needs. Run it as somebody who may',
    '# assign roles (User Access Administrator or Owner) where they are made. Running it again changes nothing.',
    'set -eu',
    '',
    '# The identities, made by the deployment before.',
    ...identities.map(
      (identity) =>
        `${variables.get(identity)}=$(az identity show --ids ${quoted(identity)} --query principalId -o tsv)`,
    ),
    '',
    '# The custom roles.',
    ...definitions.map(roleLines),
    '',
    '# The role assignments.',
    ...assignments.map((each) => assignmentLines(each, variables.get(each.identity) ?? '')),
    '',
  ];
  return lines.join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function roleLines({ roleName, description, assignableScopes, permissions }: HandOver['definitions'][number]): string {
  const role = { Name: roleName, IsCustom: true, Description: description, AssignableScopes: assignableScopes };
  const given = JSON.stringify({
    ...role,
    Actions: permissions[0]?.actions,
    DataActions: permissions[0]?.dataActions,
  });
  const subscription = assignableScopes[0]?.split('/')[2] ?? '';
  return [
    `if [ -z "$(az role definition list --name ${quoted(roleName)} --scope ${quoted(assignableScopes[0] ?? '')} --query '[].id' -o tsv)" ]; then`,
    `  az role definition create --subscription ${subscription} --role-definition ${quoted(given)} --output none`,
    'else',
    `  az role definition update --subscription ${subscription} --role-definition ${quoted(given)} --output none`,
    'fi',
  ].join('\n');
}

function assignmentLines({ role, roleName, scope }: HandedAssignment, variable: string): string {
  const create = `az role assignment create --assignee-object-id "$${variable}" --assignee-principal-type ServicePrincipal --role ${quoted(roleName ?? role.slice(role.lastIndexOf('/') + 1))} --scope ${quoted(scope)} --output none`;
  const policy = Object.entries(accessPolicies).find(([name]) => roleName?.startsWith(`Key Guardian ${name}`))?.[1];
  // Access policies are of single vaults.
  if (policy === undefined || !/\/vaults\//i.test(scope)) return create;
  const [, , subscription = '', , group = '', , , , name = ''] = scope.split('/');
  const vault = `--name ${name} --resource-group ${quoted(group)} --subscription ${subscription}`;
  return [
    `if [ "$(az keyvault show ${vault} --query properties.enableRbacAuthorization -o tsv)" = true ]; then`,
    `  ${create}`,
    'else',
    `  az keyvault set-policy ${vault} --object-id "$${variable}" --key-permissions ${policy} --output none`,
    'fi',
  ].join('\n');
}
