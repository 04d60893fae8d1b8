import { describe, expect, test } from 'vitest';
import { readPlan } from '../../../../local/cli/plan/read.ts';
import {
  HIDDEN,
  key,
  keyUrl,
  OLDER,
  PRODUCTION,
  planAzure,
  planned,
  planSource,
  set,
  VERSION,
  vault,
} from './place.ts';

const keysOf = async (azure: ReturnType<typeof planAzure>) => (await planned(azure)).reading.vaults[0]?.keys ?? [];

describe('what plan reads under Reader and Key Vault Reader', () => {
  test('is every used key with the versions in use, and no write is among its requests', async () => {
    const azure = planAzure();
    const { reading } = await planned(azure);
    expect(reading.vaults.map(({ name, otherKeys, refused }) => ({ name, otherKeys, refused }))).toEqual([
      { name: 'contoso-disks', otherKeys: 1, refused: undefined },
    ]);
    expect(reading.vaults[0]?.keys.map(({ key: name, state }) => [name, state.kind])).toEqual([
      ['disk-app', 'known'],
      ['disk-web', 'known'],
    ]);
    expect(reading.vaults[0]?.keys[1]?.state).toMatchObject({
      value: { kind: 'present', seenBy: 'Key Vault', keyType: 'RSA', keySizeBits: 2048, current: VERSION },
    });
    expect(reading.estate.unknown).toEqual([]);
    expect(reading.assigned.kind).toBe('known');

    const managed = azure.resourceManager.log;
    expect(azure.log.length).toBeGreaterThan(0);
    expect(managed.length).toBeGreaterThan(0);
    expect([...new Set(azure.log.map(({ method }) => method))]).toEqual(['GET']);
    // A query of Resource Graph is sent by POST, and reads.
    expect(
      managed.filter(
        ({ method, url }) => method !== 'GET' && !/\/providers\/Microsoft\.ResourceGraph\/resources\?/.test(url),
      ),
    ).toEqual([]);
    expect([...azure.log, ...managed].filter(({ status }) => status === 403)).toEqual([]);
  });

  test('names each query with its rows while it reads', async () => {
    const lines: string[] = [];
    await readPlan(planSource(planAzure(), lines), [PRODUCTION]);
    expect(lines).toEqual(
      expect.arrayContaining(['vaults: 1', 'sets: 2', 'disks: 4', 'machines: 2', 'keys of 1 of 1 vaults']),
    );
  });

  test('leaves out what belongs to nobody who uses keys: vaults without a used key are not asked', async () => {
    const azure = planAzure({
      vaults: [vault('contoso-disks', [key('disk-web'), key('disk-app')]), vault('contoso-other', [key('x')])],
    });
    await planned(azure);
    expect(azure.log.filter((each) => each.vault === 'contoso-other')).toEqual([]);
  });

  test('names a subscription that is not shown', async () => {
    const { reading } = await planned(planAzure(), { subscriptions: [PRODUCTION, HIDDEN] });
    expect(reading.hidden).toEqual([HIDDEN]);
  });
});

describe('a key that is not as it was', () => {
  const now = Math.floor(Date.now() / 1_000);

  test('is read as deleted, with when it is purged', async () => {
    const azure = planAzure({
      vaults: [vault('contoso-disks', [{ ...key('disk-web'), deletedDate: now - 600 }, key('disk-app')])],
    });
    expect((await keysOf(azure))[1]?.state).toMatchObject({
      value: { kind: 'deleted', deletedOn: new Date((now - 600) * 1_000), scheduledPurgeOn: expect.any(Date) },
    });
  });

  test('is read as absent where it is in neither list', async () => {
    const azure = planAzure({ vaults: [vault('contoso-disks', [key('disk-app')])] });
    expect((await keysOf(azure))[1]?.state).toEqual({ kind: 'known', value: { kind: 'absent', seenBy: 'Key Vault' } });
  });

  test.each([200, 403] as const)(
    'is read with its disabled version, the vault answering %i for it',
    async (disabledKeyRead) => {
      const azure = planAzure({
        vaults: [vault('contoso-disks', [key('disk-web', { enabled: false }), key('disk-app')])],
      });
      azure.behaviours.disabledKeyRead = disabledKeyRead;
      const state = (await keysOf(azure))[1]?.state;
      expect(state).toMatchObject({ value: { kind: 'present', current: VERSION } });
      const versions = state?.kind === 'known' && state.value.kind === 'present' ? state.value.versions : new Map();
      expect(versions.get(VERSION)).toMatchObject({ enabled: false });
    },
  );

  test('is read with an older version that a set still needs, and its operations', async () => {
    const versions = [
      { version: OLDER, created: now - 1_000, keyOps: ['wrapKey'] as const },
      { version: VERSION, created: now - 500, keyOps: ['wrapKey', 'unwrapKey'] as const },
    ];
    const azure = planAzure({
      vaults: [vault('contoso-disks', [{ name: 'disk-web', versions }, key('disk-app')])],
      resources: [
        set('des-pinned', keyUrl('contoso-disks', 'disk-web', OLDER), 'd15cd15c-0000-4000-8000-000000000003'),
      ],
    });
    const state = (await keysOf(azure))[1]?.state;
    const read = state?.kind === 'known' && state.value.kind === 'present' ? state.value.versions : new Map();
    expect([...read].map(([version, { operations }]) => [version, operations])).toEqual(
      expect.arrayContaining([
        [VERSION, ['wrapKey', 'unwrapKey']],
        [OLDER, ['wrapKey']],
      ]),
    );
  });
});

