import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { inspection } from '../shared/domain/hint.ts';
import { inspect as inspectKey } from '../shared/guard/inspect.ts';
import { received } from '../shared/senses/received.ts';

/** Looks at one key: the one queue that leads to acts. Throws when storage is unreachable or the policy cannot be used, so that the message comes again. */
export const inspect = async (message: unknown): Promise<void> =>
  received('inspect', inspection, message, compose().ports, inspectKey);

app.storageQueue('inspect', { queueName: 'inspections', connection: 'RegisterStorage', handler: inspect });
