import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import roles from '../../../infra/roles.json' with { type: 'json' };
import { accessPolicies, handOverOf, rightsScript } from '../../../local/infra/rights.ts';

const run = promisify(execFile);
const group = '/subscriptions/one/resourceGroups/guardian/providers';
const identity = (name: string) => `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const vault = '/subscriptions/two/resourceGroups/disks/providers/Microsoft.KeyVault/vaults/prod';
const account = `${group}/Microsoft.Storage/storageAccounts/register`;
const role = (subscription: string, name: string) =>
  `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${name}`;

const assignment = (scope: string, roleDefinitionId: string, to: string) => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${roleDefinitionId.slice(-4)}`,
  type: 'Microsoft.Authorization/roleAssignments',
  name: roleDefinitionId.slice(-4),
  properties: { roleDefinitionId, principalId: `[reference('${identity(to)}', '2024-11-30').principalId]` },
});
const snapshot = {
  predictedResources: [
    {
      id: role('TWO', 'keeper'),
      type: 'Microsoft.Authorization/roleDefinitions',
      name: 'keeper',
      properties: {
        roleName: "Key Guardian keeper (it's, two)",
        description: 'Recovers keys.',
        assignableScopes: ['/subscriptions/two'],
        permissions: [{ actions: [], dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }],
      },
    },
    assignment(vault, role('two', 'keeper'), 'keeper'),
    assignment(account, role('one', 'b7e6'), 'watcher'),
    { id: account, type: 'Microsoft.Storage/storageAccounts', name: 'register', properties: {} },
  ],
};

describe('what is handed over', () => {
  test('is every role, and every assignment with its identity, role and scope', () => {
    const { definitions, assignments } = handOverOf(snapshot);
    expect(definitions.map(({ roleName }) => roleName)).toEqual(["Key Guardian keeper (it's, two)"]);
    expect(assignments).toEqual([
      {
        identity: identity('keeper'),
        role: role('two', 'keeper'),
        roleName: "Key Guardian keeper (it's, two)",
        scope: vault,
      },
      { identity: identity('watcher'), role: role('one', 'b7e6'), roleName: undefined, scope: account },
    ]);
  });

  test('names no identity that it does not know', () => {
    const strange = {
      ...assignment(vault, role('two', 'keeper'), 'keeper'),
      properties: { roleDefinitionId: 'x', principalId: 'somebody' },
    };
    expect(() => handOverOf({ predictedResources: [strange] })).toThrow(/somebody/);
  });
});

describe('an access policy', () => {
  const { watcher, keeper, rotator } = roles.identities;
  const ofKeeper = [...keeper.dataActions, ...rotator.dataActions];
  test.each([
    ['watcher', watcher.dataActions],
    ['keeper', keeper.dataActions],
    ['rotator', ofKeeper],
  ] as const)('allows the %s what its role allows', (name, dataActions) => {
    const allowed = dataActions.map(({ action }) => {
      const policies = /keyrotationpolicies\/(\w+)/.exec(action)?.[1];
      if (policies !== undefined) return policies === 'read' ? 'getrotationpolicy' : 'setrotationpolicy';
      return /keys\/(\w+)/.exec(action)?.[1];
    });
    // Azure RBAC has one action for what access policies divide into get and list; the keeper lists nothing.
    const words = accessPolicies[name].split(' ').filter((word) => word !== 'list');
    expect(words.map((word) => (word === 'get' ? 'read' : word))).toEqual(allowed);
  });
});

describe('the script', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-guardian-rights-'));
    await writeFile(join(folder, 'rights.sh'), rightsScript(handOverOf(snapshot)));
    // An Azure CLI that notes its arguments; RBAC says how vaults are accessed.
    const answers = `case "$1 $2" in "keyvault show") echo "$RBAC";; "identity show") echo "object-of-\${4##*/}";; esac`;
    await writeFile(join(folder, 'az'), `#!/bin/sh\nprintf '%s|' "$@" >> "$NOTES"; echo >> "$NOTES"\n${answers}\n`);
    await chmod(join(folder, 'az'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the script asks of the Azure CLI, a line each. */
  async function calls(rbac: string): Promise<readonly string[]> {
    const notes = join(folder, `notes-${rbac}`);
    const env = { PATH: `${folder}:${process.env.PATH}`, NOTES: notes, RBAC: rbac };
    await run('sh', [join(folder, 'rights.sh')], { env });
    return (await readFile(notes, 'utf8')).trim().split('\n');
  }

  test('makes the role, and assigns it and the built-in one to the identities by their object ids', async () => {
    const made = await calls('true');
    expect(made.filter((call) => call.startsWith('role|definition|create')).length).toBe(1);
    const assigned = made.filter((call) => call.startsWith('role|assignment|create'));
    expect(assigned[0]).toContain(
      `|object-of-keeper|--assignee-principal-type|ServicePrincipal|--role|Key Guardian keeper (it's, two)|--scope|${vault}|`,
    );
    expect(assigned[1]).toContain(
      `|object-of-watcher|--assignee-principal-type|ServicePrincipal|--role|b7e6|--scope|${account}|`,
    );
    expect(made.filter((call) => call.includes('set-policy'))).toEqual([]);
  });

  test('gives a vault that uses access policies the same permissions by one', async () => {
    const made = await calls('false');
    expect(made.filter((call) => call.startsWith('keyvault|set-policy'))).toEqual([
      'keyvault|set-policy|--name|prod|--resource-group|disks|--subscription|two|--object-id|object-of-keeper|--key-permissions|get|update|recover|--output|none|',
    ]);
    expect(made.filter((call) => call.startsWith('role|assignment|create')).length).toBe(1);
  });
});
