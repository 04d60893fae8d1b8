import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { inspection } from '../shared/domain/hint.ts';
import { inspect as inspectSubject } from '../shared/guard/inspect.ts';
import { received } from '../shared/senses/received.ts';

/** Inspects one subject. Only this function writes to vaults. Throws when storage is unreachable or the policy cannot be used, so that the message is delivered again. */
export const inspect = async (message: unknown): Promise<void> =>
  received('inspect', inspection, message, compose().ports, inspectSubject);

app.storageQueue('inspect', { queueName: 'inspections', connection: 'RegisterStorage', handler: inspect });
