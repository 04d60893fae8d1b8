import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { acceptBaseline } from '../../../shared/approvals/accept-baseline.ts';
import { withdrawApproval } from '../../../shared/approvals/approve.ts';
import { proposeBaseline } from '../../../shared/approvals/propose-baseline.ts';
import type { Approval } from '../../../shared/domain/approval.ts';
import { later, MINUTE_MS, SECOND_MS } from '../../../shared/domain/time.ts';
import { SURVEY_ROW, SURVEYED } from '../../../shared/register/scope.ts';
import { stopAt } from '../../simulation/clock.ts';
import { restoreByOwner } from '../../simulation/restorer.ts';
import { currentOf, oidOf, versionsOf, withheldIn } from '../../simulation/shown.ts';
import { createWorld, type World, type WorldOptions } from '../../simulation/world.ts';

/** Approvals are about states, not moments: nobody asks when exactly an act was, nor who did it. */

const VAULT = 'prod-disks';
const block = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];
const HOUR_S = 3600;

const guardian = (options: Partial<WorldOptions> = {}): Promise<World> =>
  createWorld({ vaults, policy: block, ...options });
/** A guardian whose sweeps have gone on for some minutes: the last one was this very moment. */
async function sweeping(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await guardian(options);
  await world.sentry();
  await world.pass(240);
  return world;
}
const approve = (world: World, given: Partial<Parameters<World['approve']>[0]> = {}): Promise<Approval> =>
  world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], ...given });
const withdraw = (world: World, { id }: Approval): Promise<unknown> =>
  withdrawApproval(VAULT, id, { oid: 'granter' }, world.ports);
async function removeRow(world: World, { id }: Approval): Promise<void> {
  const stored = await world.ports.tables.approvals.get(VAULT, id);
  if (stored !== undefined) await world.ports.tables.approvals.remove(stored);
}
const isEnabled = (world: World, key = 'disk-a'): boolean => currentOf(world, VAULT, key).enabled;
const isDeleted = (world: World, key = 'disk-a'): boolean => world.azure.state(VAULT, key).kind === 'deleted';
const fromNow = (ms: number): Date => new Date(Date.now() + ms);
const minutesFromNow = (minutes: number): Date => fromNow(minutes * MINUTE_MS);
const kindsOf = async (world: World, key = 'disk-a'): Promise<readonly string[]> =>
  (await world.incidents(VAULT, key)).map(({ kind }) => kind);

beforeEach(() => stopAt());
afterEach(resetClock);

