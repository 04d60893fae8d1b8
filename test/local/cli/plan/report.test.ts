import { describe, expect, test } from 'vitest';
import { exitStatusOf, foundPolicy } from '../../../../local/cli/plan/report.ts';
import { PLAN_VERSION, planReport } from '../../../../local/cli/plan/schema.ts';
import { policy } from '../../../../shared/domain/policy.ts';
import { policyFaults } from '../../../../shared/domain/policy-faults.ts';
import { disk, HIDDEN, key, PRODUCTION, planAzure, planned, set, vault, vaultId } from './place.ts';

const seconds = Math.floor(Date.now() / 1_000);
const rotating = {
  lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' as const } }],
  created: 1,
  updated: 1,
};
/** A vault as it should be. */
const well = (more: Parameters<typeof vault>[2] = {}) =>
  vault('contoso-disks', [key('disk-web'), key('disk-app'), key('unused')], {
    rotationPolicies: { 'disk-web': rotating, 'disk-app': rotating },
    ...more,
  });

test('an estate as it should be is in no danger, and needs no repair', async () => {
  const { report } = await planned(planAzure({ vaults: [well()] }));
  expect({ danger: report.danger, weak: report.weak, unknown: report.unknown }).toEqual({
    danger: [],
    weak: [],
    unknown: [],
  });
  expect(exitStatusOf(report)).toBe(0);
});

test('a vault whose diagnostic settings cannot be read may send its audit events, or not', async () => {
  const azure = planAzure({ vaults: [well()] });
  const path = `${vaultId('contoso-disks')}/providers/Microsoft.Insights`;
  azure.fault({ match: { path }, answer: { kind: 'malformed', body: '<html>' } });
  const { weak, unknown } = (await planned(azure)).report;
  expect([weak, unknown]).toEqual([
    [],
    [{ subject: 'contoso-disks', because: expect.stringMatching(/^its diagnostic settings could not be read: /) }],
  ]);
});