describe('a vault that does not show its keys', () => {
  test.each([
    ['forbidden-by-firewall', 'its firewall refuses this machine'],
    ['forbidden-by-permission', 'you have no right to read its keys'],
  ] as const)('for %s is read through Resource Manager, which Reader may', async (kind, refused) => {
    const azure = planAzure();
    azure.fault({ match: { vault: 'contoso-disks' }, answer: { kind } });
    const { reading, report } = await planned(azure);
    expect(reading.vaults[0]).toMatchObject({ otherKeys: 1, refused });
    expect(reading.vaults[0]?.keys.map(({ state }) => state)).toMatchObject([
      { value: { kind: 'present', seenBy: 'Resource Manager', current: VERSION } },
      { value: { kind: 'present', seenBy: 'Resource Manager', current: VERSION } },
    ]);
    expect(report.unknown).toEqual(expect.arrayContaining([{ subject: 'contoso-disks', because: refused }]));
    // Neither types nor rotation policies are shown there: unknown, and never taken for missing.
    expect(report.weak.filter(({ check }) => check === 'rotation-policy-fires')).toEqual([]);
  });

  test('and lacks a key in Resource Manager has lost it, as far as can be read', async () => {
    const azure = planAzure({ vaults: [vault('contoso-disks', [key('disk-app')])] });
    azure.fault({ match: { vault: 'contoso-disks' }, answer: { kind: 'forbidden-by-firewall' } });
    expect((await keysOf(azure))[1]?.state).toEqual({
      kind: 'known',
      value: { kind: 'absent', seenBy: 'Resource Manager' },
    });
  });

  test('and that no subscription shows is unknown', async () => {
    const azure = planAzure({ vaults: [vault('contoso-disks', [key('disk-web')], { subscriptionId: HIDDEN })] });
    const { reading, report } = await planned(azure);
    expect(reading.vaults[0]).toMatchObject({ vault: undefined, otherKeys: undefined });
    expect(reading.vaults[0]?.keys.map(({ state }) => state.kind)).toEqual(['unknown', 'unknown']);
    expect(report.guard.vaults).toBe(0);
    expect(report.unknown).toEqual(
      expect.arrayContaining([{ subject: 'contoso-disks', because: 'no subscription that was read has this vault' }]),
    );
  });

  test('but for deleted keys does not say that a key is gone', async () => {
    const azure = planAzure({ vaults: [vault('contoso-disks', [key('disk-app')])] });
    azure.fault({
      match: { vault: 'contoso-disks', operation: 'list-deleted' },
      answer: { kind: 'forbidden-by-permission' },
    });
    expect((await keysOf(azure))[1]?.state).toEqual({
      kind: 'unknown',
      because: 'it is not among the keys, and deleted keys could not be read: you have no right to read its keys',
    });
  });
});

test('a query that is not answered makes unknown what it would have shown, and the others are read', async () => {
  const azure = planAzure();
  const source = planSource(azure);
  const refusing: typeof source.graph = {
    rows: (query, subscriptions) => {
      if (query !== 'role-assignments') return source.graph.rows(query, subscriptions);
      return planSourceWithoutGraph(azure).graph.rows(query, subscriptions);
    },
  };
  const reading = await readPlan({ ...source, graph: refusing }, [PRODUCTION]);
  expect(reading.assigned).toEqual({ kind: 'unknown', because: 'role assignments could not be read' });
  expect(reading.estate.users).toHaveLength(2);
  expect(reading.estate.unknown).toEqual([expect.stringMatching(/^Not all rows of role-assignments could be read: /)]);
});

/** Somebody whose token Resource Graph does not accept. */
const planSourceWithoutGraph = (azure: ReturnType<typeof planAzure>) => {
  const credential = { getToken: async () => ({ token: 'none', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  return planSource({ ...azure, credential: () => credential });
};
