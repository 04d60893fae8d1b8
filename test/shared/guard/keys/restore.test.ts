import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../../local/clock.ts';
import { keyOf } from '../../../../shared/domain/subject.ts';
import { endRestore, planRestore } from '../../../../shared/guard/keys/restore.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { restoreByOwner, restorer, writeAs } from '../../../simulation/restorer.ts';
import { currentOf } from '../../../simulation/shown.ts';
import { createWorld, type World } from '../../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const VAULT = 'prod-disks';
const subject = keyOf({ vault: VAULT, key: 'disk-a' });

/** A guardian in `alert` whose `disk-a` was disabled. */
async function disabled(): Promise<World> {
  const vaults = [{ name: VAULT, keys: [{ name: 'disk-a' }] }];
  const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT, mode: 'alert' }] } });
  await world.as('attacker').disable(VAULT, 'disk-a');
  return world;
}

async function planned(world: World) {
  const plan = await planRestore(subject, restorer(world), world.ports);
  if (plan.kind !== 'planned') throw new Error(`It came to ${plan.kind}.`);
  return plan;
}

describe('a restore by a person', () => {
  test('leaves the key free for the next worker, and finds nothing to do the second time', async () => {
    const world = await disabled();
    expect(await restoreByOwner(world, VAULT, 'disk-a')).toMatchObject({ kind: 'ended', failure: undefined });
    expect(currentOf(world, VAULT, 'disk-a').enabled).toBe(true);
    expect(await restoreByOwner(world, VAULT, 'disk-a')).toMatchObject({ kind: 'ended', ended: [] });
    expect((await world.ports.tables.claims.list(VAULT)).stored).toEqual([]);
  });

  test('is ended once, where its outcome comes twice at the same moment', async () => {
    const world = await disabled();
    const plan = await planned(world);
    const said = await writeAs(world, 'owner', plan);
    const ends = [1, 2].map(() => endRestore(subject, plan.id, said, restorer(world), world.ports));
    const settled = await Promise.allSettled(ends);
    expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await world.trail()).filter(({ what }) => what === 'outcome')).toHaveLength(1);
  });

  test('is not planned while a worker has the key, nor where the key cannot be read', async () => {
    const world = await disabled();
    await planned(world);
    expect(await planRestore(subject, restorer(world), world.ports)).toEqual({ kind: 'busy' });
    const other = await disabled();
    other.azure.fault({ match: { identity: 'watcher' }, answer: { kind: 'forbidden-by-permission' } });
    expect(await planRestore(subject, restorer(other), other.ports)).toMatchObject({ kind: 'not-observed' });
  });

  test('whose outcome cannot be read back keeps its intents open, and the next inspection closes them', async () => {
    const world = await disabled();
    const plan = await planned(world);
    const said = await writeAs(world, 'owner', plan);
    const lift = world.azure.fault({ match: { identity: 'watcher' }, answer: { kind: 'forbidden-by-permission' } });
    expect(await endRestore(subject, plan.id, said, restorer(world), world.ports)).toMatchObject({
      kind: 'not-observed',
    });
    lift();
    await world.sentry();
    await world.pass(180);
    const outcomes = (await world.trail()).filter(({ what }) => what === 'outcome');
    expect(outcomes.map(({ who, detail }) => [who?.oid, detail.kind])).toEqual([[restorer(world).who.oid, 'done']]);
  });
});
