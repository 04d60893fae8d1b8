import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SeedVault, SeedVersion } from '../../../../local/azure/types.ts';
import { resetClock } from '../../../../local/clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { readKey } from '../../../../shared/register/keys.ts';
import { type FakeRows, subscriptionRow } from '../../../fakes/graph.ts';
import { MONDAY, stopAt } from '../../../simulation/clock.ts';
import { oidOf } from '../../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../../simulation/world.ts';
import { diskRow, keyUrl, SUBSCRIPTION, setId, setRow, vaultRow } from '../../estate/rows.ts';

const VAULT = 'prod-disks';
const FIRST = '00000000000000000000000000000001';
const schedule = { every: 'P90D', notifyBefore: 'P30D' };
const HOUR_S = 3_600;

const secondsAt = (ms: number): number => (Date.parse(MONDAY) + ms) / 1000;
/** The first version, made so that it becomes overdue in `minutes`. */
const overdueIn = (minutes: number): Partial<SeedVersion> => ({
  created: secondsAt(minutes * MINUTE_MS - 91 * DAY_MS),
});

const policyOf = (more: object = {}) => ({ vaults: [{ name: VAULT, mode: 'block', rotation: schedule, ...more }] });
const ESTATE: FakeRows = {
  subscriptions: [subscriptionRow(SUBSCRIPTION)],
  vaults: [vaultRow(VAULT)],
  sets: [setRow('des-a', keyUrl(VAULT, 'disk-a', FIRST))],
  disks: [diskRow('os-1', { setId: setId('des-a') })],
};
/** A rotation policy that keeps the schedule; it is its own business when it fires. */
const KEEPING = {
  lifetimeActions: [{ trigger: { timeAfterCreate: 'P90D' }, action: { type: 'Rotate' } }],
  created: 1,
  updated: 1,
} as const;
/** The same, and new versions expire. */
const EXPIRING = { ...KEEPING, expiryTime: 'P120D' } as const;

beforeEach(() => stopAt());
afterEach(resetClock);

/** A guardian of one key in block, surveyed and swept. */
async function scheduled(
  version: Partial<SeedVersion>,
  more: Partial<WorldOptions> & { readonly seed?: number; readonly vault?: Partial<SeedVault> } = {},
): Promise<World> {
  const { vault, ...options } = more;
  const world = await createWorld({
    vaults: [
      {
        name: VAULT,
        keys: [{ name: 'disk-a', versions: [{ version: FIRST, keyOps: ['wrapKey', 'unwrapKey'], ...version }] }],
        rotationPolicies: { 'disk-a': KEEPING },
        ...vault,
      },
    ],
    policy: policyOf(),
    graph: ESTATE,
    // A policy of the key's own that comes late, so that it is the guardian who rotates.
    behaviours: { scheduledRotationOffMs: { least: 7 * DAY_MS, longest: 7 * DAY_MS } },
    ...options,
  });
  await world.sentry();
  await world.pass(60, 10);
  return world;
}

const versions = (world: World): readonly string[] => {
  const state = world.azure.state(VAULT, 'disk-a');
  return state.kind === 'none' ? [] : state.versions.map(({ version }) => version);
};
const newestExpiry = (world: World): number | undefined => {
  const state = world.azure.state(VAULT, 'disk-a');
  return state.kind === 'none' ? undefined : state.versions.at(-1)?.exp;
};
const record = async ({ ports }: World) => (await readKey(ports.tables.keys, { vault: VAULT, key: 'disk-a' })).record;
const incidents = async (world: World) =>
  (await world.incidents(VAULT, 'disk-a')).map(({ kind, reason, state }) =>
    [kind, ...(reason === undefined ? [] : [reason]), state].join(' '),
  );
const summaryOf = async (world: World, kind: string): Promise<string | undefined> =>
  (await world.incidents(VAULT, 'disk-a')).find((one) => one.kind === kind && one.state === 'open')?.summary;
const recorded = async (world: World, what: string) =>
  (await world.trail()).filter((one) => one.what === what).map(({ detail }) => detail);
const written = (world: World): readonly string[] => world.writes().map(({ operation }) => operation);

