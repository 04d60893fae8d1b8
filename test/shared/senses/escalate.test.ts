import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import { acknowledgeIncident } from '../../../shared/approvals/close.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }];

beforeEach(() => stopAt());
afterEach(resetClock);

/** A world in `alert`, where a key has just been disabled. */
async function attacked(): Promise<World> {
  const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
  await world.sentry();
  await world.pass(600, 30);
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.pass(90, 15);
  return world;
}

/** First lines of the alerts of the disabled version, without what changes with each run. */
const told = ({ alerts }: World): readonly string[] =>
  alerts
    .filter(({ incident: { kind } }) => kind === 'version-disabled')
    .map((alert) => firstLine(alert, alert.incident.since).split(': ').slice(0, 2).join(': '));

const open = async ({ ports }: World) =>
  (await readIncidents(ports, keyOf({ vault: VAULT, key: 'disk-a' }))).stored
    .map(({ value }) => value)
    .find(({ kind }) => kind === 'version-disabled');

describe('an incident with a deadline that nobody acknowledges', () => {
  test('is alerted again when a quarter, a half and three quarters of the time are over', async () => {
    const world = await attacked();
    expect(told(world)).toEqual(['critical: prod-disks/disk-a']);
    for (const quarters of [1, 2, 3]) {
      await world.pass(900, 30);
      expect((await open(world))?.escalated).toBe(quarters);
    }
    await world.pass(3_600, 60);
    expect(told(world).slice(1)).toEqual(Array(3).fill('nobody has acknowledged this: critical'));
  });

  test('is alerted no more from the moment on that somebody works on it', async () => {
    const world = await attacked();
    await world.pass(900, 30);
    const id = (await open(world))?.id ?? '';
    await acknowledgeIncident(id, { oid: 'a-person' }, world.ports);
    await world.settle();
    const alerts = told(world).length;
    expect(told(world).at(-1)).toBe('update: critical');
    await world.pass(3_600, 60);
    expect(told(world)).toHaveLength(alerts);
    const rows = (await world.ports.tables.schedule.list('escalations')).stored;
    expect(rows).toEqual([]);
  });

  test('is alerted no more once it is resolved', async () => {
    const world = await attacked();
    await world.as('attacker').enable(VAULT, 'disk-a');
    await world.pass(900, 30);
    expect((await open(world))?.state).toBe('resolved');
    const alerts = told(world).length;
    await world.pass(1_800, 60);
    expect(told(world)).toHaveLength(alerts);
  });
});
