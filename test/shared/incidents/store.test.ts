import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import { openIncident } from '../../../shared/incidents/store.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';
import { incident } from '../alerts/alerts.ts';

const VAULT = 'prod-disks';
const DAY_MS = 24 * 3_600_000;
const guardian = () => createWorld({ vaults: [{ name: VAULT }], policy: { vaults: [{ name: VAULT }] } });
type World = Awaited<ReturnType<typeof guardian>>;

beforeEach(() => stopAt());
afterEach(resetClock);

/** Puts an incident of the vault into the book, told and over, found so long ago. */
async function put(world: World, id: string, foundAgoMs: number, more: Partial<Incident> = {}): Promise<void> {
  const detectedAt = new Date(Date.now() - foundAgoMs);
  const over = {
    subject: { vault: VAULT },
    since: detectedAt,
    detectedAt,
    state: 'resolved',
    toldRevision: 1,
  } as const;
  await world.ports.tables.incidents.put(VAULT, id, incident({ id, ...over, ...more }));
}
async function open(world: World): Promise<void> {
  const since = new Date();
  await openIncident(
    { kind: 'new', severity: 'info', subject: { vault: VAULT }, since, summary: '', judgement: '' },
    world.ports,
  );
}
const idsIn = async (world: World) =>
  (await world.incidents(VAULT)).filter(({ kind }) => kind !== 'new').map(({ id }) => id);

describe('a new incident takes the place of one that is over', () => {
  test.each<readonly [ago: number, more: Partial<Incident>, kept: readonly string[]]>([
    [30 * DAY_MS, {}, ['old']],
    [30 * DAY_MS + 1, {}, []],
    [90 * DAY_MS, { state: 'open' }, ['old']],
    [90 * DAY_MS, { revision: 2 }, ['old']],
  ])('and was found %i ms ago, with %j', async (ago, more, kept) => {
    const world = await guardian();
    await put(world, 'old', ago, more);
    await open(world);
    expect(await idsIn(world)).toEqual(kept);
  });

  test('where more than a thousand are over, the oldest first', async () => {
    const world = await guardian();
    for (let minutes = 1; minutes <= 1_003; minutes += 1)
      await put(world, `${minutes}`.padStart(4, '0'), minutes * 60_000);
    await open(world);
    expect((await idsIn(world)).toSorted().slice(-2)).toEqual(['0999', '1000']);
  });
});