test('a key that is inspected before the first survey waits for it: its rotation policy is set then, without an alert', async () => {
  const world = await createWorld({
    vaults: [
      { name: VAULT, keys: [{ name: 'disk-a', versions: [{ version: FIRST, keyOps: ['wrapKey', 'unwrapKey'] }] }] },
    ],
    policy: policyOf(),
    graph: ESTATE,
  });
  const hint = { id: 'a', sense: 'sweep', sensedAt: new Date(), says: { kind: 'off-schedule' } } as const;
  await world.ports.queues.inspections.send({
    subject: { kind: 'key', vault: VAULT, key: 'disk-a' },
    ...{ hints: [hint], attempt: 0 },
  });
  await world.settle();
  await world.sentry();
  await world.pass(180, 10);
  expect(written(world)).toEqual(['put-rotation-policy']);
  expect(world.alerts).toEqual([]);
});

describe('a key that becomes overdue in block', () => {
  test('is rotated once, and its new version is approved without a word', async () => {
    const world = await scheduled(overdueIn(10));
    expect(versions(world)).toEqual([FIRST]);
    await world.pass(15 * 60, 30);
    expect(versions(world)).toHaveLength(2);
    expect(written(world)).toEqual(['rotate']);
    expect(await recorded(world, 'intent')).toMatchObject([{ action: { kind: 'rotate-key', from: FIRST } }]);
    expect((await recorded(world, 'outcome')).map(({ kind }) => kind)).toEqual(['done']);
    const { approved } = await record(world);
    expect(Object.values(approved.versions).map(({ attributes }) => attributes?.enabled)).toEqual([true, true]);
    expect(world.alerts).toEqual([]);
    await world.audit();
    await world.pass(2 * HOUR_S, 60);
    expect(versions(world)).toHaveLength(2);
    expect(world.alerts).toEqual([]);
    expect(world.failures).toEqual([]);
  });

  test('is not rotated before it has been due for a day', async () => {
    const world = await scheduled(overdueIn(60));
    await world.pass(55 * 60, 30);
    expect(written(world)).toEqual([]);
  });

  test('waits while a hold is in force, which operators are told, and is rotated once it is released, with an expiry as before', async () => {
    const world = await scheduled(
      { ...overdueIn(10), exp: secondsAt(100 * DAY_MS) },
      { policy: policyOf({ rotation: undefined }) },
    );
    const hold = await world.hold({ vault: VAULT, until: new Date(Date.now() + 2 * HOUR_MS) });
    world.changePolicy(policyOf());
    await world.pass(75 * 60, 60);
    expect(written(world)).toEqual([]);
    expect((await incidents(world)).toSorted()).toEqual([
      'rotation-overdue open',
      'rotation-policy-weaker off-schedule open',
    ]);
    expect(await summaryOf(world, 'rotation-overdue')).toContain('It is not rotated: a hold stops every write.');
    await world.hold({ ...hold, released: { by: { oid: 'responder' }, at: new Date() } });
    await world.pass(70 * 60, 60);
    expect(versions(world)).toHaveLength(2);
    // By its own rotation policy the new version would have had none.
    expect(written(world)).toEqual(['put-rotation-policy', 'rotate']);
    expect(newestExpiry(world)).toBeGreaterThan(secondsAt(110 * DAY_MS));
    expect((await incidents(world)).filter((one) => one.endsWith('open'))).toEqual([]);
  });

  test.each([
    [
      'a set stays at its version',
      { sets: [setRow('des-a', keyUrl(VAULT, 'disk-a', FIRST), { autoRotation: false })] },
    ],
    [
      'a set is for confidential machines',
      {
        sets: [
          setRow('des-a', keyUrl(VAULT, 'disk-a', FIRST), {
            encryptionType: 'ConfidentialVmEncryptedWithCustomerKey',
          }),
        ],
      },
    ],
    ['nobody knows what uses it', { vaults: [] }],
    ['it has no expiry and its own rotation policy sets one', {}, EXPIRING],
  ])('is left to a person where %s', async (_says, more, own: typeof KEEPING = KEEPING) => {
    const vault = { rotationPolicies: { 'disk-a': own } };
    const world = await scheduled(overdueIn(10), { graph: { ...ESTATE, ...more }, vault });
    await world.pass(15 * 60, 30);
    expect(written(world)).toEqual([]);
    expect(await incidents(world)).toEqual(['rotation-overdue open']);
  });

  test('is not rotated from a version that is not the newest any more', async () => {
    let isRotated = false;
    const world = await scheduled(overdueIn(10), {
      onStorage: async (name) => {
        // Somebody is faster while the intent is recorded.
        if (isRotated || name !== 'intents.put') return;
        isRotated = true;
        await world.as('owner').rotate(VAULT, 'disk-a');
      },
    });
    await world.pass(15 * 60, 30);
    expect(isRotated).toBe(true);
    expect(versions(world)).toHaveLength(2);
    expect(written(world)).toEqual([]);
    // It has a new version, as was meant, and not by the guardian.
    expect((await recorded(world, 'outcome')).map(({ kind }) => kind)).toEqual(['already-rotated']);
    expect(world.alerts).toEqual([]);
  });
});

