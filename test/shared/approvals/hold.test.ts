import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { grantApproval } from '../../../shared/approvals/approve.ts';
import { endHolds } from '../../../shared/approvals/ended-holds.ts';
import { extendHold, releaseHold, setHold, settleHold } from '../../../shared/approvals/hold.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { NotAllowed, RowUnreadable } from '../../../shared/errors.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { currentOf, versionsOf } from '../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';
import { overtaken, said } from './overtaken.ts';

const VAULT = 'prod-disks';
const [SETTER, OTHER] = [{ oid: 'setter' }, { oid: 'other' }];
const WHY = 'disk-a may be compromised';

beforeEach(() => stopAt());
afterEach(resetClock);

/** A swept vault in block of two keys, the first of two versions. */
async function guardian(more: Partial<WorldOptions> = {}): Promise<World> {
  const world = await createWorld({
    vaults: [{ name: VAULT, keys: [seedKey('disk-a', [{}, {}]), seedKey('disk-b', [{}])] }],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    ...more,
  });
  await world.pass(600, 600);
  await world.sentry();
  await world.pass(70, 10);
  return world;
}

const open = async (world: World, key = 'disk-a') =>
  (await world.incidents(VAULT, key)).filter(({ state }) => state === 'open');

describe('setting a hold', () => {
  test.each([
    ['a key', 240, { vault: VAULT, key: 'disk-a' }, { kind: 'key', vault: VAULT, key: 'disk-a' }, `${VAULT}/disk-a`],
    ['a vault', 30, { vault: VAULT }, { kind: 'vault', vault: VAULT }, VAULT],
    ['everything', 30, {}, { kind: 'guardian' }, 'everything'],
  ] as const)(
    'on %s counts at once, for %d minutes, is recorded and pages everyone',
    async (_, minutes, on, subject, what) => {
      const world = await guardian();
      const set = await setHold(on, WHY, SETTER, world.ports);
      const until = later(new Date(), minutes * MINUTE_MS);
      expect(set).toMatchObject({ ...on, by: SETTER, why: WHY, from: new Date(), until });
      expect((await world.ports.tables.holds.get('holds', set.id))?.value).toEqual(set);
      await world.settle();
      expect(world.alerts).toMatchObject([
        {
          event: 'opened',
          incident: {
            kind: 'hold-set',
            severity: 'critical',
            audience: 'on-call',
            subject,
            who: SETTER,
            summary: expect.stringContaining(`stops every write to ${what} until`),
            commands: [
              `key-guardian hold release ${set.id} --undo  # if it is not meant: restores what changed meanwhile as well`,
            ],
          },
        },
      ]);
      expect(await said(world, 'hold')).toEqual([['setter', 'set']]);
    },
  );

  test.each([
    ['a key', { vault: VAULT, key: 'disk-a' }, 240],
    ['a vault', { vault: VAULT }, 30],
    ['everything', {}, 30],
  ])('on %s is refused for longer than one person alone can say', async (_, on, minutes) => {
    const world = await guardian();
    await expect(setHold(on, WHY, SETTER, world.ports, minutes * MINUTE_MS + 1)).rejects.toThrow(
      `for ${minutes} minutes at most`,
    );
    expect((await world.ports.tables.holds.list()).stored).toEqual([]);
  });

  test('is extended by another person, who is recorded and pages everyone, and not by its setter', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await expect(extendHold(id, HOUR_MS, { oid: SETTER.oid.toUpperCase() }, world.ports)).rejects.toThrow(
      'Who set a hold cannot extend it: another person has to.',
    );
    const extended = await extendHold(id, HOUR_MS, OTHER, world.ports);
    expect(extended).toMatchObject({ by: SETTER, until: later(new Date(), HOUR_MS), extended: [{ by: OTHER }] });
    await world.settle();
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'changed']);
    expect(await said(world, 'hold')).toEqual([
      ['setter', 'set'],
      ['other', 'extended'],
    ]);
    await world.pass(2 * 3600, 600);
    await expect(extendHold(id, HOUR_MS, OTHER, world.ports)).rejects.toThrow(`Hold ${id} has ended`);
  });

  test('counts although it can neither be recorded nor told', async () => {
    let isAway = false;
    const world = await guardian({
      onStorage(name) {
        if (isAway && /^(trail|spool|outbox|incidents)\./.test(name)) throw new Error('it is away');
      },
    });
    isAway = true;
    await expect(setHold({ vault: VAULT }, WHY, SETTER, world.ports)).rejects.toThrow();
    isAway = false;
    await world.as('owner').disable(VAULT, 'disk-b');
    await world.pass(70, 10);
    expect(world.writes()).toEqual([]);
    expect(await open(world, 'disk-b')).toMatchObject([{ judgement: 'withheld: hold' }]);
    // The next sweep tells of it instead.
    expect(world.alerts.map(({ incident: { kind } }) => kind)).toContain('hold-set');
  });
});

