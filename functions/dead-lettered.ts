import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { queueNames } from '../shared/register/messages.ts';
import { takeDeadLetter } from '../shared/senses/dead-lettered.ts';

/** Quarantines a message that made a function fail five times, records it and alerts operators. Audit events in it, which no sweep would find, are queued again. */
export const deadLettered =
  (queue: string) =>
  async (message: unknown): Promise<void> =>
    takeDeadLetter(queue, message, compose().ports);

for (const queue of queueNames) {
  app.storageQueue(`dead-lettered-${queue}`, {
    queueName: `${queue}-poison`,
    connection: 'RegisterStorage',
    handler: deadLettered(queue),
  });
}
