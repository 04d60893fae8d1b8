import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { ChannelMisconfigured } from '../../../shared/errors.ts';
import { alertMisconfiguredChannels, alertMisconfiguredSettings } from '../../../shared/senses/misconfigured.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const channel = new ChannelMisconfigured('webhook', 'its address is missing or is no URL');

test.each<readonly [what: string, reason: string, alert: (isWrong: boolean, world: World) => Promise<void>]>([
  [
    'channel',
    'channel-misconfigured',
    (isWrong, { ports }) => alertMisconfiguredChannels(isWrong ? [channel] : [], ports),
  ],
  [
    'setting',
    'setting-misconfigured',
    (isWrong, { ports }) =>
      alertMisconfiguredSettings(isWrong ? ['KEY_GUARDIAN_X: there is no such setting'] : [], ports),
  ],
])(
  'a %s that cannot be used is told once, however often somebody looks, and again when it can be used',
  async (_, reason, alert) => {
    const world = await createWorld({ vaults: [{ name: 'prod-disks' }], policy: { vaults: [{ name: 'prod-disks' }] } });
    const told = () => world.alerts.map(({ event, incident }) => [event, incident.kind, incident.reason]);
    for (let minute = 0; minute < 3; minute += 1) {
      await alert(true, world);
      await world.pass(60);
    }
    expect(told()).toEqual([['opened', 'guardian-unwell', reason]]);
    for (let minute = 0; minute < 3; minute += 1) await alert(false, world);
    await world.settle();
    expect(told().at(-1)).toEqual(['resolved', 'guardian-unwell', reason]);
    expect(told()).toHaveLength(2);
  },
);