describe('a key that is to be rotated', () => {
  test('in alert is told with the commands, and no write is sent', async () => {
    const world = await scheduled(overdueIn(10), { policy: policyOf({ mode: 'alert' }) });
    await world.pass(15 * 60, 30);
    expect(written(world)).toEqual([]);
    const [told] = await world.incidents(VAULT, 'disk-a');
    expect(told).toMatchObject({
      kind: 'rotation-overdue',
      audience: 'operators',
      summary: expect.stringContaining('It is not rotated: the policy only alerts for this key.'),
      commands: [
        'key-guardian rotate prod-disks/disk-a --yes  # then: it is refused while anything is against it',
        'az keyvault key rotate --vault-name prod-disks --name disk-a  # only if the guardian does not answer, not if it refuses: nothing is checked',
      ],
    });
    await world.as('owner').rotate(VAULT, 'disk-a');
    await world.pass(70 * 60, 60);
    expect(await incidents(world)).toEqual(['rotation-overdue resolved']);
  });

  test('since before block began waits for a person', async () => {
    const world = await scheduled({ created: secondsAt(-100 * DAY_MS) });
    await world.pass(10 * 60, 30);
    expect(written(world)).toEqual([]);
    expect(await summaryOf(world, 'rotation-overdue')).toContain('it was already to be rotated when block began');
  });

  test('near its expiry is rotated however young it is by its schedule', async () => {
    const expires = secondsAt(30 * DAY_MS + 10 * MINUTE_MS);
    const vault = { rotationPolicies: { 'disk-a': EXPIRING } };
    const world = await scheduled({ created: secondsAt(-20 * DAY_MS), exp: expires }, { vault });
    expect(written(world)).toEqual([]);
    await world.pass(15 * 60, 30);
    expect(written(world)).toEqual(['rotate']);
    expect(versions(world)).toHaveLength(2);
  });

  test('and is held back pages on-call seven days before its expiry, not earlier', async () => {
    const expires = secondsAt(7 * DAY_MS + 2 * HOUR_MS);
    const world = await scheduled(
      { created: secondsAt(-20 * DAY_MS), exp: expires },
      { policy: policyOf({ mode: 'alert' }), vault: { rotationPolicies: { 'disk-a': EXPIRING } } },
    );
    await world.pass(90 * 60, 60);
    expect(await incidents(world)).toEqual(['rotation-overdue open']);
    await world.pass(2 * HOUR_S, 60);
    expect((await incidents(world)).toSorted()).toEqual(['rotation-held-back open', 'rotation-overdue open']);
    const page = world.alerts.find(({ incident }) => incident.kind === 'rotation-held-back')?.incident;
    expect(page?.audience).toBe('on-call');
    // Disks fail an hour after it has expired.
    expect(page).toMatchObject({ hangs: { kind: 'disks' }, deadline: new Date((expires + 3_600) * 1000) });
  });

  test('is not rotated above the limit of its subscription, in which those count that were rotated', async () => {
    const keys = ['disk-a', 'disk-b', 'disk-c', 'disk-d'].map((name) => ({
      name,
      versions: [{ version: FIRST, keyOps: ['wrapKey', 'unwrapKey'] as const, ...overdueIn(10) }],
    }));
    const world = await scheduled(overdueIn(10), {
      vault: { keys, rotationPolicies: Object.fromEntries(keys.map(({ name }) => [name, KEEPING])) },
      policy: { ...policyOf(), rotationsPerHour: 2 },
    });
    const rotate = { vault: VAULT, dataActions: ['Microsoft.KeyVault/vaults/keys/*'] };
    world.azure.setGrants(
      'keeper',
      keys.slice(1).map(({ name }) => ({ ...rotate, key: name })),
    );
    const rotated = () =>
      world.azure.log.flatMap(({ operation, key, status }) => (operation === 'rotate' && status === 200 ? [key] : []));
    await world.pass(40 * 60, 30);
    expect(rotated()).toHaveLength(2);
    // What waits for the limit passes by itself; what was refused does not.
    expect(world.alerts.map(({ incident: { kind, subject } }) => [kind, subject])).toMatchObject([
      ['rotation-overdue', { key: 'disk-a' }],
    ]);
    await world.pass(90 * 60, 60);
    expect(rotated().toSorted()).toEqual(['disk-b', 'disk-c', 'disk-d']);
  });
});

