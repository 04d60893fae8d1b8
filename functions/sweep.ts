import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { sweepMessage } from '../shared/domain/hint.ts';
import { received } from '../shared/senses/received.ts';
import { sweep as sweepVault } from '../shared/senses/sweep/sweep.ts';

/** Sweeps one vault once. Throws when storage is unreachable or the policy cannot be used, so that the message is delivered again. */
export const sweep = async (message: unknown): Promise<void> =>
  received('sweep', sweepMessage, message, compose().ports, sweepVault);

app.storageQueue('sweep', { queueName: 'sweeps', connection: 'RegisterStorage', handler: sweep });
