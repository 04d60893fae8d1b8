import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { lookAtSets, NEXT_READS } from '../../../shared/propagation/sets.ts';
import { stopAt } from '../../simulation/clock.ts';
import { rotating, setIdOf, urlOf, V1, VAULT } from './rotating.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const MALLORY = {
  by: { oid: '0f0e0d0c-0000-4000-8000-000000000002', name: 'mallory@contoso.example' },
  at: new Date(0),
};
const keyOn = (host: string, version = V1): object => ({
  properties: { activeKey: { keyUrl: urlOf('disk-a', version, host) } },
});

describe('a set that something has changed', () => {
  test('is read at once, by its id in any case, and who moved it is named', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.patch('des-a', keyOn('not-guarded.vault.azure.net'));
    await on.minutes(1);
    await lookAtSets([setIdOf('des-a').toUpperCase()], on.world.ports, MALLORY);
    await on.world.settle();
    expect(await on.incidents('des-a')).toEqual([
      expect.objectContaining({ kind: 'set-moved', audience: 'on-call', who: MALLORY.by }),
    ]);
  });

  test('and was watched until its end is watched for another hour', async () => {
    const on = await rotating([{ name: 'des-a' }], { behaviours: { rewrapMs: 0 } });
    await on.rotate();
    await on.minutes(120);
    on.world.azure.resourceManager.paceSet(setIdOf('des-a'), { followsAfterMs: Number.POSITIVE_INFINITY });
    await on.patch('des-a', keyOn(`${VAULT}.vault.azure.net`));
    await on.minutes(1);
    await lookAtSets([setIdOf('des-a')], on.world.ports, MALLORY);
    await on.world.settle();
    expect(await on.incidents('des-a')).toEqual([
      expect.objectContaining({ kind: 'set-not-followed', reason: 'reverted', who: MALLORY.by }),
    ]);
    expect((await on.watched('des-a'))?.nextReadAt).toBeDefined();
  });

  test('and that no survey has found on a guarded key is left to the next survey', async () => {
    const on = await rotating([]);
    await lookAtSets([setIdOf('des-x')], on.world.ports);
    expect(await on.watched('des-x')).toBeUndefined();
  });

  test('among more than one message takes is read with the next tick', async () => {
    const names = Array.from({ length: 17 }, (_, at) => `des-${at}`);
    const on = await rotating(names.map((name) => ({ name, hasDisk: false })));
    await lookAtSets(names.map(setIdOf), on.world.ports);
    await on.world.settle();
    expect(on.reads('des-0')).toBe(0);
    await on.minutes(1);
    expect(names.map(on.reads)).toEqual(names.map(() => 1));
  });
});

describe('a rotation', () => {
  test('that is reported twice begins the watch of a set once', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    await on.minutes(30);
    const before = await on.watched('des-a');
    const rotation = before?.rotation;
    if (rotation === undefined) throw new Error('The set is watched.');
    await on.world.ports.queues.surveys.send({ kind: 'rotated', rotation });
    await on.world.settle();
    expect(await on.watched('des-a')).toEqual(before);
  });

  test('of a key on which nothing is known to hang begins no watch', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate('disk-b');
    await on.minutes(3);
    expect(await on.watched('des-a')).toBeUndefined();
    const planned = await on.world.ports.tables.schedule.get(...NEXT_READS);
    expect(planned?.value.dueAt.getTime()).toBeGreaterThan(Date.now() + 30 * 60_000);
  });
});
