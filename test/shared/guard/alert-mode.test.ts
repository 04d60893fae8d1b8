import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { DAY_MS, later } from '../../../shared/domain/time.ts';
import { stopAt } from '../../simulation/clock.ts';
import { currentOf, oidOf, withheldIn } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a' }, { name: 'disk-b' }] }];
const alertOnly = { vaults: [{ name: VAULT, mode: 'alert' }] };
const guardian = (policy: unknown = alertOnly): Promise<World> => createWorld({ vaults, policy });

const isGuardian = (identity: string | undefined): boolean => identity === 'watcher' || identity === 'keeper';
/** Everything that the guardian sent under either identity and that was not a read. */
const sentWrites = (world: World) =>
  world.azure.log.filter(({ identity, method }) => isGuardian(identity) && method !== 'GET');

beforeEach(() => stopAt());
afterEach(resetClock);

describe('in mode alert', () => {
  const acts: readonly (readonly [string, string, (world: World) => Promise<void>])[] = [
    ['a disable', 'version-disabled', (world) => world.as('attacker').disable(VAULT, 'disk-a')],
    ['a deletion', 'key-deleted', (world) => world.as('attacker').delete(VAULT, 'disk-a')],
    [
      'an expiry',
      'version-expiring',
      (world) => world.as('attacker').expire(VAULT, 'disk-a', later(new Date(), -DAY_MS)),
    ],
    [
      'a not-before',
      'version-not-before-later',
      (world) => world.as('attacker').notBefore(VAULT, 'disk-a', later(new Date(), DAY_MS)),
    ],
    [
      'a loss of operations',
      'version-operations-removed',
      (world) => world.as('attacker').operations(VAULT, 'disk-a', ['wrapKey']),
    ],
  ];
  test.each(acts)(
    '%s is alerted with deadline and command, and not one write reaches the vault',
    async (_, kind, act) => {
      const world = await guardian();
      await act(world);
      const before = world.azure.state(VAULT, 'disk-a');
      await world.sentry();
      await world.audit();
      await world.pass(300);
      expect(world.azure.state(VAULT, 'disk-a')).toEqual(before);
      expect(sentWrites(world)).toEqual([]);
      expect(await withheldIn(world)).toEqual(['alert-only']);
      expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
        {
          kind,
          severity: 'critical',
          state: 'open',
          judgement: 'withheld: alert-only',
          commands: [
            'key-guardian restore prod-disks/disk-a',
            expect.stringMatching(/^key-guardian approve ask \S+ --act \S+ --why "…" {2}# if this was meant/),
          ],
          who: { oid: oidOf(world, 'attacker') },
        },
      ]);
      expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'changed']);
      expect((await world.trail()).filter(({ what }) => what === 'intent')).toEqual([]);
    },
  );

  test('the first line says until when somebody has to act', async () => {
    const world = await guardian();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(300);
    const [alert] = world.alerts;
    expect(alert && firstLine(alert, new Date())).toMatch(
      /^critical: prod-disks\/disk-a: disks fail in 5\d min, at 10:10:00 UTC; not restored: the policy only alerts, and whoever is on call has to restore it: Version \w+ of prod-disks\/disk-a is disabled and was approved as enabled\.$/,
    );
  });

  test('the identity could not write even if it tried: the vault answers 403 and stays as it is', async () => {
    const world = await guardian();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').delete(VAULT, 'disk-b');
    const { version } = currentOf(world, VAULT, 'disk-a');
    for (const ports of [world.ports.writes(VAULT)]) {
      expect(await ports.update('disk-a', version, { enabled: true }, 'a-test')).toMatchObject({
        kind: 'forbidden-by-permission',
      });
      expect(await ports.recover('disk-b', 'a-test')).toMatchObject({ kind: 'forbidden-by-permission' });
    }
    expect(world.azure.log.filter(({ identity }) => identity === 'keeper').map(({ status }) => status)).not.toContain(
      200,
    );
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(world.azure.state(VAULT, 'disk-b').kind).toBe('deleted');
  });

  test('the incident ends when a person has put the version back', async () => {
    const world = await guardian();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(60);
    await world.as('owner').enable(VAULT, 'disk-a');
    await world.pass(60);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ state: 'resolved', judgement: 'good again' }]);
    expect(world.alerts.map(({ event }) => event)).toEqual(['opened', 'resolved']);
    expect(sentWrites(world)).toEqual([]);
  });
});

