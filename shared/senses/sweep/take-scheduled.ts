import type { ScheduledMessage } from '../../domain/schedule.ts';
import type { Ports } from '../../ports.ts';
import { sweep } from './sweep.ts';
import { tick } from './tick.ts';

/** Takes a message of the queue `sweeps`. Throws as `sweep` and `tick` do. */
export const takeScheduled = (message: ScheduledMessage, ports: Ports): Promise<void> =>
  message.kind === 'tick' ? tick(message, ports) : sweep(message, ports);
