import type { ChannelSettings } from '../config.ts';
import { ChannelMisconfigured } from '../errors.ts';
import type { AlertNeeds, Channel, MakeChannel } from './channel.ts';
import { consoleChannel } from './console.ts';
import { pagerdutyChannel } from './pagerduty.ts';
import { teamsChannel } from './teams.ts';
import { webhookChannel } from './webhook.ts';

/** Every alert channel by its id, which is the name of its file. */
export const channelRegistry: Readonly<Record<string, MakeChannel>> = {
  console: consoleChannel,
  pagerduty: pagerdutyChannel,
  teams: teamsChannel,
  webhook: webhookChannel,
};

/** The channels that can be used, and for the others that have settings, why they cannot be used. */
export interface ConfiguredChannels {
  readonly channels: readonly Channel[];
  readonly misconfigured: readonly ChannelMisconfigured[];
}

/** The channels that have their settings. A channel that cannot be used is left out; the others and the guardian go on. */
export function configuredChannels(settings: ChannelSettings, needs: AlertNeeds): ConfiguredChannels {
  const misconfigured: ChannelMisconfigured[] = [];
  const channels = Object.values(channelRegistry).flatMap((make) => {
    try {
      return make(settings, needs) ?? [];
    } catch (fault) {
      if (!(fault instanceof ChannelMisconfigured)) throw fault;
      misconfigured.push(fault);
      return [];
    }
  });
  return { channels, misconfigured };
}
