import type { ChannelSettings } from '../config.ts';
import type { AlertNeeds, Channel, MakeChannel } from './channel.ts';
import { consoleChannel } from './console.ts';
import { webhookChannel } from './webhook.ts';

/** Every alert channel by its id, which is the name of its file. */
export const channelRegistry: Readonly<Record<string, MakeChannel>> = {
  console: consoleChannel,
  webhook: webhookChannel,
};

/** The channels whose settings are there. Throws one `AggregateError` of every `ChannelMisconfigured`. */
export function configuredChannels(settings: ChannelSettings, needs: AlertNeeds): readonly Channel[] {
  const faults: unknown[] = [];
  const channels = Object.values(channelRegistry).flatMap((make) => {
    try {
      return make(settings, needs) ?? [];
    } catch (fault) {
      faults.push(fault);
      return [];
    }
  });
  if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join(' '));
  return channels;
}
