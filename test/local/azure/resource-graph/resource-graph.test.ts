import { describe, expect, test } from 'vitest';
import { readSkipToken } from '../../../../local/azure/resource-graph/skip-token.ts';
import type { SeedVault } from '../../../../local/azure/types.ts';
import { queryTexts } from '../../../../shared/estate/query-texts.ts';
import { type GraphQuery, graphRows } from '../../../../shared/estate/rows.ts';
import { later, onStoppedClock } from '../requests.ts';
import { disks, localGraph, resource, SUBSCRIPTION } from './graph.ts';

const OTHER = '11111111-0000-4000-8000-000000000002';
const ids = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);
const names = (rows: readonly { readonly id: string }[]): readonly string[] =>
  rows.map(({ id }) => id.slice(id.lastIndexOf('/') + 1));
const vault: SeedVault = { name: 'kv-one', subscriptionId: SUBSCRIPTION };

onStoppedClock();

describe('a page of the local Resource Graph', () => {
  test('has the members recorded, in their order, and the headers', async () => {
    const { headers, status, body } = await localGraph(disks(2)).send({
      query: 'resources | project id | order by id asc',
      subscriptions: [SUBSCRIPTION],
    });
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(body))).toEqual(['totalRecords', 'count', 'data', 'facets', 'resultTruncated']);
    expect(JSON.parse(body)).toMatchObject({ totalRecords: 2, count: 2, facets: [], resultTruncated: 'false' });
    expect(headers).toMatchObject({
      'content-length': String(body.length),
      'content-type': 'application/json; charset=utf-8',
      'x-ms-user-quota-remaining': '14',
      'x-ms-user-quota-resets-after': '00:00:05',
      'x-ms-ratelimit-remaining-tenant-resource-requests': '14',
      'x-ms-ratelimit-remaining-tenant-reads': '249',
      server: 'Kestrel',
      vary: 'Accept-Encoding',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    });
  });

  test('has at most 1,000 rows, and a token of rows to skip where more follow, not truncated for that', async () => {
    const { json } = await localGraph(disks(2_500)).send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION] });
    expect(json).toMatchObject({ totalRecords: 2_500, count: 1_000, resultTruncated: 'false' });
    expect(readSkipToken(json.$skipToken ?? '')).toEqual({ maxRows: 1_000, rowsToSkip: 1_000 });
    expect(Buffer.from(json.$skipToken ?? '', 'base64').toString()).toMatch(
      /^\{\r\n {2}"\$id": "1",\r\n {2}"MaxRows": 1000,\r\n {2}"RowsToSkip": 1000,\r\n {2}"KustoClusterUrl": "https:/,
    );
  });

  test('goes on by its token to the last, which has none', async () => {
    const { send } = localGraph(disks(7));
    const pages: (readonly string[])[] = [];
    let $skipToken: string | undefined;
    do {
      const options = $skipToken === undefined ? { $top: 3 } : { $skipToken };
      const { json, rows } = await send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options });
      pages.push(names(rows));
      $skipToken = json.$skipToken;
    } while ($skipToken !== undefined);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat()).toEqual(disks(7).map(({ name }) => name));
  });

  test('begins where the count of rows to skip says, whatever the token says', async () => {
    const { send } = localGraph(disks(7));
    const asked = { query: queryTexts.disks, subscriptions: [SUBSCRIPTION] };
    const { $skipToken } = (await send({ ...asked, options: { $top: 3 } })).json;
    const { rows } = await send({ ...asked, options: { $skipToken, $skip: 1 } });
    expect(names(rows)).toEqual(['disk-0001', 'disk-0002', 'disk-0003']);
  });

  test('misses a row where one of an earlier page was deleted, and doubles one where one was made', async () => {
    const { send, resources } = localGraph(disks(6));
    const page = async ($skip: number) =>
      names((await send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options: { $top: 2, $skip } })).rows);
    expect(await page(0)).toEqual(['disk-0000', 'disk-0001']);
    resources.remove(disks(1)[0]?.id ?? '');
    expect(await page(2)).toEqual(['disk-0003', 'disk-0004']);
    resources.put(resource('Microsoft.Compute/disks', 'disk-00015'));
    expect(await page(4)).toEqual(['disk-0004', 'disk-0005']);
  });

  test('is in columns and rows where that is asked for, and by default in the first version', async () => {
    const { send } = localGraph([resource('Microsoft.Compute/disks', 'd', { sku: { name: 'Premium_LRS' } })]);
    const query = 'resources | project name, sku, flag = tobool(properties.a), n = toint(properties.b)';
    const table = {
      columns: [
        { name: 'name', type: 'string' },
        { name: 'sku', type: 'object' },
        { name: 'flag', type: 'boolean' },
        { name: 'n', type: 'integer' },
      ],
      rows: [['d', { name: 'Premium_LRS' }, null, null]],
    };
    const asked = { query, subscriptions: [SUBSCRIPTION] };
    expect((await send({ ...asked, options: { resultFormat: 'table' } })).json.data).toEqual(table);
    expect((await send(asked, { apiVersion: '2019-04-01' })).json.data).toEqual(table);
    expect((await send(asked, { apiVersion: '2021-03-01' })).json.data).toHaveLength(1);
  });
});