describe('a rotation policy', () => {
  const fresh = { created: secondsAt(-20 * DAY_MS) };
  const shown = (world: World) => world.ports.reads(VAULT).rotationPolicy('disk-a');
  const weaker = { lifetimeActions: [{ trigger: { timeAfterCreate: 'P1Y' }, action: { type: 'Rotate' } }] } as const;
  const grants = [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/*'] }];

  test.each([
    ['that is missing', {}],
    ['that is weaker', { 'disk-a': { ...weaker, created: 1, updated: 1 } }],
  ])('%s is set to the schedule, with no expiry for a key that has none', async (_says, rotationPolicies) => {
    const world = await scheduled(fresh, { vault: { rotationPolicies } });
    await world.pass(5 * 60, 30);
    expect(written(world)).toEqual(['put-rotation-policy']);
    expect(await shown(world)).toEqual({
      kind: 'ok',
      value: { rotate: { when: 'after-creation', period: 'P90D' } },
    });
    expect((await recorded(world, 'outcome')).map(({ kind }) => kind)).toEqual(['done']);
    await world.audit();
    await world.pass(70 * 60, 60);
    expect(written(world)).toEqual(['put-rotation-policy']);
    expect(world.alerts).toEqual([]);
  });

  test('gives an expiry to new versions of a key that the policy names', async () => {
    const world = await scheduled(fresh, {
      vault: { rotationPolicies: {} },
      policy: policyOf({ rotation: undefined, keys: [{ pattern: 'disk-a', rotation: schedule }] }),
    });
    await world.pass(5 * 60, 30);
    expect(await shown(world)).toMatchObject({ kind: 'ok', value: { expiresIn: 'P120D' } });
  });

  test('in alert is told with the command that sets it', async () => {
    const world = await scheduled(fresh, { vault: { rotationPolicies: {} }, policy: policyOf({ mode: 'alert' }) });
    await world.pass(5 * 60, 30);
    expect(written(world)).toEqual([]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      {
        kind: 'rotation-policy-weaker',
        reason: 'off-schedule',
        audience: 'operators',
        commands: [
          `az keyvault key rotation-policy update --vault-name prod-disks --name disk-a --value '{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P90D"},"action":{"type":"Rotate"}},{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Notify"}}],"attributes":{}}'  # sets it so`,
        ],
      },
    ]);
  });

  test('that somebody sets back is not set again: it is managed elsewhere, and told with who did it', async () => {
    const world = await scheduled(fresh, { vault: { rotationPolicies: {} } });
    await world.pass(5 * 60, 30);
    world.azure.setGrants('attacker', grants);
    await world.as('attacker').setRotationPolicy(VAULT, 'disk-a', 'P1Y');
    await world.audit();
    // By the audit event, and not only with the next sweep that reads it.
    expect(await incidents(world)).toEqual(['rotation-policy-weaker managed-elsewhere open']);
    await world.pass(70 * 60, 60);
    expect(written(world)).toEqual(['put-rotation-policy']);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      {
        kind: 'rotation-policy-weaker',
        reason: 'managed-elsewhere',
        state: 'open',
        who: { oid: oidOf(world, 'attacker') },
        commands: [
          expect.stringMatching(/^# in the template, Terraform: in rotation_policy, /),
          expect.stringMatching(/^# in the template, Bicep: rotationPolicy: /),
          expect.stringMatching(/^az keyvault key rotation-policy update /),
        ],
      },
    ]);
    await world.as('attacker').setRotationPolicy(VAULT, 'disk-a', 'P90D');
    await world.pass(2 * HOUR_S, 60);
    expect(await incidents(world)).toEqual(['rotation-policy-weaker managed-elsewhere resolved']);
  });

  test('is written again once the schedule is another one', async () => {
    const world = await scheduled(fresh, { vault: { rotationPolicies: {} } });
    await world.pass(5 * 60, 30);
    world.changePolicy(policyOf({ rotation: { every: 'P60D', notifyBefore: 'P30D' } }));
    await world.pass(70 * 60, 60);
    expect(written(world)).toEqual(['put-rotation-policy', 'put-rotation-policy']);
    expect(await shown(world)).toMatchObject({ value: { rotate: { period: 'P60D' } } });
  });

  test('of a key that is not as approved is told where it becomes weaker, also without its audit event', async () => {
    const world = await scheduled(fresh, { policy: policyOf({ mode: 'alert' }) });
    world.azure.setGrants('attacker', grants);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(2 * 60, 60);
    await world.as('attacker').setRotationPolicy(VAULT, 'disk-a', 'P1Y');
    await world.pass(65 * 60, 60);
    expect(await incidents(world)).toContain('rotation-policy-weaker off-schedule open');
    expect(written(world)).toEqual([]);
  });

  test('that the guardian may not read is told, and is not taken for a missing one', async () => {
    const world = await scheduled(fresh);
    const read = [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/read'] }];
    world.azure.setGrants('watcher', read);
    await world.pass(2 * HOUR_S, 60);
    expect(written(world)).toEqual([]);
    expect(await incidents(world)).toEqual(['rotation-policy-weaker unreadable open']);
  });

  test('of a key that is due is set at once, and the key is rotated where its own policy does not', async () => {
    const world = await scheduled(overdueIn(10), {
      vault: { rotationPolicies: {} },
      policy: policyOf({ rotation: { every: 'P90D', notifyBefore: 'P30D' } }),
    });
    await world.pass(75 * 60, 30);
    expect(written(world)).toEqual(['put-rotation-policy', 'rotate']);
  });
});

describe('an end in the middle of a rotation', () => {
  test.each(['before', 'after'] as const)(
    'leaves one new version where it comes %s the call: whoever takes the key over reads what was done',
    async (moment) => {
      let isOver = false;
      let begun: World | undefined;
      const isSent = () =>
        begun?.azure.log.some(({ operation, status }) => operation === 'rotate' && status === 200) === true;
      const world = await scheduled(overdueIn(10), {
        onStep: ({ name, when }) => {
          const isMoment = moment === 'before' ? name === 'intents.put' && when === 'after' : isSent();
          if (isOver || !isMoment) return;
          isOver = true;
          throw new Error('the instance ended');
        },
      });
      begun = world;
      await world.pass(100 * 60, 30);
      expect(isOver).toBe(true);
      expect(versions(world)).toHaveLength(2);
      expect((await recorded(world, 'outcome')).map(({ kind }) => kind)).toEqual(
        moment === 'after' ? ['done'] : ['failed', 'done'],
      );
      expect(world.alerts).toEqual([]);
    },
  );
});

test('an end in the middle of setting a rotation policy: whoever takes the key over reads it back, and it is written once', async () => {
  let isOver = false;
  let begun: World | undefined;
  const world = await scheduled(
    { created: secondsAt(-20 * DAY_MS) },
    {
      vault: { rotationPolicies: {} },
      policy: policyOf({ rotation: undefined }),
      onStep: () => {
        if (
          isOver ||
          begun?.azure.log.some(({ operation, status }) => operation === 'put-rotation-policy' && status === 200) !==
            true
        )
          return;
        isOver = true;
        throw new Error('the instance ended');
      },
    },
  );
  begun = world;
  world.changePolicy(policyOf());
  await world.pass(10 * 60, 30);
  expect(isOver).toBe(true);
  expect((await recorded(world, 'outcome')).map(({ kind }) => kind)).toEqual(['done']);
  world.azure.setGrants('attacker', [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/*'] }]);
  await world.as('attacker').setRotationPolicy(VAULT, 'disk-a', 'P1Y');
  await world.pass(2 * HOUR_S, 60);
  expect(written(world)).toEqual(['put-rotation-policy']);
  expect(await incidents(world)).toEqual(['rotation-policy-weaker managed-elsewhere open']);
});

test('the schedule left out of the policy ends what was told of it', async () => {
  const world = await scheduled(overdueIn(10), { policy: policyOf({ mode: 'alert' }) });
  await world.pass(15 * 60, 30);
  expect(await incidents(world)).toEqual(['rotation-overdue open']);
  world.changePolicy(policyOf({ mode: 'alert', rotation: undefined }));
  await world.pass(70 * 60, 60);
  expect(await incidents(world)).toEqual(['rotation-overdue resolved']);
  expect(await record(world)).toMatchObject({ observed: { rotation: { inspectedAt: expect.any(Date) } } });
});
