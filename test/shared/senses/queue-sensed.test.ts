import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { queueSensed } from '../../../shared/senses/queue-sensed.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const quietWorld = (onStorage: (name: string) => void | Promise<void> = () => {}): Promise<World> =>
  createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] }, onStorage });

const unparsed = (contents: readonly string[]) => ({
  inspections: [],
  unparsed: contents.map((content) => ({ content, because: 'not JSON' })),
});

describe('what a batch holds that cannot be parsed', () => {
  const many = Array.from({ length: 200 }, (_, number) => `message ${number}`);

  test('is quarantined, each whole, and told once however much there is, and however long telling takes', async () => {
    const world = await quietWorld(async (name) => {
      for (let turn = 0; name === 'alerts.send' && turn < 100; turn += 1) await new Promise(setImmediate);
    });
    await queueSensed(unparsed(many), 'audit-log', world.ports);
    await world.settle();
    const kept = (await world.trail()).filter(({ what }) => what === 'quarantined');
    const documents = kept.map(({ detail }) => world.ports.quarantine.read(String(detail.document)));
    expect((await Promise.all(documents)).toSorted()).toEqual(many.toSorted());
    expect(world.alerts).toMatchObject([
      { event: 'opened', incident: { kind: 'guardian-unwell', reason: 'quarantined' } },
    ]);
  });

  test('is kept and recorded once where it came more than once', async () => {
    const world = await quietWorld();
    await queueSensed(unparsed(Array(50).fill('the same')), 'audit-log', world.ports);
    expect((await world.trail()).filter(({ what }) => what === 'quarantined')).toHaveLength(1);
  });

  test('is heard again where one of it was not taken, and then the others are there already', async () => {
    let created = 0;
    const world = await quietWorld((name) => {
      if (name !== 'quarantine.create') return;
      created += 1;
      if (created === 3) throw new Error('it is away');
    });
    await expect(queueSensed(unparsed(many.slice(0, 20)), 'audit-log', world.ports)).rejects.toThrow();
    await queueSensed(unparsed(many.slice(0, 20)), 'audit-log', world.ports);
    expect(created).toBe(21);
  });
});