describe('what the local Resource Graph refuses', () => {
  test('is a query that it does not read, with the place, as recorded', async () => {
    const { json, status, headers } = await localGraph([]).send({
      query: 'project id, location | where where',
      subscriptions: [SUBSCRIPTION],
    });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      code: 'BadRequest',
      message: `Please provide below info when asking for support: timestamp = 2026-03-01T12:00:00.0000000Z, correlationId = ${headers['x-ms-correlation-request-id']}.`,
      details: [
        { code: 'InvalidQuery', message: expect.stringMatching(/^Query is invalid\. /) },
        { code: 'ParserFailure', line: 1, characterPositionInLine: 34, token: '<EOF>' },
      ],
    });
  });

  test.each([
    ['a table that is not there', { query: 'secrets | project id' }, 'InvalidQuery'],
    ['a column that is not there', { query: 'resources | project disk' }, 'InvalidQuery'],
    ['more than 1,000 rows at once', { query: 'resources', options: { $top: 1_001 } }, 'InvalidQueryOptions'],
    ['a token of somebody else', { query: 'resources', options: { $skipToken: 'bm8=' } }, 'InvalidQueryOptions'],
    ['no query', {}, 'InvalidQueryOptions'],
    ['what is no JSON', 'resources', 'InvalidQueryOptions'],
  ])('is %s', async (_, content, code) => {
    const { json, status } = await localGraph(disks(1)).send(content);
    expect(status).toBe(400);
    expect(json.error?.details[0]?.code).toBe(code);
  });

  test('is the sixteenth query within 5 s of one principal, with the time to wait', async () => {
    const { send } = localGraph(disks(1));
    const asked = { query: queryTexts.subscriptions, subscriptions: [SUBSCRIPTION] };
    for (let count = 0; count < 15; count += 1) expect((await send(asked)).status).toBe(200);
    later(1_200);
    const { status, headers, json } = await send(asked);
    expect(status).toBe(429);
    expect(headers).toMatchObject({
      'retry-after': '4',
      'x-ms-user-quota-remaining': '0',
      'x-ms-user-quota-resets-after': '00:00:04',
    });
    expect(json.error).toMatchObject({ code: 'RateLimiting', details: [{ code: 'RateLimiting' }] });
    expect((await send(asked, { as: 'stranger' })).status).toBe(403);
    later(3_800);
    expect((await send(asked)).status).toBe(200);
  });

  test('is a version that is not published', async () => {
    const { status, json } = await localGraph([])
      .azure.handle({
        method: 'POST',
        url: 'https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2020-01-01',
        headers: {
          authorization: `Bearer ${localGraph([]).azure.token('asker', { audience: 'https://management.azure.com' })}`,
        },
        body: '{}',
      })
      .then((answer) => ({ ...answer, json: JSON.parse(answer.body) }));
    expect(status).toBe(404);
    expect(json.error.code).toBe('InvalidResourceType');
  });
});