test.each([{}, { vault: VAULT }])(
  'a hold on %o is told of, and its end, although the vault cannot be swept',
  async (on) => {
    const world = await guardian();
    world.azure.fault({ match: { vault: VAULT }, answer: { kind: 'forbidden-by-firewall' } });
    // Its setter crashed before anybody was alerted.
    await world.hold(on);
    const told = (): readonly string[] =>
      world.alerts.filter(({ incident: { kind } }) => kind === 'hold-set').map(({ event }) => event);
    await world.pass(70, 10);
    expect(told()).toEqual(['opened']);
    await world.pass(4 * 3_600, 60);
    expect(told()).toEqual(['opened', 'resolved']);
    expect((await world.trail()).filter(({ what }) => what === 'hold')).toMatchObject([
      { detail: { event: 'ended by itself' } },
    ]);
  },
);

describe('before a hold ends', () => {
  /** How each alert of a hold that is about to end went. */
  const endings = (world: World): readonly string[] =>
    world.alerts.filter(({ incident: { kind } }) => kind === 'hold-ending').map(({ event }) => event);

  test('on-call is alerted once, and again before the end to which another person extends it', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await world.pass(24 * 60, 30);
    expect(endings(world)).toEqual([]);
    await world.pass(3 * 60, 30);
    expect(endings(world)).toEqual(['opened']);
    await extendHold(id, 2 * HOUR_MS, OTHER, world.ports);
    await world.pass(70, 10);
    expect(endings(world)).toEqual(['opened', 'resolved']);
    await world.pass(88 * 60, 60);
    expect(endings(world)).toEqual(['opened', 'resolved']);
    await world.pass(3 * 60, 30);
    expect(endings(world)).toEqual(['opened', 'resolved', 'opened']);
    await releaseHold(id, OTHER, world.ports);
    await world.pass(70, 10);
    expect(endings(world)).toEqual(['opened', 'resolved', 'opened', 'resolved']);
  });

  test('on-call is alerted although the sweep that was to do so was killed', async () => {
    let kill = false;
    const world = await guardian({
      onStorage(name) {
        if (kill && /^(outbox|incidents)\.(insert|put)/.test(name)) throw new Error('killed');
      },
    });
    await setHold({ vault: VAULT, key: 'disk-a' }, WHY, SETTER, world.ports, 40 * 60_000);
    await world.pass(9 * 60, 30);
    kill = true;
    await world.pass(3 * 60, 30);
    expect(endings(world)).toEqual([]);
    kill = false;
    await world.pass(120, 10);
    expect(endings(world)).toEqual(['opened']);
  });
});

