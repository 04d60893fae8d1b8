import { describe, expect, it } from 'vitest';
import { later, onStoppedClock } from '../requests.ts';
import { disk, GROUP, machine, managedAzure, managing, OTHER_SUB, SUB, set, somebody } from './managed.ts';

onStoppedClock();

const SETS = `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets`;
const VERSIONED = 'api-version=2024-03-02';
const codeOf = (json: unknown): unknown => (json as { error: { code: string } }).error.code;
const messageOf = (json: unknown): string => (json as { error: { message: string } }).error.message;

describe('a caller of Resource Manager', () => {
  it('needs a token, and is told by a challenge where to get one', async () => {
    const azure = managedAzure();
    const answer = await azure.handle({
      method: 'GET',
      url: `https://management.azure.com${SETS}?${VERSIONED}`,
      headers: {},
      body: '',
    });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(
      `Bearer authorization_uri="https://login.microsoftonline.com/${azure.tenantId}"`,
    );
    expect(codeOf(JSON.parse(answer.body))).toBe('AuthenticationFailed');
    expect(azure.resourceManager.log.map(({ status, identity }) => [status, identity])).toEqual([[401, undefined]]);
  });

  it.each([
    ['https://management.azure.com', 200],
    ['https://management.azure.com/', 200],
    ['https://management.core.windows.net', 200],
    ['https://management.core.windows.net/', 200],
    ['https://vault.azure.net', 401],
  ])('with a token for %s is answered with %i', async (audience, status) => {
    const azure = managedAzure();
    const headers = { authorization: `Bearer ${azure.token('reader', { audience })}` };
    const answer = await azure.handle({
      method: 'GET',
      url: `https://management.azure.com${SETS}?${VERSIONED}`,
      headers,
      body: '',
    });
    expect(answer.status).toBe(status);
  });

  it('with a token for Resource Manager is none of a vault, although the token is known', async () => {
    const azure = managedAzure();
    const headers = { authorization: `Bearer ${azure.token('reader', { audience: 'https://management.azure.com' })}` };
    await azure.handle({ method: 'GET', url: `https://management.azure.com${SETS}?${VERSIONED}`, headers, body: '' });
    const answer = await azure.handle({
      method: 'GET',
      url: 'https://kv-one.vault.azure.net/keys?api-version=7.4',
      headers,
      body: '',
    });
    expect(messageOf(JSON.parse(answer.body))).toContain('AKV10022');
  });

  it('gets tokens for it from the identity’s credential, by any of the four scopes', async () => {
    const credential = managedAzure().credential('reader');
    const scopes = ['https://management.azure.com/.default', 'https://management.azure.com//.default'];
    for (const scope of scopes) expect((await credential.getToken(scope))?.token).toMatch(/^eyJ/);
    await expect(credential.getToken('https://graph.microsoft.com/.default')).rejects.toThrow('no token for');
  });

  it('is refused by name, action and scope where no role allows it', async () => {
    const { status, headers, json } = await managing(managedAzure(), 'stranger')('GET', `${SETS}/set-one?${VERSIONED}`);
    expect([status, headers['x-ms-failure-cause'], codeOf(json)]).toEqual([403, 'gateway', 'AuthorizationFailed']);
    expect(messageOf(json)).toMatch(
      /^The client 'stranger@contoso\.example' with object id '[^']+' does not have authorization to perform action 'Microsoft\.Compute\/diskEncryptionSets\/read' over scope '\/subscriptions\//,
    );
  });

  it('may read but not change with the role Reader', async () => {
    const send = managing(managedAzure(), 'reader');
    expect((await send('GET', `${SETS}/set-one?${VERSIONED}`)).status).toBe(200);
    expect((await send('PATCH', `${SETS}/set-one?${VERSIONED}`, {})).status).toBe(403);
    expect((await send('DELETE', `${SETS}/set-one?${VERSIONED}`)).status).toBe(403);
  });
});

