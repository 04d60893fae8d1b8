import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { noteFailing } from '../../../shared/alerts/failing.ts';
import { alertFailingChannels } from '../../../shared/senses/failing-channels.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const world = (): Promise<World> =>
  createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
const ofChannels = ({ alerts }: World) => alerts.filter(({ incident: { reason } }) => reason === 'channel-failing');

describe('a channel that fails', () => {
  test('is told after a minute, however often somebody looks, and again when it works', async () => {
    const at = await world();
    const [channel] = at.ports.channels;
    await noteFailing(channel?.id ?? '', 'status 404', at.ports);
    await alertFailingChannels(at.ports);
    expect(ofChannels(at)).toEqual([]);
    await at.pass(60);
    for (let times = 0; times < 3; times += 1) await alertFailingChannels(at.ports);
    await at.settle();
    expect(ofChannels(at).map(({ event }) => event)).toEqual(['opened']);
    expect(ofChannels(at)[0]?.incident).toMatchObject({
      audience: 'operators',
      summary: expect.stringContaining('UTC (status 404)'),
      commands: [`key-guardian alert test ${channel?.id}  # then: whether it works`],
    });
    // The channel has accepted the alert of that.
    await alertFailingChannels(at.ports);
    await at.settle();
    expect(ofChannels(at).map(({ event }) => event)).toEqual(['opened', 'resolved']);
  });

  test('is told of no more once its settings are gone', async () => {
    const at = await world();
    await noteFailing('gone', 'status 404', at.ports);
    await at.pass(60);
    await alertFailingChannels(at.ports);
    expect(ofChannels(at)).toEqual([]);
  });
});
