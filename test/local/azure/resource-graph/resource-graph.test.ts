import { describe, expect, test } from 'vitest';
import { vaultFromSeed } from '../../../../local/azure/key-vault/store.ts';
import { seededRandom } from '../../../../local/azure/random.ts';
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
const vault = (seed: Partial<SeedVault> = {}) => {
  const made = vaultFromSeed(
    { name: 'kv-one', subscriptionId: SUBSCRIPTION, ...seed },
    { tenantId: 't', random: seededRandom(1) },
  );
  return new Map([[`${made.name}.vault.azure.net`, made]]);
};

onStoppedClock();

describe('a page of the local Resource Graph', () => {
  test('has the members recorded, in their order, and the headers', () => {
    const { headers, status, body } = localGraph(disks(2)).send({
      query: 'resources | project id | order by id asc',
      subscriptions: [SUBSCRIPTION],
    });
    expect(status).toBe(200);
    expect(Object.keys(JSON.parse(body))).toEqual(['totalRecords', 'count', 'data', 'facets', 'resultTruncated']);
    expect(JSON.parse(body)).toMatchObject({ totalRecords: 2, count: 2, facets: [], resultTruncated: 'false' });
    expect(headers).toMatchObject({
      'content-length': String(body.length),
      'x-ms-user-quota-remaining': '14',
      'x-ms-user-quota-resets-after': '00:00:05',
      'x-ms-ratelimit-remaining-tenant-resource-requests': '14',
      server: 'Kestrel',
      vary: 'Accept-Encoding',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
    });
  });

  test('has at most 1,000 rows, and a token of rows to skip where more follow, not truncated for that', () => {
    const { json } = localGraph(disks(2_500)).send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION] });
    expect(json).toMatchObject({ totalRecords: 2_500, count: 1_000, resultTruncated: 'false' });
    expect(readSkipToken(json.$skipToken)).toEqual({ maxRows: 1_000, rowsToSkip: 1_000 });
    expect(Buffer.from(json.$skipToken, 'base64').toString()).toMatch(
      /^\{\r\n {2}"\$id": "1",\r\n {2}"MaxRows": 1000,\r\n {2}"RowsToSkip": 1000,\r\n {2}"KustoClusterUrl": "https:/,
    );
  });

  test('goes on by its token to the last, which has none', () => {
    const { send } = localGraph(disks(7));
    const pages: string[][] = [];
    let $skipToken: string | undefined;
    do {
      const options = $skipToken === undefined ? { $top: 3 } : { $skipToken };
      const { json } = send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options });
      pages.push([...names(json.data)]);
      $skipToken = json.$skipToken;
    } while ($skipToken !== undefined);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat()).toEqual(disks(7).map(({ name }) => name));
  });

  test('begins where the count of rows to skip says, whatever the token says', () => {
    const { send } = localGraph(disks(7));
    const first = send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options: { $top: 3 } }).json;
    const options = { $skipToken: first.$skipToken, $skip: 1 };
    const { json } = send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options });
    expect(names(json.data)).toEqual(['disk-0001', 'disk-0002', 'disk-0003']);
  });

  test('misses a row where one of an earlier page was deleted, and doubles one where one was made', () => {
    const { send, store } = localGraph(disks(6));
    const page = (rowsToSkip: number) =>
      names(
        send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION], options: { $top: 2, $skip: rowsToSkip } }).json
          .data,
      );
    expect(page(0)).toEqual(['disk-0000', 'disk-0001']);
    const [first] = store.keys();
    store.delete(first ?? '');
    expect(page(2)).toEqual(['disk-0003', 'disk-0004']);
    const made = resource('Microsoft.Compute/disks', 'disk-00015');
    store.set(made.id.toLowerCase(), made);
    expect(page(4)).toEqual(['disk-0004', 'disk-0005']);
  });

  test('is in columns and rows where that is asked for, and by default in the first version', () => {
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
    expect(send({ ...asked, options: { resultFormat: 'table' } }).json.data).toEqual(table);
    expect(send(asked, { apiVersion: '2019-04-01' }).json.data).toEqual(table);
    expect(send(asked, { apiVersion: '2021-03-01' }).json.data).toHaveLength(1);
  });
});

