import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { grantApproval } from '../../../shared/approvals/approve.ts';
import { releaseHold, setHold, settleHold } from '../../../shared/approvals/hold.ts';
import { type Hold, subjectOfHold } from '../../../shared/domain/hold.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { CLAIM_MS } from '../../../shared/guard/claim.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
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

/** Incidents of a key, of a vault, or of the guardian itself. */
const told = async ({ ports }: World, vault: string | undefined, key: string | undefined) =>
  (await readIncidents(ports, subjectOfHold({ vault, key }))).stored.map(({ value }) => value);

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

  test('stops no alert: the act is an incident with its deadline, its command and, later, its actor', async () => {
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
        commands: ['key-guardian restore prod-disks/disk-a', expect.stringContaining(' --act disable ')],
        who: { oid: oidOf(world, 'attacker') },
      },
    ]);
    const ofAct = world.alerts.filter(({ incident: { kind } }) => kind === 'version-disabled');
    expect(ofAct.map(({ event }) => event)).toEqual(['opened', 'changed']);
    expect(world.writes()).toEqual([]);
  });

  test('stops nothing from its last moment on, before any sweep has noticed that it ended', async () => {
    const world = await guardian();
    const over = world.azure.fault({ match: { identity: 'keeper' }, answer: { kind: 'read-only' } });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    over();
    await world.hold({ until: later(new Date(), 10 * MINUTE_MS) });
    await world.pass(599);
    await world.wake(VAULT, 'disk-a');
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    await world.pass(1);
    await world.wake(VAULT, 'disk-a');
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });

  test.each([
    ['one key', { vault: VAULT, key: 'disk-a' }, VAULT, 'disk-a'],
    ['one vault', { vault: OTHER }, OTHER, undefined],
    ['everything', {}, undefined, undefined],
  ] as const)(
    'on %s pages everyone when it is set and before it ends, and says once when it has ended by itself',
    async (_, on, vault, key) => {
      const world = await guardian();
      await world.sentry();
      const set = await setHold(on, 'the key is compromised', { oid: 'responder' }, world.ports, 10 * MINUTE_MS);
      await world.pass(590);
      expect(world.alerts.map(({ event, incident: { kind } }) => [event, kind])).toEqual([
        ['opened', 'hold-set'],
        ['opened', 'hold-ending'],
      ]);
      await world.pass(130);
      expect(
        world.alerts
          .slice(2)
          .map(({ event, incident: { kind } }) => `${event} ${kind}`)
          .toSorted(),
      ).toEqual(['resolved hold-ending', 'resolved hold-set']);
      const over = { severity: 'critical', state: 'resolved', judgement: 'ended by itself', who: set.by };
      expect((await told(world, vault, key)).toSorted((one, other) => (one.kind < other.kind ? -1 : 1))).toMatchObject([
        { kind: 'hold-ending', ...over },
        { kind: 'hold-set', ...over },
      ]);
      const said = (await world.trail()).filter(({ what }) => what === 'hold').map(({ detail }) => detail.event);
      expect(said).toEqual(['set', 'ended by itself']);
    },
  );
});

