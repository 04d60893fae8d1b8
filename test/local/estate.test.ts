import { describe, expect, it } from 'vitest';
import { createLocalAzure } from '../../local/azure/azure.ts';
import { startEstate } from '../../local/estate.ts';
import { keyPolicy, policy } from '../../shared/domain/policy.ts';
import { queryTexts } from '../../shared/estate/query-texts.ts';
import { type GraphQuery, graphRows } from '../../shared/estate/rows.ts';

const KEYS = 'Microsoft.KeyVault/vaults/keys';
const PAGE = 25;

const estate = startEstate();
const guarded = policy.parse(estate.policy);
const identityOf = (name: string) => estate.identities.find((identity) => identity.name === name);
const granted = (name: string) => identityOf(name)?.grants ?? [];
const keysOf = (vaults: typeof estate.vaults) =>
  vaults.flatMap(({ name: vault, keys: all = [] }) => all.map(({ name }) => ({ vault, key: name })));

describe('the estate of npm start', () => {
  it('has 3 guarded vaults with 8 keys, one that nobody guards, and the keys of each vault fit one page', () => {
    const watched = estate.vaults.filter(({ name }) => guarded.vaults.some((vault) => vault.name === name));
    expect(watched).toHaveLength(3);
    expect(keysOf(watched)).toHaveLength(8);
    expect(estate.vaults.filter((vault) => !watched.includes(vault)).map(({ name }) => name)).toEqual([
      'contoso-legacy',
    ]);
    expect(estate.vaults.filter(({ keys: all = [] }) => all.length > PAGE)).toEqual([]);
  });

  it('is in block in its first vault and in alert in its last', () => {
    expect(guarded.vaults.map(({ name, mode }) => [name, mode])).toEqual([
      ['contoso-disks', 'block'],
      ['contoso-sql', 'block'],
      ['contoso-dev', 'alert'],
    ]);
  });

  it.each([
    ['des-disk-web', 'contoso-disks', 'disk-web'],
    ['des-disk-app', 'contoso-disks', 'disk-app'],
    ['des-disk-db', 'contoso-disks', 'disk-db'],
    ['des-disk-sql', 'contoso-sql', 'disk-sql'],
    ['contosobackups', 'contoso-sql', 'disk-backup'],
    ['des-dev-web', 'contoso-dev', 'dev-web'],
    ['contoso-dev-sql', 'contoso-dev', 'dev-db'],
  ])('has %s, which by its role may only use %s/%s, and which the policy knows', (name, vault, key) => {
    expect(granted(name)).toEqual([]);
    expect(identityOf(name)?.roles).toEqual([
      {
        role: 'Key Vault Crypto Service Encryption User',
        scope: expect.stringMatching(new RegExp(`/vaults/${vault}/keys/${key}$`)),
      },
    ]);
    expect(keyPolicy(guarded, vault, key).knownUsers).toContain(identityOf(name)?.oid);
  });

  it('has an owner who may do all but purge, an attacker who may do all, and an approver who may read', () => {
    const [owner] = granted('owner');
    expect(owner?.dataActions).toEqual(expect.arrayContaining([`${KEYS}/delete`, `${KEYS}/update/action`]));
    expect(owner?.dataActions.filter((action) => action.includes('purge') || action.includes('*'))).toEqual([]);
    const all = [`${KEYS}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'];
    expect(granted('attacker')).toEqual([{ vault: '*', dataActions: all }]);
    expect(granted('approver')).toEqual([{ vault: '*', dataActions: [`${KEYS}/read`] }]);
  });
});

describe('what hangs on the keys of npm start', () => {
  const azure = createLocalAzure({
    vaults: estate.vaults,
    identities: estate.identities,
    resources: estate.resources ?? [],
    subscriptions: estate.subscriptions ?? [],
    seed: 7,
    behaviours: { throttling: false },
  });
  const rowsOf = async <Query extends GraphQuery>(query: Query) => {
    const { body } = await azure.handle({
      method: 'POST',
      url: 'https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01',
      headers: { authorization: `Bearer ${azure.token('approver', { audience: 'https://management.azure.com' })}` },
      body: JSON.stringify({
        query: queryTexts[query],
        options: { authorizationScopeFilter: 'AtScopeAboveAndBelow' },
      }),
    });
    const { data }: { readonly data: readonly unknown[] } = JSON.parse(body);
    return data;
  };
  const parsed = {
    sets: async () => (await rowsOf('sets')).map((row) => graphRows.sets.parse(row)),
    disks: async () => (await rowsOf('disks')).map((row) => graphRows.disks.parse(row)),
    machines: async () => (await rowsOf('machines')).map((row) => graphRows.machines.parse(row)),
  };

  it('is seen by a reader: two subscriptions, four vaults and every other resource by its schema', async () => {
    const counts = Object.fromEntries(
      await Promise.all(
        (Object.keys(graphRows) as GraphQuery[]).map(async (query) => {
          const rows = await rowsOf(query);
          for (const row of rows) graphRows[query].parse(row);
          return [query, rows.length] as const;
        }),
      ),
    );
    expect(counts).toEqual({
      subscriptions: 2,
      vaults: 4,
      sets: 6,
      disks: 43,
      images: 1,
      machines: 15,
      'scale-sets': 1,
      'storage-accounts': 1,
      'sql-servers': 1,
      'role-assignments': expect.any(Number),
      'role-definitions': expect.any(Number),
    });
  });

  it('is six sets: each type, one across subscriptions, one that cannot rotate, one pinned to an older version', async () => {
    const sets = await parsed.sets();
    expect(new Set(sets.map(({ encryptionType }) => encryptionType)).size).toBe(3);
    expect(sets.filter(({ errorCode }) => errorCode !== undefined).map(({ name }) => name)).toEqual(['des-disk-sql']);
    const pinned = sets.find(({ name }) => name === 'des-disk-app');
    const versions = azure.state('contoso-disks', 'disk-app');
    expect(pinned).toMatchObject({ autoRotation: false });
    expect(versions.kind === 'present' && pinned?.keyUrl?.endsWith(versions.versions[0]?.version ?? '?')).toBe(true);
    const across = sets.find(({ name }) => name === 'des-dev-web');
    expect(across?.subscriptionId).not.toBe(estate.vaults.find(({ name }) => name === 'contoso-dev')?.subscriptionId);
  });

  it('is sets whose identities exist, each with its role in the vault of its key, on versions that exist', async () => {
    for (const { identity, keyUrl = '', name } of await parsed.sets()) {
      expect(identityOf(name)?.oid, name).toBe(identity?.principalId);
      const [, vault = '', key = '', version = ''] =
        /^https:\/\/([^.]+)[^/]+\/keys\/([^/]+)\/(\w+)$/.exec(keyUrl) ?? [];
      const state = azure.state(vault, key);
      expect(state.kind === 'none' ? [] : state.versions.map((one) => one.version)).toContain(version);
      expect(identityOf(name)?.roles?.[0]?.scope).toContain(`/vaults/${vault}/keys/${key}`);
    }
  });

  it('is 40 disks with 3 snapshots: under sets, under platform keys, shared, unattached, under Azure Disk Encryption', async () => {
    const disks = await parsed.disks();
    const count = (isCounted: (disk: (typeof disks)[number]) => boolean): number => disks.filter(isCounted).length;
    expect(count(({ type }) => type === 'microsoft.compute/disks')).toBe(40);
    expect(count(({ type }) => type === 'microsoft.compute/snapshots')).toBe(3);
    expect(count(({ shareInfo }) => (shareInfo ?? []).length > 1)).toBe(1);
    expect(count(({ confidentialSetId }) => confidentialSetId !== undefined)).toBe(2);
    expect(count(({ diskEncryption }) => diskEncryption?.enabled === true)).toBe(1);
    expect(count(({ type, state }) => type.endsWith('disks') && state === 'Unattached')).toBe(3);
    const sets = (await parsed.sets()).map(({ id }) => id.toLowerCase());
    for (const { setId } of disks) if (setId !== undefined) expect(sets).toContain(setId.toLowerCase());
    const machines = (await parsed.machines()).map(({ id }) => id);
    for (const { managedBy } of disks) if (managedBy !== undefined) expect(machines).toContain(managedBy);
  });

  it('is 15 machines, some stopped, some with encryption at host', async () => {
    const machines = await parsed.machines();
    expect(machines.filter(({ powerState }) => powerState === 'PowerState/deallocated')).toHaveLength(2);
    expect(machines.filter(({ encryptionAtHost }) => encryptionAtHost === true)).toHaveLength(5);
  });

  it('lives: every disk of a running machine under a set unwraps its key', async () => {
    await azure.disks.unwrapDue();
    const states = (estate.resources ?? [])
      .filter(({ type }) => type === 'Microsoft.Compute/disks')
      .map(({ id }) => azure.disks.disk(id).kind);
    expect(states.filter((kind) => kind === 'working')).not.toHaveLength(0);
    expect(states.filter((kind) => kind === 'failing' || kind === 'failed')).toEqual([]);
  });
});