describe('what the local Resource Graph refuses', () => {
  test('is a query that it does not read, with the place, as recorded', () => {
    const { json, status } = localGraph([]).send({
      query: 'project id, location | where where',
      subscriptions: [SUBSCRIPTION],
    });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      code: 'BadRequest',
      message: expect.stringMatching(
        /^Please provide below info when asking for support: timestamp = 2026-03-01T12:00:00\.0000000Z, correlationId = [0-9a-f-]{36}\.$/,
      ),
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
  ])('is %s', (_, content, code) => {
    const { json, status } = localGraph(disks(1)).send(content);
    expect(status).toBe(400);
    expect(json.error.details[0].code).toBe(code);
  });

  test('is the sixteenth query within 5 s of one principal, with the time to wait', () => {
    const { send } = localGraph([]);
    const asked = { query: queryTexts.subscriptions, subscriptions: [SUBSCRIPTION] };
    const stranger = localGraph([]).caller;
    for (let count = 0; count < 15; count += 1) expect(send(asked).status).not.toBe(429);
    later(1_200);
    const { status, headers, json } = send(asked);
    expect(status).toBe(429);
    expect(headers).toMatchObject({
      'retry-after': '4',
      'x-ms-user-quota-remaining': '0',
      'x-ms-user-quota-resets-after': '00:00:04',
    });
    expect(json.error).toMatchObject({ code: 'RateLimiting', details: [{ code: 'RateLimiting' }] });
    expect(send(asked, { as: { ...stranger, oid: 'another' } }).status).not.toBe(429);
    later(3_800);
    expect(send(asked).status).not.toBe(429);
  });
});

describe('what the local Resource Graph shows to whom', () => {
  const elsewhere = { ...resource('Microsoft.Compute/disks', 'far'), id: `/subscriptions/${OTHER}/resourceGroups/g/d` };
  const mayReadIn =
    (...scopes: readonly string[]) =>
    (_caller: unknown, _action: string, scope: string): boolean =>
      scopes.some((one) => scope.toLowerCase().startsWith(one.toLowerCase()));

  test('is the subscriptions that were asked for, all where none is named', () => {
    const { rows, send } = localGraph([...disks(1), elsewhere]);
    expect(rows('resources | project id')).toHaveLength(1);
    expect(rows('resources | project id', {}, [SUBSCRIPTION.toUpperCase(), OTHER])).toHaveLength(2);
    expect(send({ query: 'resources | project id' }).json.count).toBe(2);
  });

  test('is without a word nothing of a subscription that the caller cannot read', () => {
    const { send } = localGraph([...disks(1), elsewhere], { mayDo: mayReadIn(`/subscriptions/${OTHER}`) });
    const asked = (query: string) => send({ query, subscriptions: [SUBSCRIPTION, OTHER] });
    expect(ids(asked('resources | project id').json.data)).toEqual([elsewhere.id]);
    expect(asked('resources | project id').status).toBe(200);
    expect(ids(asked(queryTexts.subscriptions).json.data)).toEqual([`/subscriptions/${OTHER}`]);
  });

  test('is a single group or resource where the caller may read no more', () => {
    const all = [...disks(2), resource('Microsoft.Compute/disks', 'd', { group: 'RG-Two' })];
    const groupTwo = `/subscriptions/${SUBSCRIPTION}/resourcegroups/rg-two`;
    expect(names(localGraph(all, { mayDo: mayReadIn(groupTwo) }).rows('resources | project id'))).toEqual(['d']);
    const one = mayReadIn(disks(1)[0]?.id ?? '');
    expect(names(localGraph(all, { mayDo: one }).rows('resources | project id'))).toEqual(['disk-0000']);
  });

  test.each([403, 400] as const)('is nothing where no subscription can be read: %s', (graphWithoutRights) => {
    const { send } = localGraph(disks(1), { mayDo: () => false, behaviours: { graphWithoutRights } });
    const { status, json } = send({ query: queryTexts.disks, subscriptions: [SUBSCRIPTION] });
    expect(status).toBe(graphWithoutRights);
    expect(json.error.details[0].code).toBe(
      graphWithoutRights === 403 ? 'AccessDenied' : 'NoValidSubscriptionsInQueryRequest',
    );
  });

  test('is asked by the action of the type: a reader of vaults sees no disks', () => {
    const mayDo = (_: unknown, action: string): boolean => action.startsWith('Microsoft.KeyVault/');
    const { rows } = localGraph(disks(1), { mayDo, vaults: vault() });
    expect(names(rows('resources | project id'))).toEqual(['kv-one']);
  });
});

