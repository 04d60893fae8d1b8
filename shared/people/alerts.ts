import { setTimeout as wait } from 'node:timers/promises';
import { channelRegistry } from '../alerts/registry.ts';
import { SECOND_MS } from '../domain/time.ts';
import { NotAllowed } from '../errors.ts';
import { testChannel } from '../incidents/channel-test.ts';
import { endpoint, name } from './endpoint.ts';

const PAUSE_MS = SECOND_MS / 2;
/** A minute in all: Azure answers a request for somebody else after 230 s. */
const MOST_PAUSES = 120;

/** Alert channels. */
export const alertEndpoints = [
  endpoint(
    {
      method: 'POST',
      path: 'alerts/{channel}/test',
      needs: 'steer',
      says: 'Sends a test alert to one channel, and waits up to a minute for what it answers.',
    },
    () => ({ channel: name() }),
    async ({ channel }, { who }, ports) => {
      if (!Object.hasOwn(channelRegistry, channel))
        throw new NotAllowed(`There is no channel ${channel}. There are: ${Object.keys(channelRegistry).join(', ')}.`);
      return testChannel(channel, who, ports, () => wait(PAUSE_MS), MOST_PAUSES);
    },
  ),
];
