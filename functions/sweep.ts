import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { scheduledMessage } from '../shared/domain/schedule.ts';
import { received } from '../shared/senses/received.ts';
import { takeScheduled } from '../shared/senses/sweep/take-scheduled.ts';

/** Sweeps the vaults of a message once, or takes a tick, which queues what is due. Throws when storage is unreachable or the policy cannot be used: delivered again, the message sweeps only vaults whose sweep had not begun, and the others wait for the next plan. */
export const sweep = async (message: unknown): Promise<void> =>
  received('sweep', scheduledMessage, message, compose().ports, takeScheduled);

app.storageQueue('sweep', { queueName: 'sweeps', connection: 'RegisterStorage', handler: sweep });
