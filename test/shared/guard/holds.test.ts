import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { setHold } from '../../../shared/approvals/say.ts';
import type { Hold } from '../../../shared/domain/hold.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { CLAIM_MS } from '../../../shared/guard/claim.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf, oidOf, versionsOf, withheldIn } from '../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const OTHER = 'other-disks';
const block = {
  vaults: [
    { name: VAULT, mode: 'block' },
    { name: OTHER, mode: 'block' },
  ],
};
const keys = [{ name: 'disk-a' }, { name: 'disk-b' }];
const vaults = [
  { name: VAULT, keys },
  { name: OTHER, keys },
];

const guardian = (options: Partial<WorldOptions> = {}): Promise<World> =>
  createWorld({ vaults, policy: block, ...options });
const ALL = [
  [VAULT, 'disk-a'],
  [VAULT, 'disk-b'],
  [OTHER, 'disk-a'],
  [OTHER, 'disk-b'],
] as const;
const enabled = (world: World): readonly string[] =>
  ALL.filter(([vault, key]) => currentOf(world, vault, key).enabled).map(([vault, key]) => `${vault}/${key}`);

beforeEach(() => stopAt());
afterEach(resetClock);

describe('a hold', () => {
  const rows: readonly (readonly [string, Partial<Hold>, readonly string[]])[] = [
    ['one key', { vault: VAULT, key: 'disk-a' }, [`${VAULT}/disk-b`, `${OTHER}/disk-a`, `${OTHER}/disk-b`]],
    ['one vault', { vault: VAULT }, [`${OTHER}/disk-a`, `${OTHER}/disk-b`]],
    ['everything', {}, []],
  ];
  test.each(rows)('on %s stops the writes there and nowhere else', async (_, on, restored) => {
    const world = await guardian();
    await world.hold(on);
    for (const [vault, key] of ALL) await world.as('attacker').disable(vault, key);
    await world.sentry();
    await world.pass(120);
    expect(enabled(world)).toEqual(restored);
    expect(world.writes()).toHaveLength(restored.length);
  });

  test('stops a recovery as well', async () => {
    const world = await guardian();
    await world.hold({ vault: VAULT, key: 'disk-a' });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(120);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
  });

  test('stops no telling: the act is an incident with its deadline, its command and, later, its actor', async () => {
    const world = await guardian();
    await world.hold();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(await withheldIn(world)).toEqual(['hold']);
    await world.audit();
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      {
        kind: 'version-disabled',
        state: 'open',
        judgement: 'withheld: hold',
        deadline: new Date('2031-03-03T10:10:00.000Z'),
        command: 'key-guardian restore prod-disks/disk-a',
        who: { oid: oidOf(world, 'attacker') },
      },
    ]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'changed']);
    expect(world.writes()).toEqual([]);
  });

  test.each(['disable', 'delete'] as const)('ends by itself after its time: then a %s is undone', async (act) => {
    const world = await guardian();
    await world.hold({ until: new Date(Date.now() + 10 * MINUTE_MS) });
    await world.as('attacker')[act](VAULT, 'disk-a');
    await world.sentry();
    await world.pass(590);
    expect(world.writes()).toEqual([]);
    await world.pass(130);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(world.changes()).toBe(1);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { state: 'resolved', judgement: 'undone', restoredAt: expect.any(Date) },
    ]);
  });

  test('stops nothing from its last moment on, before any sweep has seen that it ended', async () => {
    const world = await guardian();
    await world.hold({ until: new Date(Date.now() + 10 * MINUTE_MS) });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    expect(world.writes()).toEqual([]);
    await world.pass(600, 60);
    await world.wake(VAULT, 'disk-a');
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });

  test.each([
    ['one key', { vault: VAULT, key: 'disk-a' }, VAULT, 'disk-a'],
    ['one vault', { vault: OTHER }, OTHER, undefined],
    ['everything', {}, '-', undefined],
  ] as const)(
    'on %s pages everyone when it is set, and says once when it has ended by itself',
    async (_, on, vault, key) => {
      const world = await guardian();
      await world.sentry();
      const set = await setHold(on, 'the key is compromised', { oid: 'responder' }, world.ports, 10 * MINUTE_MS);
      await world.pass(590);
      expect(world.alerts.map(({ event }) => event)).toEqual(['opened']);
      await world.pass(130);
      expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'resolved']);
      expect(await world.incidents(vault, key)).toMatchObject([
        { kind: 'hold-set', severity: 'critical', state: 'resolved', judgement: 'ended by itself', who: set.by },
      ]);
      const said = (await world.trail()).filter(({ what }) => what === 'hold').map(({ detail }) => detail.event);
      expect(said).toEqual(['set', 'ended by itself']);
    },
  );

  test('that is released lets the guardian undo at the next sweep', async () => {
    const world = await guardian();
    const hold = await world.hold();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(90);
    expect(world.writes()).toEqual([]);
    await world.hold({ ...hold, released: { by: { oid: 'responder' }, at: new Date() } });
    await world.pass(60);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(world.changes()).toBe(1);
  });
});