describe('the report', () => {
  test('has what hangs on each used key, and counts a machine once', async () => {
    const { report } = await planned(planAzure({ vaults: [well()] }));
    expect(report.version).toBe(PLAN_VERSION);
    expect(report.subscriptions).toEqual([{ id: PRODUCTION, name: 'Contoso Production', shown: true }]);
    expect(report.inUse).toEqual({ vaults: 1, keys: 2, disks: 4, machines: 2, running: 2 });
    expect(report.vaults).toMatchObject([
      { name: 'contoso-disks', access: 'roles', network: 'public', otherKeys: 1, destroyers: [] },
    ]);
    const [app, web] = report.vaults[0]?.keys ?? [];
    expect(app).toMatchObject({
      name: 'disk-app',
      disks: 1,
      machines: 0,
      users: [{ name: 'des-app', unattachedDisks: 1 }],
    });
    expect(web).toMatchObject({
      name: 'disk-web',
      state: 'usable',
      readFrom: 'key-vault',
      type: 'RSA',
      sizeBits: 2048,
      disks: 3,
      machines: 2,
      running: 2,
      users: [
        {
          kind: 'disk-encryption-set',
          name: 'des-web',
          follows: true,
          machines: [
            { name: 'vm-web-1', power: 'running', disks: 2 },
            { name: 'vm-web-2', power: 'running', disks: 1 },
          ],
        },
      ],
    });
  });

  test('is read back from its JSON by its own schema', async () => {
    const { report } = await planned(planAzure());
    expect(planReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  test('has a disabled version that is in use as danger, which block would leave to people', async () => {
    const keys = [
      key('disk-web', { enabled: false, created: seconds - 1_200, updated: seconds - 600 }),
      key('disk-app'),
    ];
    const { report } = await planned(planAzure({ vaults: [well({ keys })] }));
    expect(report.danger).toMatchObject([
      { check: 'used-version-usable', subject: 'contoso-disks/disk-web', disks: 3, machines: 2, running: 2 },
    ]);
    expect(report.guard.block).toMatchObject({
      nothingToUndo: 1,
      leftToPeople: ['contoso-disks/disk-web'],
      unknown: [],
    });
    expect(exitStatusOf(report)).toBe(3);
  });

  test('names vaults where nobody can undo a purge, and who holds the right', async () => {
    const mallory = {
      name: 'mallory',
      kind: 'user' as const,
      grants: [],
      roles: [{ role: 'Key Vault Crypto Officer', scope: `/subscriptions/${PRODUCTION}/resourceGroups/rg-disks` }],
    };
    const { report } = await planned(planAzure({ vaults: [well({ purgeProtection: false })], identities: [mallory] }));
    expect(report.guard.block.cannotUndo).toEqual(['contoso-disks']);
    expect(report.vaults[0]?.destroyers).toMatchObject([
      { through: 'Key Vault Crypto Officer', from: 'resource group', acts: ['delete', 'disable', 'purge'] },
    ]);
  });

  test('of a key whose state could not be read is neither safe nor in danger: status 1', async () => {
    const azure = planAzure({ vaults: [well({ subscriptionId: HIDDEN })] });
    azure.fault({ match: { vault: 'contoso-disks' }, answer: { kind: 'forbidden-by-firewall' } });
    const { report } = await planned(azure);
    expect(report.vaults[0]?.keys.map(({ state, readFrom }) => [state, readFrom])).toEqual([
      ['unknown', 'nowhere'],
      ['unknown', 'nowhere'],
    ]);
    expect(report.danger).toEqual([]);
    expect(exitStatusOf(report)).toBe(1);
  });

  test('of which a subscription is not shown is not safe either', async () => {
    const { report } = await planned(planAzure({ vaults: [well()] }), { subscriptions: [PRODUCTION, HIDDEN] });
    expect(report.danger).toEqual([]);
    expect(exitStatusOf(report)).toBe(1);
  });
});

test.each([
  ['a set names no key that can be read', [set('des-odd', 'contoso-disks.vault.azure.net/keys/disk-web', 'oid')]],
  ['a disk is under a set that is not shown', [disk('lost', 'des-hidden')]],
])('an estate in which %s is not safe: status 1', async (_, resources) => {
  const { report } = await planned(planAzure({ vaults: [well()], resources }));
  expect(report.danger).toEqual([]);
  expect(exitStatusOf(report)).toBe(1);
});

describe('with the policy of a guardian', () => {
  const named = policy.parse({
    vaults: [
      {
        name: 'contoso-disks',
        mode: 'block',
        keys: [
          { pattern: 'disk-app', guard: false },
          { pattern: 'disk-web', notifyBeforeExpiryDays: 90 },
        ],
      },
    ],
    customerManagedKeys: true,
  });

  test('it says which keys are guarded already', async () => {
    const { report } = await planned(planAzure({ vaults: [well()] }), { policy: named });
    expect(report.vaults[0]?.keys.map(({ name, guarded }) => [name, guarded])).toEqual([
      ['disk-app', 'no'],
      ['disk-web', 'block'],
    ]);
    expect(report.guard.alreadyGuarded).toBe(1);
  });

  test('its notify time decides which expiry is near', async () => {
    const keys = [key('disk-web', { exp: seconds + 60 * 86_400 }), key('disk-app')];
    const azure = planAzure({ vaults: [well({ keys })] });
    expect((await planned(azure)).report.danger).toEqual([]);
    expect((await planned(azure, { policy: named })).report.danger).toMatchObject([{ check: 'nothing-expires-soon' }]);
  });

  test('its demand of customer-managed keys is held to every disk', async () => {
    const bare = {
      id: `/subscriptions/${PRODUCTION}/resourceGroups/rg-disks/providers/Microsoft.Compute/disks/bare`,
      name: 'bare',
      type: 'Microsoft.Compute/disks',
      location: 'westeurope',
      properties: { encryption: { type: 'EncryptionAtRestWithPlatformKey' } },
    };
    const azure = planAzure({ vaults: [well()], resources: [bare] });
    expect((await planned(azure)).report.weak).toEqual([]);
    expect((await planned(azure, { policy: named })).report.weak).toMatchObject([
      { check: 'disks-under-customer-key' },
    ]);
  });
});

describe('the rights that a guardian needs', () => {
  const watcher = {
    name: 'watcher',
    kind: 'managed-identity' as const,
    grants: [],
    roles: [
      {
        role: {
          name: `Key Guardian watcher (one, ${PRODUCTION})`,
          actions: [],
          dataActions: ['Microsoft.KeyVault/vaults/keys/read'],
        },
        scope: vaultId('contoso-disks'),
      },
    ],
  };

  test('are missing where no role of a guardian gives them', async () => {
    const { report } = await planned(planAzure({ vaults: [well()], identities: [watcher] }));
    expect(report.guard.rights).toMatchObject([
      {
        identity: 'watcher',
        actions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keyrotationpolicies/read'],
        ...{ missing: [], byPolicy: [] },
      },
      { identity: 'keeper', missing: ['contoso-disks'] },
      {
        ...{ identity: 'updater', missing: ['Contoso Production'], byPolicy: [] },
        actions: ['Microsoft.Compute/diskEncryptionSets/write'],
      },
      { identity: 'surveyor', missing: ['Contoso Production'], byPolicy: [] },
    ]);
  });

  test.each([
    ['only where a schedule asks for it', 'block', [{ identity: 'rotator', missing: ['contoso-disks'] }]],
    ['nowhere where a schedule only alerts', 'alert', []],
  ])('of the role that rotates are missing %s', async (_says, mode, missing) => {
    const rotation = { every: 'P90D', notifyBefore: 'P30D' };
    const given = policy.parse({ vaults: [{ name: 'Contoso-Disks', mode, rotation }] });
    const { report } = await planned(planAzure({ vaults: [well()], identities: [watcher] }), { policy: given });
    expect(report.guard.rights.filter(({ identity }) => identity === 'rotator')).toMatchObject(missing);
  });

  test('come by access policies in a vault that has those', async () => {
    const { report } = await planned(planAzure({ vaults: [well({ accessModel: 'access-policy' })] }));
    expect(report.guard.rights[0]).toMatchObject({ missing: [], byPolicy: ['contoso-disks'] });
  });
});

describe('the policy that plan writes', () => {
  test('guards every vault with a used key, in alert, and has no fault', async () => {
    const { report } = await planned(planAzure({ vaults: [well(), vault('contoso-other', [key('x')])] }));
    expect(foundPolicy(report)).toEqual({
      $schema: './policy.schema.json',
      vaults: [{ name: 'contoso-disks', mode: 'alert' }],
      channels: ['console'],
    });
    expect(policyFaults(foundPolicy(report), ['console'])).toEqual([]);
  });

  test('is none where no vault with a used key is shown', async () => {
    const { report } = await planned(planAzure({ vaults: [well({ subscriptionId: HIDDEN })] }));
    expect(foundPolicy(report)).toBeUndefined();
  });
});
