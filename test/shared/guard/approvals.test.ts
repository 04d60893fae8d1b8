import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { withChanges } from '../../../shared/register/changes.ts';
import { changeKey } from '../../../shared/register/keys.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf, oidOf, versionsOf, withheldIn } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const block = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];
const HOUR_S = 3600;

const guardian = (options: { readonly policy?: unknown } = {}): Promise<World> =>
  createWorld({ vaults, policy: block, ...options });
const disableApproved = (world: World, given: Partial<Parameters<World['approve']>[0]> = {}) =>
  world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'], ...given });
const isEnabled = (world: World, key = 'disk-a'): boolean => currentOf(world, VAULT, key).enabled;
const minutesFromNow = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE_MS);

beforeEach(() => stopAt());
afterEach(resetClock);

describe('an approved act', () => {
  test('an approved disable stays, is told to nobody, and the trail says by which approval', async () => {
    const world = await guardian();
    const approval = await disableApproved(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(300);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
    const withheld = (await world.trail()).filter(({ what }) => what === 'withheld');
    expect(withheld.map(({ detail }) => [detail.because, detail.approval])).toEqual([['approved', approval.id]]);
  });

  test('an approved disable stays after the window', async () => {
    const world = await guardian();
    await disableApproved(world, { until: minutesFromNow(10) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(2 * HOUR_S, 60);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  test('an approved disable stays after the approval is withdrawn', async () => {
    const world = await guardian();
    const approval = await disableApproved(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    await disableApproved(world, { ...approval, withdrawn: { by: { oid: 'granter' }, at: new Date() } });
    await world.pass(300);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  test('an approved disable is spent, not consulted: it stays though its approval is gone and the version is changed again', async () => {
    const world = await guardian();
    const approval = await disableApproved(world, { until: minutesFromNow(10) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    const row = await world.ports.tables.approvals.get(VAULT, approval.id);
    if (row !== undefined) await world.ports.tables.approvals.remove(row);
    await world.pass(900, 60);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(120);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('an approved disable stays where the guardian was down through the whole window', async () => {
    const world = await guardian();
    const approval = await disableApproved(world, { until: minutesFromNow(10) });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(3 * HOUR_S, HOUR_S);
    await disableApproved(world, { ...approval, withdrawn: { by: { oid: 'granter' }, at: new Date() } });
    await world.sentry();
    await world.pass(120);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('an approved version that is enabled and disabled again after the window is enabled again by the guardian', async () => {
    const world = await guardian();
    await disableApproved(world, { until: minutesFromNow(10) });
    await disableApproved(world, { acts: ['enable'], until: minutesFromNow(30) });
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

  test('an approved expiry, not-before and change of operations stay', async () => {
    const world = await guardian();
    await disableApproved(world, { acts: ['expire', 'not-before', 'operations'] });
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

  test('an act that was approved is nothing to tell in mode alert either', async () => {
    const world = await guardian({ policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
    await disableApproved(world);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(world.alerts).toEqual([]);
  });
});

describe('an approved deletion', () => {
  test('an approved delete is never recovered: not after the window, not after withdrawal', async () => {
    const world = await guardian();
    const approval = await disableApproved(world, { acts: ['delete'], until: minutesFromNow(10) });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    await disableApproved(world, { ...approval, withdrawn: { by: { oid: 'granter' }, at: new Date() } });
    await world.pass(2 * HOUR_S, 60);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('an approved delete is not recovered where the guardian was down through the window', async () => {
    const world = await guardian();
    await disableApproved(world, { acts: ['delete'], until: minutesFromNow(10) });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(3 * HOUR_S, HOUR_S);
    await world.sentry();
    await world.pass(120);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
  });

  test('a key that came back after an approved delete is guarded again once a person takes the approval back', async () => {
    const world = await guardian();
    await disableApproved(world, { acts: ['delete'], until: minutesFromNow(10) });
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(900, 60);
    await world.as('owner').recover(VAULT, 'disk-a');
    await world.pass(60);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ kind: 'deleted-key-back', state: 'open' }]);
    const { keys } = world.ports.tables;
    await changeKey(keys, { vault: VAULT, key: 'disk-a' }, (known) =>
      withChanges(known, [{ kind: 'forget-deletion' }]),
    );
    await world.pass(60);
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.pass(90);
    expect(versionsOf(world, VAULT, 'disk-a').map(({ enabled }) => enabled)).toEqual([true, true]);
    expect(world.changes()).toBe(1);
  });

  test('in a vault that is approved for decommissioning every key may be disabled and deleted', async () => {
    const world = await guardian();
    await world.approve({ vault: VAULT, key: '*', acts: ['disable', 'delete'] });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.as('owner').delete(VAULT, 'disk-b');
    await world.sentry();
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.pass(HOUR_S, 30);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.azure.state(VAULT, 'disk-b').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
    expect(world.alerts).toEqual([]);
  });
});

describe('an approval that does not cover', () => {
  const rows: readonly (readonly [string, (world: World) => Partial<Parameters<World['approve']>[0]>])[] = [
    ['another version', (world) => ({ version: versionsOf(world, VAULT, 'disk-a')[0]?.version ?? '' })],
    ['another key', () => ({ key: 'disk-b' })],
    ['another vault', () => ({ vault: 'other-disks' })],
    ['another act', () => ({ acts: ['delete', 'expire', 'not-before', 'operations', 'enable'] })],
    ['a time that was over when it happened', () => ({ until: minutesFromNow(-1 / 60) })],
    ['a time that had not begun when it happened', () => ({ from: minutesFromNow(6 / 60) })],
    ['nothing, since nobody granted it', () => ({ granted: undefined })],
    [
      'nothing, since who asked for it granted it',
      () => ({ granted: { by: { oid: 'asker' }, at: minutesFromNow(-1) } }),
    ],
    [
      'nothing any more, since it was withdrawn',
      () => ({ withdrawn: { by: { oid: 'granter' }, at: minutesFromNow(-1 / 60) } }),
    ],
  ];
  test.each(rows)('an approval of %s does not cover: the version is enabled again', async (_, given) => {
    const world = await guardian();
    await disableApproved(world, given(world));
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(isEnabled(world)).toBe(true);
    expect(world.changes()).toBe(1);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ kind: 'version-disabled', judgement: 'undone' }]);
  });

  test.each([
    ['its first second', -0],
    ['its last second', -10],
  ])('the ends belong to the window: %s covers', async (_, fromMinutes) => {
    const world = await guardian();
    const second = Math.floor(Date.now() / 1000) * 1000;
    await disableApproved(world, {
      from: new Date(second + fromMinutes * MINUTE_MS),
      until: new Date(second + (fromMinutes + 10) * MINUTE_MS),
    });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(isEnabled(world)).toBe(false);
  });

  test('a deletion is not covered by an approval to disable', async () => {
    const world = await guardian();
    await disableApproved(world);
    await world.as('owner').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(10);
    expect(versionsOf(world, VAULT, 'disk-a')).toHaveLength(2);
  });

  test('what was done beside the approved act is undone, and the approved act stays', async () => {
    const world = await guardian();
    await disableApproved(world, { acts: ['expire'] });
    await world.as('owner').expire(VAULT, 'disk-a', minutesFromNow(-60));
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.sentry();
    const { enabled, exp } = currentOf(world, VAULT, 'disk-a');
    expect([enabled, exp]).toEqual([true, Math.floor(Date.now() / 1000) - HOUR_S]);
  });
});

describe('who did it', () => {
  test.each([
    ['somebody else than who was named', 'somebody'],
    ['the granter himself', 'granter'],
  ])('known before the decision, %s is undone at once, by name', async (_, who) => {
    const world = await guardian();
    const attacker = oidOf(world, 'attacker');
    await disableApproved(
      world,
      who === 'granter'
        ? { granted: { by: { oid: attacker }, at: minutesFromNow(-1) } }
        : { by: oidOf(world, 'owner') },
    );
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.audit();
    expect(isEnabled(world)).toBe(true);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', judgement: 'undone', who: { oid: attacker } },
    ]);
  });

  test.each([
    ['somebody else than who was named', 'somebody'],
    ['the granter himself', 'granter'],
  ])('known only after the decision, %s is an incident with the command, and is not undone', async (_, who) => {
    const world = await guardian();
    const attacker = oidOf(world, 'attacker');
    await disableApproved(
      world,
      who === 'granter'
        ? { granted: { by: { oid: attacker }, at: minutesFromNow(-1) } }
        : { by: oidOf(world, 'owner') },
    );
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    expect(world.alerts).toEqual([]);
    await world.pass(240);
    await world.audit();
    await world.pass(240);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      {
        kind: 'approved-act-by-other',
        severity: 'critical',
        state: 'open',
        judgement: 'left to people',
        who: { oid: attacker },
        command: expect.stringContaining('key-guardian restore prod-disks/disk-a'),
      },
    ]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened']);
  });

  test('a deletion by the wrong person, known only after it was let stand, is an incident and stays', async () => {
    const world = await guardian();
    await disableApproved(world, { acts: ['delete'], by: oidOf(world, 'owner') });
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.audit();
    await world.pass(120);
    expect(world.azure.state(VAULT, 'disk-a').kind).toBe('deleted');
    expect(world.writes()).toEqual([]);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'approved-act-by-other', who: { oid: oidOf(world, 'attacker') } },
    ]);
    const [alert] = world.alerts;
    expect(alert && firstLine(alert, new Date())).toContain('KeyDelete of prod-disks/disk-a was approved');
  });

  test('the person who was meant may do it, whether the record comes before the decision or after', async () => {
    for (const recordFirst of [true, false]) {
      const world = await guardian();
      await disableApproved(world, { by: oidOf(world, 'owner') });
      await world.as('owner').disable(VAULT, 'disk-a');
      if (recordFirst) await world.audit();
      await world.sentry();
      await world.audit();
      expect(isEnabled(world)).toBe(false);
      expect(world.alerts).toEqual([]);
    }
  });

  test('another person who changed the same key seconds before is not taken for the one who did it', async () => {
    const world = await guardian();
    await disableApproved(world, { by: oidOf(world, 'owner') });
    await world.as('attacker').tag(VAULT, 'disk-a');
    await world.pass(3);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.audit();
    await world.pass(60);
    expect(isEnabled(world)).toBe(false);
    expect(await world.incidents(VAULT, 'disk-a')).toEqual([]);
  });
});

describe('an act that cannot be dated', () => {
  test('a disable within or after the window, hidden by a later change, is told and not undone', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(60);
    await disableApproved(world, { until: minutesFromNow(10) });
    await world.as('owner').disable(VAULT, 'disk-a');
    // The guardian is down: nothing of its own runs while the clock goes on.
    stopAt('2031-03-03T11:00:00.000Z');
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(300);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['undated']);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', state: 'open', judgement: 'withheld: undated' },
    ]);
  });

  test('is told and not undone when a hold ends under which it was first seen', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(240);
    await world.hold({ until: minutesFromNow(7) });
    await disableApproved(world, { until: minutesFromNow(20 / 60) });
    turnClock(10_000);
    await world.as('owner').disable(VAULT, 'disk-a');
    turnClock(20_000);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(120);
    expect(await withheldIn(world)).toEqual(['hold']);
    await world.pass(600, 5);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['hold', 'undated']);
  });

  test('a disable after the window that the sweeps saw happen is dated, and is undone', async () => {
    const world = await guardian();
    await disableApproved(world, { until: minutesFromNow(10) });
    await world.sentry();
    await world.pass(900, 60);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(60);
    expect(isEnabled(world)).toBe(true);
  });
});

describe('an act that passes do not show', () => {
  const hourly = { vaults: [{ name: VAULT, mode: 'block', keys: [{ pattern: '*', olderVersions: 'hourly' }] }] };
  const oldest = (world: World) => versionsOf(world, VAULT, 'disk-a')[0];

  test('on an older version that is looked at hourly is told where a later change hides it, not undone', async () => {
    const world = await guardian({ policy: hourly });
    const version = oldest(world)?.version ?? '';
    await world.sentry();
    await disableApproved(world, { version, until: minutesFromNow(10) });
    await world.pass(300, 30);
    await world.as('owner').disable(VAULT, 'disk-a', version);
    await world.pass(600, 30);
    await world.as('owner').notBefore(VAULT, 'disk-a', minutesFromNow(-60), version);
    await world.pass(HOUR_S, 30);
    expect(oldest(world)?.enabled).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toEqual(['undated']);
  });

  const rows = [
    [true, ['approved'], false],
    [false, ['undated'], false],
    [false, ['undated'], true],
  ] as const;
  test.each(rows)(
    'an approved removal of operations stays (it moves the vault’s time: %s), being %j (the audit log has told: %s)',
    async (operationsMoveUpdated, judged, told) => {
      const world = await createWorld({ vaults, policy: block, behaviours: { operationsMoveUpdated } });
      await world.sentry();
      await world.pass(150, 10);
      await world.approve({
        vault: VAULT,
        key: 'disk-a',
        acts: ['operations'],
        by: oidOf(world, 'owner'),
        from: new Date(),
      });
      await world.as('owner').operations(VAULT, 'disk-a', ['unwrapKey']);
      if (told) await world.audit();
      await world.pass(1.2 * HOUR_S, 30);
      expect(currentOf(world, VAULT, 'disk-a').keyOps).toEqual(['unwrapKey']);
      expect(world.writes()).toEqual([]);
      expect(await withheldIn(world)).toEqual(judged);
    },
  );
});

describe('what was dated once keeps its date', () => {
  test('a state from before the window is not approved because the guardian itself wrote to the version within it', async () => {
    const world = await guardian();
    await world.sentry();
    await world.pass(60, 10);
    await world.as('attacker').expire(VAULT, 'disk-a', minutesFromNow(60 * 24 * 60));
    await world.pass(120, 10);
    await world.approve({
      vault: VAULT,
      key: 'disk-a',
      acts: ['expire'],
      from: minutesFromNow(10),
      until: minutesFromNow(70),
    });
    await world.pass(900, 30);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(300, 30);
    expect(isEnabled(world)).toBe(true);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ kind: 'version-expiry-nearer', state: 'open' })]),
    );
    expect((await world.trail()).filter(({ detail }) => JSON.stringify(detail).includes('"spent"'))).toEqual([]);
  });

  test('what nobody can date stays so where something else of the version was told before', async () => {
    const world = await guardian();
    await world.sentry();
    await world.as('owner').operations(VAULT, 'disk-a', ['wrapKey', 'unwrapKey', 'sign', 'verify', 'encrypt']);
    await world.pass(120, 10);
    await disableApproved(world, { until: minutesFromNow(25 / 60) });
    await world.pass(10);
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.pass(25);
    await world.as('owner').tag(VAULT, 'disk-a');
    await world.pass(300, 5);
    expect(isEnabled(world)).toBe(false);
    expect(world.writes()).toEqual([]);
    expect(await withheldIn(world)).toContain('undated');
  });
});