describe('releasing a hold', () => {
  test('while a sweep is on its way to tell of it is over all the same', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const world = await guardian({
      async onStorage(name) {
        // The sweep has read the hold, and not yet how its incident stands.
        if (name !== 'incidents.list' || meanwhile === undefined) return;
        const release = meanwhile;
        meanwhile = undefined;
        await release();
      },
    });
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await world.settle();
    meanwhile = () => releaseHold(id, OTHER, world.ports);
    await endHolds(VAULT, world.ports);
    await world.pass(70, 10);
    const { stored } = await readIncidents(world.ports);
    expect(stored.map(({ value }) => value)).toMatchObject([{ kind: 'hold-set', state: 'resolved' }]);
  });

  test('while a sweep is on its way to tell that it ends leaves no such alert open', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const world = await guardian({
      async onStorage(name) {
        if (name !== 'incidents.list' || meanwhile === undefined) return;
        const release = meanwhile;
        meanwhile = undefined;
        await release();
      },
    });
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await world.pass(24 * 60, 30);
    turnClock(2 * 60_000);
    meanwhile = () => releaseHold(id, OTHER, world.ports);
    await endHolds(VAULT, world.ports);
    await world.pass(70, 10);
    expect((await world.incidents(VAULT)).map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'hold-ending resolved',
      'hold-set resolved',
    ]);
  });

  test('lets the guardian write again, but for what changed under it', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(70, 10);
    await releaseHold(id, OTHER, world.ports);
    await world.pass(70, 10);
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.pass(70, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(currentOf(world, VAULT, 'disk-b').enabled).toBe(true);
    expect(await open(world)).toMatchObject([
      { kind: 'version-disabled', judgement: 'withheld: under-hold', deadline: expect.any(Date) },
    ]);
    expect(await said(world, 'hold')).toEqual([
      ['setter', 'set'],
      ['other', 'released'],
    ]);
    expect(await world.incidents(VAULT)).toMatchObject([
      { kind: 'hold-set', state: 'resolved', judgement: 'released by other' },
    ]);
  });

  test('leaves what changed before the next sweep to people too: nobody can say that it was not under the hold', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await releaseHold(id, OTHER, world.ports);
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.pass(70, 10);
    expect(await open(world, 'disk-b')).toMatchObject([{ judgement: 'withheld: under-hold' }]);
  });

  test('that is over says nothing more', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    const released = await releaseHold(id, OTHER, world.ports);
    expect(await releaseHold(id, SETTER, world.ports)).toEqual(released);
    expect(await said(world, 'hold')).toHaveLength(2);
  });

  test.each(['of-nothing', 'not an id', '../keys'])('that there is not is refused: %s', async (id) => {
    const world = await guardian();
    await expect(releaseHold(id, OTHER, world.ports)).rejects.toThrow(`There is no hold ${id}.`);
    await expect(settleHold(id, 'undo', OTHER, world.ports)).rejects.toThrow(NotAllowed);
  });

  test('by two at once is recorded as who of them did', async () => {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    const ports = overtaken(world, 'holds', () => releaseHold(id, OTHER, world.ports));
    await expect(releaseHold(id, SETTER, ports)).rejects.toThrow(NotAllowed);
    expect((await world.ports.tables.holds.get('holds', id))?.value).toMatchObject({ released: { by: OTHER } });
    expect(await said(world, 'hold')).toEqual([
      ['setter', 'set'],
      ['setter', 'released'],
      ['other', 'released'],
      ['setter', 'without-effect', 'released'],
    ]);
  });
});