describe('assignments of roles in the local Resource Graph', () => {
  const assignment = (scope: string, name: string) => ({
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: { principalId: 'p', scope: scope === '' ? '/' : scope },
  });
  const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-one`;
  const all = [
    assignment('', 'root'),
    assignment('/providers/Microsoft.Management/managementGroups/mg', 'management-group'),
    assignment(`/subscriptions/${SUBSCRIPTION}`, 'subscription'),
    assignment(group, 'group'),
    {
      ...resource('Microsoft.Authorization/roleDefinitions', 'built-in', { properties: { type: 'BuiltInRole' } }),
      id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/built-in`,
    },
  ];
  const seen = (options: Readonly<Record<string, unknown>>, apiVersion = '2024-04-01') =>
    names(
      localGraph(all).send(
        { query: 'authorizationresources | project id', subscriptions: [SUBSCRIPTION], options },
        { apiVersion },
      ).json.data,
    );

  test.each([
    ['nothing is asked for', {}, ['subscription', 'group']],
    ['AtScopeAndBelow', { authorizationScopeFilter: 'AtScopeAndBelow' }, ['subscription', 'group']],
    ['AtScopeExact', { authorizationScopeFilter: 'AtScopeExact' }, ['subscription']],
    [
      'AtScopeAndAbove',
      { authorizationScopeFilter: 'AtScopeAndAbove' },
      ['subscription', 'root', 'management-group', 'built-in'],
    ],
    [
      'AtScopeAboveAndBelow',
      { authorizationScopeFilter: 'AtScopeAboveAndBelow' },
      ['subscription', 'group', 'root', 'management-group', 'built-in'],
    ],
  ])('are those of the scope that is asked for: %s', (_, options, expected) => {
    expect(seen(options)).toEqual(expected);
  });

  test('are never those above a subscription in versions that do not know the option', () => {
    expect(seen({ authorizationScopeFilter: 'AtScopeAboveAndBelow' }, '2021-03-01')).toEqual(['subscription', 'group']);
  });

  test('are in a table of their own', () => {
    expect(localGraph(all).rows('resources | project id')).toEqual([]);
  });
});

describe('a change in Resource Manager', () => {
  test('shows in Resource Graph after the time that is set, and not before', () => {
    const { store, rows, behaviours } = localGraph(disks(2), { behaviours: { graphLagMs: 30_000 } });
    const seen = () => names(rows('resources | project id | order by id asc'));
    const [first, second] = disks(2);
    store.delete(first?.id.toLowerCase() ?? '');
    later(10_000);
    const made = resource('Microsoft.Compute/disks', 'new');
    store.set(made.id.toLowerCase(), made);
    expect(seen()).toEqual(['disk-0000', 'disk-0001']);
    later(20_000);
    expect(seen()).toEqual(['disk-0001']);
    later(10_000);
    expect(seen()).toEqual(['disk-0001', 'new']);
    store.set(second?.id.toLowerCase() ?? '', resource('Microsoft.Compute/disks', 'renamed'));
    expect(seen()).toEqual(['disk-0001', 'new']);
    behaviours.graphLagMs = 0;
    expect(seen()).toEqual(['new', 'renamed']);
  });

  test('of a vault that is made shows so late as well', () => {
    const vaults = vault();
    const { rows } = localGraph([], { vaults, behaviours: { graphLagMs: 5_000 } });
    const [second] = vault({ name: 'kv-two' }).values();
    if (second !== undefined) vaults.set('kv-two.vault.azure.net', second);
    expect(names(rows(queryTexts.vaults))).toEqual(['kv-one']);
    later(5_000);
    expect(names(rows(queryTexts.vaults))).toEqual(['kv-one', 'kv-two']);
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
        instanceView: { statuses: [{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/running' }] },
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
      properties: { roleName: 'Reader', permissions: [] },
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
    'role-definitions': [{ id: expect.stringMatching(/\/y$/), roleName: 'Reader', permissions: [] }],
  };

  test.each(Object.entries(expected))('give rows that their schema takes: %s', (name, rows) => {
    const query = name as GraphQuery;
    const found: readonly unknown[] = localGraph(all, { vaults: vault() }).rows(queryTexts[query]);
    expect(found.map((row) => graphRows[query].parse(row))).toEqual(rows.map((row) => expect.objectContaining(row)));
  });

  test('show a vault without soft delete, purge protection and Azure RBAC with what it has', () => {
    const policies = [{ tenantId: 't', objectId: 'o', permissions: { keys: ['get'] } }];
    const { rows } = localGraph([], {
      vaults: vault({ softDeleteDays: 0, accessModel: 'access-policy' }),
      accessPolicies: () => policies,
    });
    expect(graphRows.vaults.parse(rows(queryTexts.vaults)[0])).toMatchObject({
      rbac: false,
      softDelete: undefined,
      retentionDays: undefined,
      purgeProtection: undefined,
      accessPolicies: [{ objectId: 'o', permissions: { keys: ['get'] } }],
    });
  });
});
