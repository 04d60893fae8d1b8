import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { setAsideWhole, wholeText } from '../shared/incidents/set-aside.ts';

/** Sets aside what made a function crash five times, records it and tells. The next sweep finds again what it was about. */
export const poisoned =
  (queue: string) =>
  async (message: unknown): Promise<void> =>
    setAsideWhole({ content: wholeText(message), because: 'it failed five times' }, queue, compose().ports);

for (const queue of ['sweeps', 'inspections', 'alerts']) {
  app.storageQueue(`poisoned-${queue}`, {
    queueName: `${queue}-poison`,
    connection: 'RegisterStorage',
    handler: poisoned(queue),
  });
}