describe('an approved act', () => {
  test('stays, nobody is alerted, and the trail says by which approval', async () => {
    const world = await guardian();
    const approval = await approve(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(300);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
    const withheld = (await world.trail()).filter(({ what }) => what === 'withheld');
    expect(withheld.map(({ detail }) => [detail.because, detail.approval])).toEqual([['approved', approval.id]]);
  });

  test('stays where it is an expiry, a not-before or a change of operations', async () => {
    const world = await guardian();
    await approve(world, { acts: ['expire', 'not-before', 'operations'] });
    await world.as('owner').expire(VAULT, 'disk-a', minutesFromNow(14_400));
    await world.sentry();
    await world.as('owner').notBefore(VAULT, 'disk-a', minutesFromNow(600));
    await world.pass(60);
    await world.as('owner').operations(VAULT, 'disk-a', ['wrapKey']);
    await world.pass(240);
    expect(currentOf(world, VAULT, 'disk-a').keyOps).toEqual(['wrapKey']);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('is nothing to alert of in mode alert either', async () => {
    const world = await guardian({ policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
    await approve(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(world.alerts).toEqual([]);
  });

  test('of a whole vault that is being decommissioned: every key may be disabled and deleted', async () => {
    const world = await guardian();
    await world.approve({ vault: VAULT, key: '*', acts: ['disable', 'delete'] });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.as('owner').delete(VAULT, 'disk-b');
    await world.sentry();
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(HOUR_S, 30);
    expect([isDeleted(world, 'disk-a'), isDeleted(world, 'disk-b')]).toEqual([true, true]);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('that is put back and done again after the window is undone', async () => {
    const world = await guardian();
    await approve(world, { until: minutesFromNow(10) });
    await approve(world, { acts: ['enable'], until: minutesFromNow(30) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(900, 60);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(60);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    expect(isEnabled(world)).toBe(true);
    expect(world.changes()).toBe(1);
  });
});

describe('the window overlaps the time between the last observation that showed it otherwise and now', () => {
  /** Acts halfway between two sweeps, with a window that opens and ends so many seconds after the first of them. */
  async function actedBetweenSweeps(act: 'disable' | 'delete', opensAfterMs: number, endsAfterMs: number) {
    const world = await sweeping();
    await approve(world, { acts: [act], from: fromNow(opensAfterMs), until: fromNow(endsAfterMs) });
    await world.pass(30);
    await world.as('owner')[act](VAULT, 'disk-a');
    await world.pass(120);
    return world;
  }

  const rows: readonly (readonly [string, opensAfterMs: number, endsAfterMs: number, isCovered: boolean])[] = [
    ['a window that was over a moment before the last good sweep covers nothing', -60_000, -1, false],
    ['a window that ended with the last good sweep covers', -60_000, 0, true],
    ['a window that ended before the act, and after the last good sweep, covers', -60_000, 10_000, true],
    ['a window around the act covers', 20_000, 40_000, true],
    ['a window that opened and ended between act and inspection covers', 40_000, 50_000, true],
    ['a window that opens with the inspection covers', 60_000, 90_000, true],
    ['a window that opens a moment after the inspection covers nothing', 60_001, 90_000, false],
  ];
  for (const act of ['disable', 'delete'] as const)
    test.each(rows)(`%s (${act})`, async (_, opensAfterMs, endsAfterMs, isCovered) => {
      const world = await actedBetweenSweeps(act, opensAfterMs, endsAfterMs);
      expect(world.azure.state(VAULT, 'disk-a').kind === 'present' && isEnabled(world)).toBe(!isCovered);
      expect(world.changes()).toBe(isCovered ? 0 : 1);
      expect(world.alerts.length > 0).toBe(!isCovered);
    });

  test('what was withdrawn ends there: before the last good sweep it covers nothing, after it it does', async () => {
    for (const [afterMs, isCovered] of [
      [-1, false],
      [10_000, true],
    ] as const) {
      stopAt();
      const world = await sweeping();
      const withdrawn = { by: { oid: 'granter' }, at: fromNow(afterMs) };
      await approve(world, { withdrawn });
      await world.pass(30);
      await world.as('owner').disable(VAULT, 'disk-a');
      await world.pass(120);
      expect(isEnabled(world)).toBe(!isCovered);
    }
  });

  test('each act is covered by itself: what was done beside the approved one is undone', async () => {
    const world = await guardian();
    await approve(world, { acts: ['expire'] });
    await world.as('owner').expire(VAULT, 'disk-a', minutesFromNow(-60));
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    const { enabled, exp } = currentOf(world, VAULT, 'disk-a');
    expect([enabled, exp]).toEqual([true, Math.floor(Date.now() / 1000) - HOUR_S]);
  });

  test('two acts on one version, each with an approval of its own, both stay, and both are consumed', async () => {
    const world = await sweeping();
    const expire = await approve(world, { acts: ['expire'], until: minutesFromNow(2) });
    const disable = await approve(world, { acts: ['disable'], until: minutesFromNow(2) });
    await world.as('owner').expire(VAULT, 'disk-a', minutesFromNow(60));
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(600, 5);
    const { version, enabled, exp } = currentOf(world, VAULT, 'disk-a');
    expect([enabled, exp]).toEqual([false, Math.floor(Date.now() / 1000) - 600 + HOUR_S]);
    const known = (await world.ports.tables.keys.get(VAULT, 'disk-a'))?.value.approved.versions[version];
    expect(new Set(known?.consumed.map(({ approval, act }) => `${act} ${approval}`))).toEqual(
      new Set([`expire ${expire.id}`, `disable ${disable.id}`]),
    );
    expect(known?.attributes).toMatchObject({ enabled: false, expiresOn: expect.any(Date) });
    expect([world.writes(), world.alerts]).toEqual([[], []]);
  });
});

describe('after more than ten minutes without an observation only a window that is open now covers', () => {
  /** Nothing of the guardian runs from its last sweep on; somebody acts within the window meanwhile. */
  async function downFor(act: 'disable' | 'delete', seconds: number, window: Pick<Approval, 'until'>): Promise<World> {
    const world = await sweeping();
    await approve(world, { acts: [act], ...window });
    turnClock(30_000);
    await world.as('owner')[act](VAULT, 'disk-a');
    turnClock(seconds * SECOND_MS - 30_000);
    await world.sentry();
    await world.pass(120);
    return world;
  }

  const rows: readonly (readonly [string, seconds: number, windowSeconds: number, isCovered: boolean])[] = [
    ['after exactly ten minutes a window that is over covers', 600, 60, true],
    ['after a second more it does not', 601, 60, false],
    ['after three hours one that ended a moment ago does not', 3 * HOUR_S, 3 * HOUR_S - 0.001, false],
    ['after three hours one that is open does', 3 * HOUR_S, 3 * HOUR_S, true],
  ];
  for (const act of ['disable', 'delete'] as const)
    test.each(rows)(`%s (${act})`, async (_, seconds, windowSeconds, isCovered) => {
      const world = await downFor(act, seconds, { until: fromNow((240 + windowSeconds) * SECOND_MS) });
      expect(world.changes()).toBe(isCovered ? 0 : 1);
      expect(world.azure.state(VAULT, 'disk-a').kind === 'present' && isEnabled(world)).toBe(!isCovered);
    });

  test.each([
    ['open when it is read in full', 2 * HOUR_S, ['wrapKey'], 0],
    ['over by then', 300, ['wrapKey', 'unwrapKey'], 1],
  ])(
    'operations of which the vault’s time says nothing stay where the window is %s',
    async (_, windowSeconds, operations, writes) => {
      const keys = [{ name: 'disk-a', versions: [{ keyOps: ['wrapKey', 'unwrapKey'] as const }] }];
      const behaviours = { operationsMoveUpdated: false };
      const world = await sweeping({ vaults: [{ name: VAULT, keys }], behaviours });
      await approve(world, { acts: ['operations'], until: fromNow(windowSeconds * SECOND_MS) });
      await world.as('owner').operations(VAULT, 'disk-a', ['wrapKey']);
      await world.pass(1.1 * HOUR_S, 10);
      expect(currentOf(world, VAULT, 'disk-a').keyOps).toEqual(operations);
      expect(world.changes()).toBe(writes);
    },
  );

  test('operations of which the audit log tells within minutes stay, though the vault’s time says nothing', async () => {
    const world = await sweeping({ behaviours: { operationsMoveUpdated: false } });
    await world.pass(3 * HOUR_S, 10);
    await approve(world, { acts: ['operations'], until: minutesFromNow(60) });
    await world.as('owner').operations(VAULT, 'disk-a', ['wrapKey']);
    await world.pass(300);
    await world.audit();
    await world.pass(2 * HOUR_S, 10);
    expect(currentOf(world, VAULT, 'disk-a').keyOps).toEqual(['wrapKey']);
    expect([world.writes(), world.alerts]).toEqual([[], []]);
  });

  test('an older version that is swept hourly is disabled with approval only while the window is open', async () => {
    for (const [minutes, isCovered] of [
      [120, true],
      [10, false],
    ] as const) {
      const world = await sweeping();
      const version = versionsOf(world, VAULT, 'disk-a')[0]?.version ?? '';
      // A survey has found that nothing needs its keys.
      await world.ports.tables.surveyed.insert(SURVEYED, VAULT, { id: '/subscriptions/one', keys: {}, unknown: [] });
      const now = new Date();
      await world.ports.tables.surveys.put(...SURVEY_ROW, { addedAt: now, lastGoodAt: now, subscriptions: {} });
      await world.ports.scope.refresh(0);
      await approve(world, { version, until: minutesFromNow(minutes) });
      await world.as('owner').disable(VAULT, 'disk-a', version);
      await world.pass(1.1 * HOUR_S, 10);
      expect(versionsOf(world, VAULT, 'disk-a')[0]?.enabled).toBe(!isCovered);
    }
  });
});

describe('an approval that does not cover', () => {
  const rows: readonly (readonly [string, (world: World) => Partial<Parameters<World['approve']>[0]>])[] = [
    ['another version', (world) => ({ version: versionsOf(world, VAULT, 'disk-a')[0]?.version ?? '' })],
    ['another key', () => ({ key: 'disk-b' })],
    ['another vault', () => ({ vault: 'other-disks' })],
    ['another act', () => ({ acts: ['delete', 'expire', 'not-before', 'operations', 'enable'] })],
    ['a time that was over when it was last observed otherwise', () => ({ until: minutesFromNow(-1 / 60) })],
    ['a time that has not begun', () => ({ from: minutesFromNow(6 / 60) })],
    ['nothing, since nobody granted it', () => ({ granted: undefined })],
    [
      'nothing, since who asked for it granted it',
      () => ({ granted: { by: { oid: 'asker' }, at: minutesFromNow(-1) } }),
    ],
    [
      'nothing, since who asked for it granted it, spelled in another case',
      () => ({ granted: { by: { oid: 'ASKER' }, at: minutesFromNow(-1) } }),
    ],
    [
      'nothing any more, since it was withdrawn',
      () => ({ withdrawn: { by: { oid: 'granter' }, at: minutesFromNow(-1 / 60) } }),
    ],
  ];
  test.each(rows)('an approval of %s does not cover: the version is enabled again', async (_, given) => {
    const world = await guardian();
    await approve(world, given(world));
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(isEnabled(world)).toBe(true);
    expect(world.changes()).toBe(1);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ kind: 'version-disabled', judgement: 'undone' }]);
  });

  test('a deletion is not covered by an approval to disable', async () => {
    const world = await guardian();
    await approve(world);
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(10);
    expect(versionsOf(world, VAULT, 'disk-a')).toHaveLength(2);
  });
});

describe('an approved state is never undone later', () => {
  const acts = ['disable', 'delete', 'expire', 'not-before', 'operations'] as const;
  type Act = (typeof acts)[number];
  const act: Readonly<Record<Act, (world: World) => Promise<void>>> = {
    disable: (world) => world.as('owner').disable(VAULT, 'disk-a'),
    delete: (world) => world.as('owner').delete(VAULT, 'disk-a'),
    expire: (world) => world.as('owner').expire(VAULT, 'disk-a', minutesFromNow(10 * 24 * 60)),
    'not-before': (world) => world.as('owner').notBefore(VAULT, 'disk-a', minutesFromNow(100_000)),
    operations: (world) => world.as('owner').operations(VAULT, 'disk-a', ['sign']),
  };
  /** Acts as approved, which is observed within the minute. */
  async function approved(which: Act, options: Partial<WorldOptions> = {}) {
    const world = await sweeping(options);
    const approval = await approve(world, { acts: [which], until: minutesFromNow(5) });
    await act[which](world);
    await world.pass(61);
    return { world, approval };
  }
  const isLeft = (world: World): void => {
    expect(world.writes()).toEqual([]);
    expect(
      world.alerts.filter(({ incident: { subject } }) => subject.kind === 'key' || subject.kind === 'version'),
    ).toEqual([]);
  };

  test.each(acts)('not after the window (%s)', async (which) => {
    const { world } = await approved(which);
    await world.pass(2 * HOUR_S, 20);
    isLeft(world);
  });

  test.each(acts)('not after the approval was withdrawn, and then its row lost (%s)', async (which) => {
    const { world, approval } = await approved(which);
    await withdraw(world, approval);
    await world.pass(900, 10);
    await removeRow(world, approval);
    await world.pass(900, 10);
    isLeft(world);
  });

  test.each(acts.filter((which) => which !== 'delete'))(
    'not after other changes of the version (%s)',
    async (which) => {
      const { world, approval } = await approved(which);
      await world.pass(600, 10);
      await removeRow(world, approval);
      for (let time = 0; time < 3; time += 1) {
        await world.as('attacker').tag(VAULT, 'disk-a');
        await world.audit();
        await world.pass(130, 5);
      }
      isLeft(world);
    },
  );

  test.each(acts)('not after a failover to a copy from before, for minutes or for an hour (%s)', async (which) => {
    for (const seconds of [180, HOUR_S]) {
      const world = await sweeping();
      const approval = await approve(world, { acts: [which], until: minutesFromNow(5) });
      world.azure.replicate(VAULT);
      turnClock(1_500);
      await act[which](world);
      await world.pass(130);
      world.azure.failOver(VAULT);
      await world.pass(seconds, 10);
      await removeRow(world, approval);
      world.azure.failBack(VAULT);
      await world.pass(900, 10);
      expect(world.changes()).toBe(0);
    }
  });

  test.each(acts)('not where the guardian was down for hours since (%s)', async (which) => {
    const { world, approval } = await approved(which);
    await removeRow(world, approval);
    turnClock(5 * HOUR_S * SECOND_MS);
    await world.sentry();
    await world.pass(300);
    isLeft(world);
  });

  test.each(acts)('not where the register is lost and rebuilt from the trail (%s)', async (which) => {
    const { world, approval } = await approved(which);
    await removeRow(world, approval);
    await world.pass(600, 10);
    for (const stored of (await world.ports.tables.keys.list(VAULT)).stored)
      await world.ports.tables.keys.remove(stored);
    await world.pass(600, 5);
    expect((await world.incidents(VAULT)).map(({ reason }) => reason)).toContain('register-lost');
    expect(world.writes()).toEqual([]);
  });

  test.each(acts)('not where somebody accepts the baseline again and names nothing (%s)', async (which) => {
    const { world } = await approved(which);
    await world.pass(600, 10);
    const proposed = await proposeBaseline(VAULT, world.ports);
    await acceptBaseline(VAULT, proposed, { needed: [], retired: [] }, { oid: 'person' }, world.ports);
    await world.pass(600, 10);
    isLeft(world);
  });

  test.each(acts)('not after a hold under which it was observed (%s)', async (which) => {
    const world = await sweeping();
    await world.hold({ until: minutesFromNow(3) });
    await approve(world, { acts: [which], until: minutesFromNow(2) });
    await act[which](world);
    await world.pass(900, 5);
    isLeft(world);
  });

  test('not where the disabled version cannot be read in full, and its operations show later', async () => {
    const keys = [{ name: 'disk-a', versions: [{ keyOps: ['wrapKey', 'unwrapKey'] as const }] }];
    const world = await sweeping({ vaults: [{ name: VAULT, keys }], behaviours: { disabledKeyRead: 403 } });
    await approve(world, { acts: ['operations', 'disable'], until: fromNow(30_000) });
    await world.as('owner').operations(VAULT, 'disk-a', ['sign']);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(300, 5);
    await approve(world, { acts: ['enable'], from: new Date() });
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(240, 5);
    expect(currentOf(world, VAULT, 'disk-a').keyOps).toEqual(['sign']);
    isLeft(world);
  });

  test('not where the row was lost in writing: the next inspection consumes it, though it was withdrawn by then', async () => {
    let isAway = false;
    const world = await sweeping({
      onStorage(name) {
        if (isAway && name === 'keys.replace') throw new Error('storage went away');
      },
    });
    const approval = await approve(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    isAway = true;
    await world.wake(VAULT, 'disk-a').catch(() => undefined);
    isAway = false;
    await withdraw(world, approval);
    await world.pass(300, 5);
    isLeft(world);
  });
});

describe('an act that nobody approved is undone', () => {
  /** The window of an approval is over, and sweeps have shown since that all is well. */
  async function windowOver(act: 'disable' | 'delete' | 'expire' | 'operations', options: Partial<WorldOptions> = {}) {
    const keys = ['disk-a', 'disk-b'].map((name) => ({
      name,
      versions: [{ keyOps: ['wrapKey', 'unwrapKey'] as const }],
    }));
    const world = await sweeping({ vaults: [{ name: VAULT, keys }], ...options });
    await approve(world, { acts: [act], until: minutesFromNow(5) });
    await world.pass(420, 10);
    return world;
  }
  const undone = async (world: World): Promise<void> => {
    await world.pass(130);
    const { enabled, keyOps, exp = Number.POSITIVE_INFINITY } = currentOf(world, VAULT, 'disk-a');
    expect([enabled, keyOps.includes('unwrapKey'), exp * 1000 > Date.now()]).toEqual([true, true, true]);
  };

  test('though it comes a minute after the window', async () => {
    const world = await windowOver('disable');
    await world.as('attacker').disable(VAULT, 'disk-a');
    await undone(world);
  });

  test('though something else of the key has differed since before the window', async () => {
    const world = await sweeping();
    await world.as('attacker').expire(VAULT, 'disk-a', minutesFromNow(60 * 24 * 60));
    await world.pass(120, 10);
    await approve(world, { until: minutesFromNow(5) });
    await world.pass(420, 10);
    expect(await kindsOf(world)).toEqual(['version-expiring']);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await undone(world);
  });

  test('though the same was undone within the window', async () => {
    const world = await sweeping();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(61);
    expect(isEnabled(world)).toBe(true);
    await approve(world, { from: minutesFromNow(-10), until: fromNow(-10_000) });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await undone(world);
  });

  test('though he tags the version before, between and after', async () => {
    const world = await windowOver('disable');
    const attacker = world.as('attacker');
    for (let time = 0; time < 3; time += 1) {
      await attacker.tag(VAULT, 'disk-a');
      await world.pass(20);
    }
    await attacker.disable(VAULT, 'disk-a');
    await attacker.tag(VAULT, 'disk-a');
    await undone(world);
  });

  test('though the guardian could not read the key for nine minutes before it', async () => {
    const world = await windowOver('disable');
    const passes = world.azure.fault({ match: { vault: VAULT, identity: 'watcher' }, answer: { kind: 'throttled' } });
    await world.pass(540, 10);
    await world.as('attacker').disable(VAULT, 'disk-a');
    passes();
    await undone(world);
  });

  test('though the vault’s time says nothing of operations, and they were last read within the window', async () => {
    const world = await windowOver('operations', { behaviours: { operationsMoveUpdated: false } });
    await world.pass(600, 10);
    await world.as('attacker').operations(VAULT, 'disk-a', ['sign']);
    await world.pass(HOUR_S, 10);
    await undone(world);
  });

  test('though it is a second deletion, after the first was approved and the key brought back and accepted', async () => {
    const world = await sweeping();
    await approve(world, { acts: ['delete'], until: minutesFromNow(5) });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(61);
    await world.as('owner').recover(VAULT, 'disk-a');
    await world.pass(420, 10);
    const proposed = await proposeBaseline(VAULT, world.ports);
    const needed = proposed.flatMap(({ key, shown }) => (key === 'disk-a' ? [`${key}/${shown?.version}`] : []));
    await acceptBaseline(VAULT, proposed, { needed, retired: [] }, { oid: 'person' }, world.ports);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await undone(world);
  });

  test('though a failover shows the state from within the window', async () => {
    const world = await sweeping();
    await approve(world, { acts: ['enable', 'disable'], until: minutesFromNow(5) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(61);
    world.azure.replicate(VAULT);
    turnClock(1_500);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(420, 10);
    world.azure.failOver(VAULT);
    await world.pass(1_200, 10);
    world.azure.failBack(VAULT);
    await world.pass(61);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await undone(world);
  });
});

describe('who did it', () => {
  /** An approval that is not for the attacker. */
  const notForAttacker: readonly (readonly [string, (world: World) => Partial<Approval>])[] = [
    ['somebody else than who was named', (world) => ({ by: oidOf(world, 'owner') })],
    ['the granter', (world) => ({ granted: { by: { oid: oidOf(world, 'attacker') }, at: minutesFromNow(-1) } })],
  ];
  const orders = [
    'the record comes first',
    'the inspection comes first',
    'the key could not be read when it came',
  ] as const;
  type Order = (typeof orders)[number];

  /** The act is observed and its record comes, in that or the other order. */
  async function happened(order: Order, world: World): Promise<void> {
    switch (order) {
      case 'the record comes first':
        await world.audit();
        await world.pass(61);
        return;
      case 'the inspection comes first':
        await world.pass(240);
        await world.audit();
        return;
      case 'the key could not be read when it came': {
        const passes = world.azure.fault({
          match: { vault: VAULT, identity: 'watcher' },
          answer: { kind: 'throttled' },
        });
        await world.audit();
        await world.pass(30);
        passes();
        await world.pass(61);
        return;
      }
      default:
        order satisfies never;
    }
  }

  for (const [who, given] of notForAttacker)
    for (const act of ['disable', 'delete'] as const)
      test.each(orders)(
        `that it was ${who} (${act}) is an incident with its deadline and the command, and is not undone: %s`,
        async (order) => {
          const world = await sweeping();
          await approve(world, { acts: [act], ...given(world) });
          const actedAt = new Date();
          await world.as('attacker')[act](VAULT, 'disk-a');
          await happened(order, world);
          await world.pass(240);
          expect([isDeleted(world), isDeleted(world) || isEnabled(world)]).toEqual([
            act === 'delete',
            act === 'delete',
          ]);
          expect(world.writes()).toEqual([]);
          expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
            {
              kind: 'approved-act-by-other',
              severity: 'critical',
              audience: 'on-call',
              state: 'open',
              judgement:
                'not restored: two people approved it, but for somebody else to do; whoever is on call has to ask the person in the line "who", now',
              since: actedAt,
              deadline: later(actedAt, 60 * MINUTE_MS),
              who: { oid: oidOf(world, 'attacker') },
              commands: [
                'key-guardian restore prod-disks/disk-a  # if nobody asked them to do it, or they do not answer in time',
              ],
            },
          ]);
          expect(world.alerts.map(({ event }) => event)).toEqual(['opened']);
          const [alert] = world.alerts;
          const operation = act === 'disable' ? 'KeyUpdate' : 'KeyDelete';
          expect(alert && firstLine(alert, new Date())).toContain(`${operation} of prod-disks/disk-a`);
        },
      );

  test.each(['disable', 'delete'] as const)(
    'what he did is put back by the command of the incident (%s)',
    async (act) => {
      const world = await sweeping();
      await approve(world, { acts: [act], by: oidOf(world, 'owner') });
      await world.as('attacker')[act](VAULT, 'disk-a');
      await happened('the inspection comes first', world);
      await restoreByOwner(world, VAULT, 'disk-a');
      await world.pass(130);
      expect(isEnabled(world)).toBe(true);
      expect((await world.incidents(VAULT, 'disk-a')).map(({ kind, state }) => [kind, state])).toContainEqual([
        'approved-act-by-other',
        'resolved',
      ]);
      // The state before is the approved one again: the next to take it away is undone, for the window is not asked twice.
      await world.pass(HOUR_S + 60, 30);
      await world.as('attacker')[act](VAULT, 'disk-a');
      await world.pass(130);
      expect(isEnabled(world)).toBe(true);
    },
  );

  test.each(orders)('is nothing to alert of where it was who was meant: %s', async (order) => {
    const world = await sweeping();
    await approve(world, { by: oidOf(world, 'owner').toUpperCase() });
    await world.as('owner').disable(VAULT, 'disk-a');
    await happened(order, world);
    await world.pass(120);
    expect(isEnabled(world)).toBe(false);
    expect([world.writes(), await kindsOf(world)]).toEqual([[], []]);
  });

  test.each(['before', 'after'] as const)(
    'is no mismatch where the record has no object id, heard %s the inspection',
    async (heard) => {
      const world = await sweeping();
      await approve(world, { by: oidOf(world, 'owner') });
      await world.as('attacker').disable(VAULT, 'disk-a');
      const record = {
        time: new Date().toISOString(),
        category: 'AuditEvent',
        operationName: 'KeyUpdate',
        resourceId: '/SUBSCRIPTIONS/X',
        identity: { claim: { appid: 'an-app' } },
        properties: {
          id: `https://${VAULT}.vault.azure.net/keys/disk-a/${currentOf(world, VAULT, 'disk-a').version}`,
          httpStatusCode: 200,
        },
      };
      if (heard === 'after') await world.pass(240);
      await world.auditMessages([{ records: [record] }]);
      await world.pass(240);
      expect(isEnabled(world)).toBe(false);
      expect([world.writes(), world.alerts]).toEqual([[], []]);
    },
  );

  test('is not another person who changed the same key seconds before', async () => {
    const world = await guardian();
    await approve(world, { by: oidOf(world, 'owner') });
    await world.as('attacker').tag(VAULT, 'disk-a');
    await world.pass(3);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.audit();
    await world.pass(60);
    expect(isEnabled(world)).toBe(false);
    expect(await world.incidents(VAULT, 'disk-a')).toEqual([]);
  });
});

describe('an approved deletion', () => {
  test('is taken back by a person who restores the key: from then on it is guarded again', async () => {
    const world = await sweeping();
    await approve(world, { acts: ['delete'], until: minutesFromNow(10) });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(900, 60);
    await restoreByOwner(world, VAULT, 'disk-a', { alsoApproved: true });
    await world.pass(60);
    const before = world.changes();
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.pass(90);
    expect(versionsOf(world, VAULT, 'disk-a').map(({ enabled }) => enabled)).toEqual([true, true]);
    expect(world.changes()).toBe(before + 1);
  });
});

describe('what is covered is observed, and not asked for', () => {
  test('an approval that comes after the act was undone covers the next act alone', async () => {
    const world = await sweeping();
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(61);
    expect(isEnabled(world)).toBe(true);
    await approve(world, { from: new Date() });
    await world.pass(120);
    expect(isEnabled(world)).toBe(true);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(61);
    expect(isEnabled(world)).toBe(false);
    expect(world.changes()).toBe(1);
    expect(await withheldIn(world)).toEqual(['approved']);
  });

  test('an approval that comes while a hold keeps the act makes it the approved state', async () => {
    const world = await sweeping();
    await world.hold({ until: minutesFromNow(5) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(61);
    await approve(world, { from: new Date() });
    await world.pass(900, 5);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['hold', 'approved']);
  });
});
