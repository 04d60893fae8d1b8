import { ChannelMisconfigured } from '../errors.ts';
import type { MakeChannel } from './channel.ts';
import { alertEvent } from './cloud-event.ts';
import { checkedAddress } from './post.ts';

const id = 'event-grid';

/**
 * Sends alerts to a custom topic of Event Grid, each as an event of CloudEvents 1.0, so that automation of your own can act.
 * The app's identity sends them: it needs the role *EventGrid Data Sender* there.
 *
 * A topic that has taken an event keeps it for its subscriptions; without one it drops it. The same event may come twice, with
 * the same `id`, and an older one after a newer: `data.incident.revision` says which is newer.
 *
 * Throws `ChannelMisconfigured` where the address is not the endpoint of a topic: the app's token goes there.
 *
 * @see https://learn.microsoft.com/azure/event-grid/cloud-event-schema
 */
export const eventGridChannel: MakeChannel = ({ KEY_GUARDIAN_EVENT_GRID_TOPIC: url }, needs) => {
  if (url === undefined) return undefined;
  const topic = checkedAddress(id, url);
  if (!ENDPOINT.test(topic))
    throw new ChannelMisconfigured(id, 'its address is not the endpoint of a topic, which ends in /api/events');
  return {
    id,
    reader: 'programs',
    send: (alert) => needs.publish({ channel: id, topic, event: alertEvent(alert, needs.now()) }),
  };
};

/** Of a topic, and not of a namespace, whose address has another path. */
const ENDPOINT = /^https:\/\/[a-z0-9-]+\.[a-z0-9-]+\.eventgrid\.azure\.net\/api\/events$/;