describe('what the local Resource Graph shows to whom', () => {
  const elsewhere = {
    ...resource('Microsoft.Compute/disks', 'far'),
    id: `/subscriptions/${OTHER}/resourceGroups/g/providers/Microsoft.Compute/disks/far`,
  };
  const readerOf = (...scopes: readonly string[]) => ({ roles: scopes.map((scope) => ({ role: 'Reader', scope })) });

  test('is the subscriptions that were asked for, all where none is named', async () => {
    const { rows, send } = localGraph([...disks(1), elsewhere]);
    expect(await rows('resources | project id')).toHaveLength(1);
    expect(await rows('resources | project id', [SUBSCRIPTION.toUpperCase(), OTHER])).toHaveLength(2);
    expect((await send({ query: 'resources | project id' })).json.count).toBe(2);
  });

  test('is without a word nothing of a subscription that the caller cannot read', async () => {
    const { send } = localGraph([...disks(1), elsewhere], readerOf(`/subscriptions/${OTHER}`));
    const asked = (query: string) => send({ query, subscriptions: [SUBSCRIPTION, OTHER] });
    const { status, rows } = await asked('resources | project id');
    expect(status).toBe(200);
    expect(ids(rows)).toEqual([elsewhere.id]);
    expect(ids((await asked(queryTexts.subscriptions)).rows)).toEqual([`/subscriptions/${OTHER}`]);
  });

  test('is a single group or resource where the caller may read no more', async () => {
    const all = [...disks(2), resource('Microsoft.Compute/disks', 'd', { group: 'RG-Two' })];
    const ofGroup = localGraph(all, readerOf(`/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-two`));
    expect(names(await ofGroup.rows('resources | project id'))).toEqual(['d']);
    const ofOne = localGraph(all, readerOf(disks(1)[0]?.id ?? ''));
    expect(names(await ofOne.rows('resources | project id'))).toEqual(['disk-0000']);
  });

  test.each([403, 400] as const)('is nothing where no subscription can be read: %s', async (graphWithoutRights) => {
    const { send } = localGraph(disks(1), { behaviours: { graphWithoutRights } });
    const { status, json } = await send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION] }, { as: 'stranger' });
    expect(status).toBe(graphWithoutRights);
    expect(json.error?.details[0]?.code).toBe(
      graphWithoutRights === 403 ? 'AccessDenied' : 'NoValidSubscriptionsInQueryRequest',
    );
  });

  test('is asked by the action of the type: who may read vaults alone sees no disks', async () => {
    const roles = [{ role: 'Key Vault Contributor', scope: `/subscriptions/${SUBSCRIPTION}` }];
    const { rows } = localGraph(disks(1), { roles, vaults: [vault] });
    expect(names(await rows('resources | project id'))).toEqual(['kv-one']);
  });
});