describe('a request to Resource Manager', () => {
  it.each([
    ['without an api-version', `${SETS}/set-one`, 400, 'MissingApiVersionParameter'],
    ['of an api-version that the type never had', `${SETS}/set-one?api-version=2019-01-01`, 404, 'InvalidResourceType'],
    [
      'of an api-version that subscriptions never had',
      '/subscriptions?api-version=1999-01-01',
      400,
      'InvalidApiVersionParameter',
    ],
    [
      'in a subscription that is not there',
      `/subscriptions/${'3'.repeat(8)}-3333-4333-8333-333333333333/providers/Microsoft.Compute/disks?${VERSIONED}`,
      404,
      'SubscriptionNotFound',
    ],
    [
      'in a group that is not there',
      `/subscriptions/${SUB}/resourceGroups/rg-none/providers/Microsoft.Compute/diskEncryptionSets/set-one?${VERSIONED}`,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'for a list of a group that is not there',
      `/subscriptions/${SUB}/resourceGroups/rg-none/providers/Microsoft.Compute/disks?${VERSIONED}`,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'for a disk that is not there',
      `${GROUP}/providers/Microsoft.Compute/disks/none?${VERSIONED}`,
      404,
      'ResourceNotFound',
    ],
    ['for a set that is not there', `${SETS}/none?${VERSIONED}`, 404, 'NotFound'],
    [
      'for something that the local Azure does not serve',
      `/subscriptions/${SUB}/resourcegroups?api-version=2022-12-01`,
      400,
      'NotSupported',
    ],
  ])('%s is answered as the service does', async (_what, path, status, code) => {
    const answer = await managing(managedAzure())('GET', path);
    expect([answer.status, codeOf(answer.json)]).toEqual([status, code]);
    expect(answer.headers['x-ms-failure-cause']).toBe(code === 'NotFound' ? undefined : 'gateway');
  });

  it('for a set that is not there is answered by Resource Manager itself where that is the behaviour', async () => {
    const azure = managedAzure({ behaviours: { missingSet: 'gateway' } });
    expect(codeOf((await managing(azure)('GET', `${SETS}/none?${VERSIONED}`)).json)).toBe('ResourceNotFound');
  });

  it('is logged with who asked for what', async () => {
    const azure = managedAzure();
    await managing(azure)('PATCH', `${SETS}/set-one?${VERSIONED}`, {});
    expect(azure.resourceManager.log).toMatchObject([
      {
        identity: 'owner',
        method: 'PATCH',
        action: 'Microsoft.Compute/diskEncryptionSets/write',
        status: 202,
        changed: true,
      },
    ]);
    expect(azure.log).toEqual([]);
  });

  it('shows the headers of every answer, with the id that the client sent', async () => {
    const { headers } = await managing(managedAzure())('GET', `${SETS}/set-one?${VERSIONED}`, undefined, {
      'x-ms-client-request-id': 'c1',
    });
    expect(headers).toMatchObject({
      'x-ms-client-request-id': 'c1',
      'x-ms-ratelimit-remaining-subscription-reads': '249',
      'x-ms-ratelimit-remaining-subscription-global-reads': '3749',
      'x-ms-ratelimit-remaining-resource':
        'Microsoft.Compute/LowCostGet3Min;14999,Microsoft.Compute/LowCostGet30Min;119999',
      'x-ms-routing-request-id': `WESTEUROPE:20260301T120000Z:${headers['x-ms-correlation-request-id']}`,
    });
  });

  it('beyond the budget of its caller is refused until the bucket fills again', async () => {
    const azure = managedAzure();
    const send = managing(azure);
    const ask = () => send('GET', `${SETS}/set-one?${VERSIONED}`);
    for (let request = 0; request < 250; request += 1) expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect([refused.status, codeOf(refused.json), refused.headers['retry-after']]).toEqual([
      429,
      'SubscriptionRequestsThrottled',
      '1',
    ]);
    expect((await managing(azure, 'reader')('GET', `${SETS}/set-one?${VERSIONED}`)).status).toBe(200);
    later(1_000);
    for (let request = 0; request < 25; request += 1) expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });

  it.each([
    ['throttled' as const, 'ResourceRequestsThrottled', '5'],
    ['busy' as const, 'RetryableError', undefined],
  ])('meets the 429 of a planned fault: %s', async (kind, code, retryAfter) => {
    const azure = managedAzure();
    azure.fault({ match: { path: GROUP.toUpperCase() }, answer: { kind }, times: 1 });
    const { status, json, headers } = await managing(azure)('GET', `${SETS}/set-one?${VERSIONED}`);
    expect([status, codeOf(json), headers['retry-after']]).toEqual([429, code, retryAfter]);
    expect((await managing(azure)('GET', `${SETS}/set-one?${VERSIONED}`)).status).toBe(200);
  });
});

