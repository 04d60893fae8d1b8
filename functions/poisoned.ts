import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { takePoison } from '../shared/senses/take-poison.ts';

/** Sets aside what made a function fail five times, records it and tells. What no sweep would find again is tried again. */
export const poisoned =
  (queue: string) =>
  async (message: unknown): Promise<void> =>
    takePoison(queue, message, compose().ports);

for (const queue of ['sweeps', 'inspections', 'alerts']) {
  app.storageQueue(`poisoned-${queue}`, {
    queueName: `${queue}-poison`,
    connection: 'RegisterStorage',
    handler: poisoned(queue),
  });
}
