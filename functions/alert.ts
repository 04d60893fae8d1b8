import { app, type InvocationContext } from '@azure/functions';
import { send } from '../shared/alerts/send.ts';
import { compose } from '../shared/compose.ts';
import { alertMessage } from '../shared/domain/incident.ts';
import { received } from '../shared/senses/received.ts';

/** Sends one row of the outbox to its channel. A row that the channel refuses is sent again later. Throws when storage is unreachable. */
export const alert = async (message: unknown, context: InvocationContext): Promise<void> =>
  received('alert', alertMessage, message, compose().ports, (row, ports) => send(row, ports, context));

app.storageQueue('alert', { queueName: 'alerts', connection: 'RegisterStorage', handler: alert });