describe('the mode of a key', () => {
  test('a key in alert is only alerted in a vault in block', async () => {
    const world = await guardian({
      vaults: [{ name: VAULT, mode: 'block', keys: [{ pattern: 'disk-a', mode: 'alert' }] }],
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').disable(VAULT, 'disk-b');
    await world.sentry();
    await world.pass(120);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(currentOf(world, VAULT, 'disk-b').enabled).toBe(true);
    expect(sentWrites(world).map(({ key }) => key)).toEqual(['disk-b']);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([{ judgement: 'withheld: alert-only' }]);
  });

  test('a key in block is restored in a vault in alert', async () => {
    const world = await guardian({
      vaults: [{ name: VAULT, mode: 'alert', keys: [{ pattern: 'DISK-*', mode: 'block' }] }],
    });
    await world.as('attacker').delete(VAULT, 'disk-a');
    await world.sentry();
    await world.pass(10);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
  });

  test('a key that the policy leaves out is not even inspected', async () => {
    const world = await guardian({
      vaults: [{ name: VAULT, mode: 'block', keys: [{ pattern: 'disk-a', guard: false }] }],
    });
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.sentry();
    await world.audit();
    await world.pass(120);
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(false);
    expect(world.azure.log.filter(({ identity, key }) => identity === 'watcher' && key === 'disk-a')).toEqual([]);
    expect(world.alerts).toEqual([]);
  });

  test('a vault that is not named has no guarded keys and no right to be written to', async () => {
    const world = await createWorld({
      vaults: [...vaults, { name: 'other-disks', keys: [{ name: 'disk-z' }] }],
      policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    });
    await world.as('attacker').disable('other-disks', 'disk-z');
    await world.sentry();
    await world.wake('other-disks', 'disk-z');
    await world.audit();
    expect(currentOf(world, 'other-disks', 'disk-z').enabled).toBe(false);
    expect(world.azure.log.filter(({ vault, identity }) => vault === 'other-disks' && isGuardian(identity))).toEqual(
      [],
    );
    const { version } = currentOf(world, 'other-disks', 'disk-z');
    expect(
      await world.ports.writes('other-disks').update('disk-z', version, { enabled: true }, 'a-test'),
    ).toMatchObject({ kind: 'forbidden-by-permission' });
  });
});

describe('before anybody has accepted a baseline', () => {
  test('what the proposal holds counts in alert: a difference is alerted within a sweep', async () => {
    const world = await createWorld({ vaults, policy: alertOnly, baseline: false });
    await world.sentry();
    expect(world.alerts).toEqual([]);
    await world.pass(90);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(61);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', state: 'open', judgement: 'withheld: alert-only' },
    ]);
    expect(await world.incidents(VAULT)).toEqual([]);
  });

  test('a key in block waits for a person: it is alerted and not written to until the baseline is accepted', async () => {
    const policy = { vaults: [{ name: VAULT, mode: 'alert', keys: [{ pattern: 'disk-a', mode: 'block' }] }] };
    const world = await createWorld({ vaults, policy, baseline: false });
    await world.sentry();
    expect(await world.incidents(VAULT)).toMatchObject([{ kind: 'baseline-waiting', state: 'open' }]);
    await world.pass(90);
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.pass(61);
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', state: 'open', judgement: 'withheld: no-baseline' },
    ]);
    expect(sentWrites(world)).toEqual([]);
  });
});
