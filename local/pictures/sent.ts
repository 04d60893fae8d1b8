import type { AlertNeeds } from '../../shared/alerts/channel.ts';
import { channelRegistry } from '../../shared/alerts/registry.ts';
import { apiOptions, withRunnableCommands } from '../../shared/alerts/runnable.ts';
import type { ChannelSettings } from '../../shared/config.ts';
import type { Example } from './examples.ts';

/** Made-up settings under which each channel sends by HTTP. */
const SETTINGS: ChannelSettings = {
  KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'made-up',
  KEY_GUARDIAN_SLACK_URL: 'https://slack.example/services/made-up',
  KEY_GUARDIAN_TEAMS_URL: 'https://teams.example/workflows/made-up',
};

/** Where the guardian of the examples runs. */
export const OPTIONS = apiOptions('https://guardian.example', '00000000-0000-4000-8000-000000000001');

/** What a channel sends for an example, as a deployed guardian does. Throws where there is no such channel, or it sends nothing by HTTP. */
export async function sent({ channel, alert, now }: Example): Promise<unknown> {
  const bodies: unknown[] = [];
  const unasked = () => Promise.reject(new Error(`The channel ${channel} sends nothing by HTTP.`));
  const needs: AlertNeeds = {
    fetch: async (_, { body }) => {
      bodies.push(JSON.parse(String(body)));
      return new Response(null, { status: 200 });
    },
    now: () => now,
    publish: unasked,
    token: unasked,
  };
  const made = channelRegistry[channel]?.(SETTINGS, needs);
  if (made === undefined) throw new Error(`There is no channel ${channel} with settings here.`);
  await withRunnableCommands(made, 'azure', OPTIONS).send(alert, { error: unasked, warn: unasked, info: unasked });
  return bodies[0];
}