describe('lists and ids', () => {
  const ids = (json: unknown): string[] => (json as { value: { id: string }[] }).value.map(({ id }) => id);

  it('have the group as the caller wrote it in a GET, and in upper case in a list', async () => {
    const send = managing(managedAzure());
    const asked = SETS.replace('rg-disks', 'Rg-DISKS');
    expect((await send('GET', `${asked}/SET-ONE?${VERSIONED}`)).json).toMatchObject({
      id: `${asked}/set-one`,
    });
    expect(ids((await send('GET', `${SETS}?${VERSIONED}`)).json)).toEqual([
      `${SETS.replace('rg-disks', 'RG-DISKS')}/set-one`,
    ]);
  });

  it('spell the set of a disk with its group in upper case, whatever was put in', async () => {
    const azure = managedAzure({ resources: [set('set-one'), disk('disk-one', 'set-one')] });
    const { json } = await managing(azure)('GET', `${disk('disk-one', 'set-one').id}?${VERSIONED}`);
    expect(json).toMatchObject({
      properties: { encryption: { diskEncryptionSetId: `${SETS.replace('rg-disks', 'RG-DISKS')}/set-one` } },
    });
  });

  it('leave out the encryption of disks before it was there', async () => {
    const azure = managedAzure({ resources: [disk('disk-one', 'set-one')] });
    const { json } = await managing(azure)('GET', `${disk('disk-one', 'set-one').id}?api-version=2018-09-30`);
    expect((json as { properties: object }).properties).not.toHaveProperty('encryption');
  });

  it('are written with line breaks by one region, and compactly where several were merged', async () => {
    const one = managedAzure({ resources: [set('set-a'), set('set-b')] });
    const two = managedAzure({ resources: [set('set-a'), set('set-b', {}, { location: 'northeurope' })] });
    const list = `/subscriptions/${SUB}/providers/Microsoft.Compute/diskEncryptionSets?${VERSIONED}`;
    const [ofOne, ofTwo] = [await managing(one)('GET', list), await managing(two)('GET', list)];
    expect(ofOne.body).toContain('{\r\n  "value"');
    expect(ofOne.headers).not.toHaveProperty('x-ms-original-request-ids');
    expect(ofTwo.body).toMatch(/^\{"value":\[/);
    expect(ofTwo.headers['x-ms-original-request-ids']?.split(', ')).toHaveLength(2);
  });

  it('show nothing of a machine that Resource Graph alone shows', async () => {
    const azure = managedAzure({ resources: [machine('vm-one')] });
    const { json } = await managing(azure)('GET', `${machine('vm-one').id}?api-version=2024-07-01`);
    expect((json as { properties: object }).properties).not.toHaveProperty('extended');
  });

  it('of vaults go on behind empty pages, and end with one', async () => {
    const azure = managedAzure({
      vaults: Array.from({ length: 30 }, (_, index) => ({
        ...{ name: `kv-${index}`, subscriptionId: SUB, resourceGroup: 'rg-keys' },
        properties: { publicNetworkAccess: 'Disabled' },
      })),
      behaviours: { emptyPages: 0.6 },
    });
    const pages: unknown[][] = [];
    let next: string | undefined = `/subscriptions/${SUB}/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01`;
    while (next !== undefined) {
      const { json } = await managing(azure)('GET', next);
      const page = json as { value: unknown[]; nextLink?: string };
      pages.push(page.value);
      next = page.nextLink;
    }
    expect(pages.flat()).toHaveLength(30);
    expect(pages.at(-1)).toEqual([]);
    expect(pages.filter((page) => page.length === 0).length).toBeGreaterThan(1);
    expect(pages.flat()[0]).toMatchObject({
      properties: {
        enableRbacAuthorization: true,
        enablePurgeProtection: true,
        publicNetworkAccess: 'Disabled',
        accessPolicies: [],
      },
    });
  });

  it('of a vault with access policies show who may do what, and leave out what was never set', async () => {
    const azure = managedAzure({
      vaults: [
        {
          name: 'kv-old',
          subscriptionId: SUB,
          resourceGroup: 'rg-keys',
          accessModel: 'access-policy',
          softDeleteDays: 0,
        },
      ],
    });
    azure.setGrants('stranger', [
      {
        vault: 'kv-old',
        dataActions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/unwrap/action'],
      },
    ]);
    const { json } = await managing(azure)(
      'GET',
      `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-old?api-version=2023-07-01`,
    );
    const { properties } = json as { properties: Record<string, unknown> };
    expect(properties).toMatchObject({
      accessPolicies: [
        { objectId: azure.identities.get('stranger')?.oid, permissions: { keys: ['get', 'list', 'unwrapKey'] } },
      ],
    });
    for (const name of ['enableRbacAuthorization', 'enableSoftDelete', 'enablePurgeProtection', 'networkAcls'])
      expect(properties).not.toHaveProperty(name);
  });

  it('of locks have those above the scope first, then its own and those in it', async () => {
    const lock = (scope: string) => ({
      ...{
        id: `${scope}/providers/Microsoft.Authorization/locks/keep`,
        name: 'keep',
        type: 'Microsoft.Authorization/locks',
      },
      properties: { level: 'CanNotDelete' },
    });
    const azure = managedAzure({ resources: [lock(`${SETS}/set-one`), lock(GROUP), lock(`/subscriptions/${SUB}`)] });
    const locks = await managing(azure)(
      'GET',
      `/${encodeURIComponent(GROUP)}/providers/Microsoft.Authorization/locks?api-version=2020-05-01`,
    );
    expect(ids(locks.json)).toEqual([lock(`/subscriptions/${SUB}`).id, lock(`${SETS}/set-one`).id, lock(GROUP).id]);
  });

  it('of role assignments include those above the subscription, and name definitions by the subscription asked', async () => {
    const azure = managedAzure({
      identities: [
        somebody('owner', { role: 'Owner', scope: '/' }),
        somebody('above', { role: 'Reader', scope: '/providers/Microsoft.Management/managementGroups/contoso' }),
        somebody('elsewhere', { role: 'Reader', scope: `/subscriptions/${OTHER_SUB}` }),
      ],
    });
    const { json } = await managing(azure)(
      'GET',
      `/subscriptions/${SUB}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`,
    );
    const found = (json as { value: { properties: { scope: string; roleDefinitionId: string } }[] }).value.map(
      ({ properties }) => properties,
    );
    expect(found.map(({ scope }) => scope)).toEqual(['/', '/providers/Microsoft.Management/managementGroups/contoso']);
    for (const { roleDefinitionId } of found) expect(roleDefinitionId).toContain(`/subscriptions/${SUB}/providers/`);
  });
});