describe('assignments of roles in the local Resource Graph', () => {
  const assignment = (scope: string, name: string) => ({
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: { principalId: 'p', roleDefinitionId: '/r', scope: scope === '' ? '/' : scope },
  });
  const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-one`;
  const all = [
    assignment('', 'root'),
    assignment('/providers/Microsoft.Management/managementGroups/mg', 'management-group'),
    assignment('/providers/Microsoft.Management/managementGroups/another', 'of-another-management-group'),
    assignment(`/subscriptions/${SUBSCRIPTION}`, 'subscription'),
    assignment(group, 'group'),
  ];
  const seen = async (options: Readonly<Record<string, unknown>>, apiVersion = '2024-04-01') => {
    const query = "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project id";
    const graph = localGraph(all, { managementGroups: ['mg'] });
    const { rows } = await graph.send({ query, subscriptions: [SUBSCRIPTION], options }, { apiVersion });
    return names(rows).filter((name) => all.some((one) => one.name === name));
  };

  test.each([
    ['nothing is asked for', {}, ['subscription', 'group']],
    ['AtScopeAndBelow', { authorizationScopeFilter: 'AtScopeAndBelow' }, ['subscription', 'group']],
    ['AtScopeExact', { authorizationScopeFilter: 'AtScopeExact' }, ['subscription']],
    ['AtScopeAndAbove', { authorizationScopeFilter: 'AtScopeAndAbove' }, ['subscription', 'root', 'management-group']],
    [
      'AtScopeAboveAndBelow',
      { authorizationScopeFilter: 'AtScopeAboveAndBelow' },
      ['subscription', 'group', 'root', 'management-group'],
    ],
  ])('are those of the scope that is asked for: %s', async (_, options, expected) => {
    expect(await seen(options)).toEqual(expected);
  });

  test('are never those above a subscription in versions that do not know the option', async () => {
    expect(await seen({ authorizationScopeFilter: 'AtScopeAboveAndBelow' }, '2021-03-01')).toEqual([
      'subscription',
      'group',
    ]);
  });

  test('are in a table of their own, with the definitions, and the built-in ones only from above', async () => {
    const { rows, send } = localGraph([...all, ...disks(1)]);
    expect(names(await rows('resources | project id'))).toEqual(['disk-0000']);
    const asked = { query: queryTexts['role-definitions'], subscriptions: [SUBSCRIPTION] };
    expect((await send(asked)).rows).toEqual([]);
    const options = { authorizationScopeFilter: 'AtScopeAboveAndBelow' };
    const found = (await send({ ...asked, options })).rows.map((row) => graphRows['role-definitions'].parse(row));
    expect(found.map(({ roleName }) => roleName)).toEqual(expect.arrayContaining(['Owner', 'Key Vault Crypto User']));
  });
});

describe('a change in Resource Manager', () => {
  test('shows in Resource Graph after the time that is set, and not before', async () => {
    const { azure, resources, rows } = localGraph(disks(2), { behaviours: { graphLagMs: 30_000 } });
    const seen = async () => names(await rows('resources | project id | order by id asc'));
    const [first, second] = disks(2);
    resources.remove(first?.id ?? '');
    later(10_000);
    resources.put(resource('Microsoft.Compute/disks', 'new'));
    expect(await seen()).toEqual(['disk-0000', 'disk-0001']);
    later(20_000);
    expect(await seen()).toEqual(['disk-0001']);
    later(10_000);
    expect(await seen()).toEqual(['disk-0001', 'new']);
    resources.put({ ...resource('Microsoft.Compute/disks', 'disk-0001'), id: `${second?.id}-renamed` });
    expect(await seen()).toEqual(['disk-0001', 'new']);
    azure.behaviours.graphLagMs = 0;
    expect(await seen()).toEqual(['disk-0001', 'disk-0001-renamed', 'new']);
  });

  test('of a vault that is made shows so late as well', async () => {
    const { azure, rows } = localGraph([], { vaults: [vault], behaviours: { graphLagMs: 5_000 } });
    azure.addVault({ ...vault, name: 'kv-two' });
    expect(names(await rows(queryTexts.vaults))).toEqual(['kv-one']);
    later(5_000);
    expect(names(await rows(queryTexts.vaults))).toEqual(['kv-one', 'kv-two']);
  });
});

describe("the project's own queries", () => {
  const setId = `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG-ONE/providers/Microsoft.Compute/diskEncryptionSets/s`;
  const machine = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-one/providers/Microsoft.Compute/virtualMachines/m`;
  const all = [
    resource('Microsoft.Compute/diskEncryptionSets', 's', {
      identity: { type: 'SystemAssigned', principalId: 'p', tenantId: 't' },
      properties: {
        activeKey: { keyUrl: 'https://kv-one.vault.azure.net/keys/k/1' },
        encryptionType: 'EncryptionAtRestWithCustomerKey',
        rotationToLatestKeyVersionEnabled: true,
        provisioningState: 'Succeeded',
      },
    }),
    resource('Microsoft.Compute/disks', 'd', {
      sku: { name: 'Premium_LRS' },
      managedBy: machine,
      properties: {
        diskState: 'Attached',
        encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: setId },
        shareInfo: [{ vmUri: machine }],
      },
    }),
    resource('Microsoft.Compute/snapshots', 'n', { properties: {} }),
    resource('Microsoft.Compute/images', 'i', {
      properties: { storageProfile: { osDisk: { diskEncryptionSet: { id: setId } }, dataDisks: [] } },
    }),
    resource('Microsoft.Compute/virtualMachines', 'm', {
      properties: {
        securityProfile: { encryptionAtHost: true },
        extended: { instanceView: { powerState: { code: 'PowerState/running' } } },
      },
    }),
    resource('Microsoft.Compute/virtualMachineScaleSets', 'v', {
      sku: { name: 'Standard_D2s_v5', capacity: 3 },
      properties: { virtualMachineProfile: { storageProfile: { osDisk: {} } } },
    }),
    resource('Microsoft.Storage/storageAccounts', 'a', {
      properties: {
        encryption: {
          keySource: 'Microsoft.Keyvault',
          keyvaultproperties: { keyvaulturi: 'https://kv-one.vault.azure.net', keyname: 'k', keyversion: '' },
        },
      },
    }),
    resource('Microsoft.Storage/storageAccounts', 'b', {
      properties: { encryption: { keySource: 'Microsoft.Storage' } },
    }),
    resource('Microsoft.Sql/servers', 'q', { properties: { keyId: 'https://kv-one.vault.azure.net/keys/k/1' } }),
    resource('Microsoft.Sql/servers', 'r', { properties: {} }),
    {
      ...resource('Microsoft.Authorization/roleAssignments', 'x'),
      properties: { principalId: 'p', principalType: 'User', roleDefinitionId: '/R', scope: '/subscriptions/S' },
    },
    {
      ...resource('Microsoft.Authorization/roleDefinitions', 'Y'),
      properties: { roleName: 'Own', permissions: [] },
    },
  ];
  const expected: Readonly<Record<GraphQuery, readonly unknown[]>> = {
    subscriptions: [{ subscriptionId: SUBSCRIPTION, state: 'Enabled' }],
    vaults: [
      {
        name: 'kv-one',
        subscriptionId: SUBSCRIPTION,
        uri: 'https://kv-one.vault.azure.net/',
        sku: 'standard',
        rbac: true,
        softDelete: true,
        retentionDays: 90,
        purgeProtection: true,
        accessPolicies: [],
      },
    ],
    sets: [
      {
        name: 's',
        keyUrl: 'https://kv-one.vault.azure.net/keys/k/1',
        autoRotation: true,
        errorCode: undefined,
        previousKeys: null,
        identity: { type: 'SystemAssigned', principalId: 'p', tenantId: 't' },
      },
    ],
    disks: [
      {
        type: 'microsoft.compute/disks',
        setId,
        confidentialSetId: undefined,
        sku: 'Premium_LRS',
        managedBy: machine,
        shareInfo: [{ vmUri: machine }],
      },
      { type: 'microsoft.compute/snapshots', setId: undefined, managedBy: undefined, diskEncryption: null },
    ],
    images: [{ osDiskSetId: setId, dataDisks: [] }],
    machines: [{ name: 'm', powerState: 'PowerState/running', encryptionAtHost: true, securityType: undefined }],
    'scale-sets': [{ name: 'v', capacity: 3, encryptionAtHost: undefined, dataDisks: null }],
    'storage-accounts': [
      { name: 'a', vaultUri: 'https://kv-one.vault.azure.net', keyName: 'k', keyVersion: undefined, identity: null },
    ],
    'sql-servers': [{ name: 'q', keyUrl: 'https://kv-one.vault.azure.net/keys/k/1' }],
    'role-assignments': [{ principalId: 'p', roleDefinitionId: '/r', scope: '/subscriptions/s', condition: undefined }],
    'role-definitions': [{ id: expect.stringMatching(/\/y$/), roleName: 'Own', permissions: [] }],
  };

  test.each(Object.entries(expected))('give rows that their schema takes: %s', async (name, rows) => {
    const query = name as GraphQuery;
    const found = await localGraph(all, { vaults: [vault] }).rows(queryTexts[query]);
    expect(found.map((row) => graphRows[query].parse(row))).toEqual(rows.map((row) => expect.objectContaining(row)));
  });

  test('show a vault without soft delete, purge protection and Azure RBAC with what it has', async () => {
    const { azure, rows } = localGraph([], { vaults: [{ ...vault, softDeleteDays: 0, accessModel: 'access-policy' }] });
    azure.addIdentity({
      name: 'reader-of-keys',
      kind: 'user',
      oid: 'o',
      grants: [{ vault: 'kv-one', dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }],
    });
    expect(graphRows.vaults.parse((await rows(queryTexts.vaults))[0])).toMatchObject({
      rbac: undefined,
      softDelete: undefined,
      retentionDays: undefined,
      purgeProtection: undefined,
      accessPolicies: [{ objectId: 'o', permissions: { keys: ['get', 'list'] } }],
    });
  });
});