describe('a hold that is set between decision and write', () => {
  /** Sets a hold while the first intent is on its way to storage. */
  async function heldAtTheLastMoment(on: Partial<Hold>): Promise<World> {
    const hook: { set: (() => Promise<unknown>) | undefined } = { set: undefined };
    const world = await guardian({
      async onStorage(name) {
        const { set } = hook;
        if (name !== 'intents.put' || set === undefined) return;
        hook.set = undefined;
        await set();
      },
    });
    hook.set = () => world.hold(on);
    return world;
  }

  const rows: readonly (readonly [string, Partial<Hold>])[] = [
    ['one key', { vault: VAULT, key: 'disk-a' }],
    ['one vault', { vault: VAULT }],
    ['everything', {}],
  ];
  test.each(rows)('on %s stops the write: no request leaves, and the trail says why', async (_, on) => {
    const world = await heldAtTheLastMoment(on);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(120);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    const trail = await world.trail();
    const [intent] = trail.filter(({ what }) => what === 'intent');
    const withheld = trail.filter(({ what }) => what === 'withheld').map(({ detail }) => detail);
    // Once for the intent that was not sent, once for the decision that followed.
    expect(withheld.map(({ because }) => because)).toEqual(['hold', 'hold']);
    expect(withheld[0]?.intent).toBe(intent?.detail.intent);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ state: 'open', judgement: 'withheld: hold' }]);
  });

  test('leaves no intent behind that could explain an act of somebody else under the same identity', async () => {
    const world = await heldAtTheLastMoment({});
    const { keyOps, version } = currentOf(world, VAULT, 'disk-a');
    expect(keyOps).toContain('wrapKey');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.ports.writes(VAULT).update('disk-a', version, { enabled: true }, 'not-an-intent');
    await world.audit();
    const kinds = (await world.incidents(VAULT, 'disk-a')).map(({ kind }) => kind);
    expect(kinds).toContain('own-act-unexplained');
  });
});

describe('between two writes to one key', () => {
  /** Two versions of one key are disabled; `meanwhile` happens once, after the first was restored. */
  async function afterTheFirstWrite(meanwhile: (world: World) => unknown): Promise<World> {
    const hook: { world: World | undefined } = { world: undefined };
    const world = await createWorld({
      vaults: [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }] }, { name: OTHER }],
      policy: block,
      async onStorage(name) {
        if (name !== 'holds.list' || hook.world?.changes() !== 1) return;
        hook.world = undefined;
        await meanwhile(world);
      },
    });
    for (const { version } of versionsOf(world, VAULT, 'disk-a'))
      await world.as('attacker').disable(VAULT, 'disk-a', version);
    hook.world = world;
    await world.sentry();
    return world;
  }

  test('a hold stops the second, and its intent says so', async () => {
    const world = await afterTheFirstWrite((held) => held.hold({ vault: VAULT, key: 'disk-a' }));
    await world.pass(120);
    expect(world.changes()).toBe(1);
    expect(
      versionsOf(world, VAULT, 'disk-a')
        .map(({ enabled: on }) => on)
        .toSorted(),
    ).toEqual([false, true]);
    const trail = await world.trail();
    const [first, second, ...more] = trail.filter(({ what }) => what === 'intent').map(({ detail }) => detail.intent);
    expect(more).toEqual([]);
    const ended = (what: string) => trail.filter((record) => record.what === what).map(({ detail }) => detail.intent);
    expect(ended('outcome')).toEqual([first]);
    expect(ended('withheld')).toContain(second);
  });

  test('a claim that ended stops the second: it is restored by whoever claims the key next', async () => {
    const world = await afterTheFirstWrite(() => turnClock(CLAIM_MS));
    expect(world.changes()).toBe(1);
    await world.pass(120);
    expect(world.changes()).toBe(2);
    expect(versionsOf(world, VAULT, 'disk-a').map(({ enabled: on }) => on)).toEqual([true, true]);
    expect((await world.trail()).filter(({ what }) => what === 'intent')).toHaveLength(3);
  });
});
