import type { ChannelSettings } from '../config.ts';
import { ChannelMisconfigured } from '../errors.ts';
import type { AlertNeeds, Channel, MakeChannel } from './channel.ts';
import { consoleChannel } from './console.ts';
import { eventGridChannel } from './event-grid.ts';
import { pagerdutyChannel } from './pagerduty.ts';
import { slackChannel } from './slack.ts';
import { teamsChannel } from './teams.ts';
import { webhookChannel } from './webhook.ts';

/** Every alert channel by its id, which is the name of its file. */
export const channelRegistry: Readonly<Record<string, MakeChannel>> = {
  console: consoleChannel,
  'event-grid': eventGridChannel,
  pagerduty: pagerdutyChannel,
  slack: slackChannel,
  teams: teamsChannel,
  webhook: webhookChannel,
};

/** What can be used of what has settings, and why the rest cannot. */
export interface Configured<Made> {
  readonly made: readonly Made[];
  readonly misconfigured: readonly ChannelMisconfigured[];
}

/** What the makers make. What has no settings is not used; what cannot be used is left out, so that the others and the guardian go on. */
export function configured<Made>(makers: readonly (() => Made | undefined)[]): Configured<Made> {
  const misconfigured: ChannelMisconfigured[] = [];
  const made = makers.flatMap((make) => {
    try {
      return make() ?? [];
    } catch (fault) {
      if (!(fault instanceof ChannelMisconfigured)) throw fault;
      misconfigured.push(fault);
      return [];
    }
  });
  return { made, misconfigured };
}

/** The channels that have their settings. */
export const configuredChannels = (settings: ChannelSettings, needs: AlertNeeds): Configured<Channel> =>
  configured(Object.values(channelRegistry).map((make) => () => make(settings, needs)));
