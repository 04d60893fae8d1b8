import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { tellMisconfigured } from '../../../shared/alerts/tell-misconfigured.ts';
import { ChannelMisconfigured } from '../../../shared/errors.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

test('a channel that cannot be used is told once, however often somebody looks, and again when it can be used', async () => {
  const world = await createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
  const fault = new ChannelMisconfigured('webhook', 'its address is missing or is no URL');
  const told = () => world.alerts.map(({ event, incident }) => [event, incident.kind]);
  for (let minute = 0; minute < 3; minute += 1) {
    await tellMisconfigured([fault], world.ports);
    await world.pass(60);
  }
  expect(told()).toEqual([['opened', 'channel-misconfigured']]);
  for (let minute = 0; minute < 3; minute += 1) await tellMisconfigured([], world.ports);
  await world.settle();
  expect(told().at(-1)).toEqual(['resolved', 'channel-misconfigured']);
  expect(told()).toHaveLength(2);
});