describe.each(['disable', 'delete'] as const)('what changed under a hold (%s)', (act) => {
  const isGood = (world: World): boolean => {
    const state = world.azure.state(VAULT, 'disk-a');
    return state.kind === 'present' && state.versions.every(({ enabled: on }) => on);
  };
  const ofRule = { disable: 'version-disabled', delete: 'key-deleted' }[act];

  /** The act, under a hold of ten minutes on its key, with a sweep that has observed it. */
  async function changedUnderHold(): Promise<{ readonly world: World; readonly hold: Hold; readonly at: Date }> {
    const world = await guardian();
    await world.sentry();
    await world.pass(60, 10);
    const hold = await setHold(
      { vault: VAULT, key: 'disk-a' },
      'the key is compromised',
      { oid: 'responder' },
      world.ports,
      10 * MINUTE_MS,
    );
    await world.pass(30, 10);
    const at = new Date();
    await world.as('owner')[act](VAULT, 'disk-a');
    await world.pass(60, 10);
    return { world, hold, at };
  }

  test('stays as it is when the hold ends by itself, and is on-call’s to settle, with its deadline', async () => {
    const { world, at } = await changedUnderHold();
    await world.pass(30 * 60, 10);
    expect(isGood(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['hold', 'under-hold']);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === ofRule)).toMatchObject([
      {
        state: 'open',
        audience: 'on-call',
        severity: 'critical',
        judgement: 'withheld: under-hold',
        since: at,
        deadline: later(at, HOUR_MS),
      },
    ]);
  });

  test('says in its commands how to settle it, and how to restore it by hand', async () => {
    const { world, hold } = await changedUnderHold();
    await world.pass(15 * 60, 10);
    const [incident] = (await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === ofRule);
    expect(incident?.commands).toEqual([
      `key-guardian hold release ${hold.id} --undo`,
      `key-guardian hold release ${hold.id} --accept`,
      `key-guardian restore ${VAULT}/disk-a`,
    ]);
  });

  test('stays as it is when the hold is released, until a person settles it', async () => {
    const { world, hold } = await changedUnderHold();
    await releaseHold(hold.id, { oid: 'responder' }, world.ports);
    await world.pass(180, 10);
    expect(isGood(world)).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  test.each([
    ['that stands', 0],
    ['that has ended by itself', 15 * 60],
    ['that ended a day ago', 24 * 3600],
  ])('is undone at once when a person settles a hold %s so', async (_, afterSeconds) => {
    const { world, hold } = await changedUnderHold();
    await world.pass(afterSeconds, Math.max(60, afterSeconds / 100));
    const settled = await settleHold(hold.id, 'undo', { oid: 'responder' }, world.ports);
    expect(settled).toMatchObject({ keys: [{ vault: VAULT, key: 'disk-a' }], asked: [] });
    await world.settle();
    expect(isGood(world)).toBe(true);
    expect(world.changes()).toBe(1);
    await world.pass(120, 10);
    expect((await world.incidents(VAULT, 'disk-a')).map(({ state }) => state)).not.toContain('open');
    expect(world.changes()).toBe(1);
  });

  test('is approved once a second person grants what settling it so has asked for', async () => {
    const { world, hold } = await changedUnderHold();
    await world.pass(20 * 60, 10);
    const { asked, keys: found } = await settleHold(hold.id, 'accept', { oid: 'responder' }, world.ports);
    expect(found).toEqual([{ vault: VAULT, key: 'disk-a' }]);
    expect(asked).toMatchObject([{ vault: VAULT, key: 'disk-a', acts: [act], asked: { by: { oid: 'responder' } } }]);
    await world.pass(120, 10);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === ofRule)).toMatchObject([
      { state: 'open', judgement: 'withheld: under-hold' },
    ]);

    const [approval] = asked;
    await expect(grantApproval(VAULT, approval?.id ?? '', { oid: 'responder' }, world.ports)).rejects.toThrow();
    await grantApproval(VAULT, approval?.id ?? '', { oid: 'second' }, world.ports);
    await world.pass(120, 10);

    expect(isGood(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect((await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind === ofRule)).toMatchObject([
      { state: 'resolved', judgement: `approved: ${approval?.id}` },
    ]);
    await world.pass(25 * 3600, 600);
    expect(isGood(world)).toBe(false);
    expect((await world.incidents(VAULT, 'disk-a')).map(({ state }) => state)).not.toContain('open');
  });

  test('is undone although nobody had observed it when a person settled the hold so', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(60, 10);
    const hold = await setHold({ vault: VAULT }, 'a test', { oid: 'responder' }, world.ports);
    await world.pass(5);
    await world.as('owner')[act](VAULT, 'disk-a');
    await settleHold(hold.id, 'undo', { oid: 'responder' }, world.ports);
    await world.pass(60, 10);
    expect(isGood(world)).toBe(true);
  });
});

describe('after a hold', () => {
  test('what was so before it began, and was observed, is undone', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(60, 10);
    const over = world.azure.fault({ match: { identity: 'keeper' }, answer: { kind: 'read-only' } });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(65, 5);
    const hold = await setHold({ vault: VAULT }, 'a test', { oid: 'responder' }, world.ports);
    over();
    await world.pass(120, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    await releaseHold(hold.id, { oid: 'responder' }, world.ports);
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(world.changes()).toBe(1);
  });

  test('what is done once a sweep has shown the key as approved is undone, without a word on the hold', async () => {
    const world = await guardian();
    await world.sentry();
    await world.hold({ until: later(new Date(), 10 * MINUTE_MS) });
    await world.pass(11 * 60, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(await withheldIn(world)).toEqual([]);
  });

  test('what a person restored is undone when somebody does it again', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(60, 10);
    await world.hold({ vault: VAULT, until: later(new Date(), 10 * MINUTE_MS) });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(15 * 60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(60, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
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
    // Signed before, so that it takes effect as soon as it is put.
    const { id } = await world.hold(on);
    const row = await world.tables.holds.get('holds', id);
    if (row === undefined) throw new Error('The hold was not set.');
    await world.tables.holds.remove(row);
    hook.set = () => world.tables.holds.put('holds', id, row.data);
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
    const ofAct = (await world.incidents(VAULT, 'disk-a')).filter(({ kind }) => kind !== 'hold-set');
    expect(ofAct).toMatchObject([{ state: 'open', judgement: 'withheld: hold' }]);
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