describe('settling a hold', () => {
  /** A version disabled and a key deleted under a hold, as the sweep has observed it. */
  async function changedUnderHold(): Promise<{ readonly world: World; readonly id: string }> {
    const world = await guardian();
    const { id } = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    const [older] = versionsOf(world, VAULT, 'disk-a');
    await world.as('owner').disable(VAULT, 'disk-a', older?.version);
    await world.as('owner').delete(VAULT, 'disk-b');
    await world.pass(70, 10);
    expect(world.writes()).toEqual([]);
    return { world, id };
  }
  const enabled = (world: World): readonly boolean[] =>
    versionsOf(world, VAULT, 'disk-a').map((version) => version.enabled);
  const both = [
    { vault: VAULT, key: 'disk-a' },
    { vault: VAULT, key: 'disk-b' },
  ];

  test.each([
    ['that still stands', 0],
    ['that ended by itself', 4 * 3_600],
  ])('%s with undo has the guardian put back at once what changed under it', async (_, seconds) => {
    const { world, id } = await changedUnderHold();
    await world.pass(seconds, 30);
    expect(world.writes()).toEqual([]);
    const { hold, keys, asked } = await settleHold(id, 'undo', OTHER, world.ports);
    expect(hold.settled).toMatchObject({ by: OTHER, as: 'undo' });
    expect(keys).toEqual(both);
    expect(asked).toEqual([]);
    await world.pass(10);
    expect(enabled(world)).toEqual([true, true]);
    expect(world.azure.state(VAULT, 'disk-b').kind).toBe('present');
    expect(await open(world)).toEqual([]);
    expect(await open(world, 'disk-b')).toEqual([]);
    expect((await said(world, 'hold')).at(-1)).toEqual(['other', 'to undo']);
  });

  test('with accept asks to approve each state, which a second person grants', async () => {
    const { world, id } = await changedUnderHold();
    const [older] = versionsOf(world, VAULT, 'disk-a');
    const { keys, asked } = await settleHold(id, 'accept', SETTER, world.ports);
    expect(keys).toEqual(both);
    expect(asked).toMatchObject([
      { vault: VAULT, key: 'disk-a', version: older?.version, acts: ['disable'], by: 'anyone', asked: { by: SETTER } },
      { vault: VAULT, key: 'disk-b', version: '*', acts: ['delete'], why: `It changed during hold ${id}: ${WHY}` },
    ]);
    await world.pass(130, 10);
    expect(world.writes()).toEqual([]);
    expect(await open(world)).toMatchObject([{ judgement: 'withheld: under-hold' }]);

    for (const { id: approval } of asked) {
      await expect(grantApproval(VAULT, approval, SETTER, world.ports)).rejects.toThrow(NotAllowed);
      await grantApproval(VAULT, approval, OTHER, world.ports);
    }
    await world.pass(70, 10);
    expect(world.writes()).toEqual([]);
    expect(await open(world)).toEqual([]);
    expect(await open(world, 'disk-b')).toEqual([]);
    // From now on it is the approved state, and what else becomes of the key is not.
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(70, 10);
    expect(enabled(world)).toEqual([false, true]);
  });

  test('one after the other counts as was said last', async () => {
    const { world, id } = await changedUnderHold();
    const { asked } = await settleHold(id, 'accept', SETTER, world.ports);
    await settleHold(id, 'undo', OTHER, world.ports);
    await world.pass(10);
    expect(enabled(world)).toEqual([true, true]);
    // Left open, it would cover the next act of an attacker.
    expect(asked).toHaveLength(2);
    for (const { id: approval } of asked)
      await expect(grantApproval(VAULT, approval, OTHER, world.ports)).rejects.toThrow('was withdrawn');
  });

  test('leaves alone what changed under another hold, and before', async () => {
    const world = await guardian();
    const first = await setHold({ vault: VAULT, key: 'disk-a' }, WHY, SETTER, world.ports);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(70, 10);
    await releaseHold(first.id, SETTER, world.ports);
    await world.pass(70, 10);
    const second = await setHold({ vault: VAULT }, WHY, SETTER, world.ports);
    await world.pass(70, 10);
    expect(await settleHold(second.id, 'undo', SETTER, world.ports)).toMatchObject({ keys: [], asked: [] });
    await world.pass(70, 10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(await settleHold(first.id, 'undo', SETTER, world.ports)).toMatchObject({ keys: [{ key: 'disk-a' }] });
    await world.pass(10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });

  test('is not done where a row of the register cannot be read: nobody knows what it would be about', async () => {
    const { world, id } = await changedUnderHold();
    await world.tables.keys.put(VAULT, 'disk-b', 'no record of a key');
    await expect(settleHold(id, 'undo', OTHER, world.ports)).rejects.toThrow(RowUnreadable);
    expect((await world.ports.tables.holds.get('holds', id))?.value.settled).toBeUndefined();
  });

  test('of a hold under which nothing changed comes to nothing', async () => {
    const world = await guardian();
    const { id } = await setHold({}, WHY, SETTER, world.ports);
    await world.pass(70, 10);
    expect(await settleHold(id, 'accept', OTHER, world.ports)).toMatchObject({ keys: [], asked: [] });
    const { stored } = await readIncidents(world.ports);
    expect(stored.filter(({ value }) => value.state === 'open')).toEqual([]);
  });
});
