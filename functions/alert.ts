import { app } from '@azure/functions';
import { deliver } from '../shared/alerts/deliver.ts';
import { compose } from '../shared/compose.ts';
import { alertMessage } from '../shared/domain/incident.ts';
import { received } from '../shared/senses/received.ts';

/** Hands an alert to its channels. A channel that refuses is tried again by a message of its own; throws when storage is unreachable. */
export async function alert(message: unknown): Promise<void> {
  const { ports, channels } = compose();
  await received('alert', alertMessage, message, ports, (told) => deliver(told, channels, ports));
}

app.storageQueue('alert', { queueName: 'alerts', connection: 'RegisterStorage', handler: alert });
