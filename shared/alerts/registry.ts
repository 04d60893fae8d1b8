import type { ChannelSettings } from '../config.ts';
import { ChannelMisconfigured } from '../errors.ts';
import type { AlertNeeds, Channel, MakeChannel } from './channel.ts';
import { consoleChannel } from './console.ts';
import { webhookChannel } from './webhook.ts';

/** Every alert channel by its id, which is the name of its file. */
export const channelRegistry: Readonly<Record<string, MakeChannel>> = {
  console: consoleChannel,
  webhook: webhookChannel,
};

/** The channels that there are, and why others, whose settings are there, cannot be used. */
export interface ConfiguredChannels {
  readonly channels: readonly Channel[];
  readonly misconfigured: readonly ChannelMisconfigured[];
}

/** The channels whose settings are there. One that cannot be used costs no other, and not the guardian: it is left out. */
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
