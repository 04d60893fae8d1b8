import type { Queue } from '../storage.ts';

/** The names of the queues; each has one of the same name and `-poison` for what failed five times. */
export const queueNames = ['sweeps', 'inspections', 'alerts', 'surveys'] as const;

/** The version of the form in which messages are sent. A reader ignores what it does not know of another version. */
const MESSAGE_VERSION = 1;

/** A queue with messages of one type. Delivery is at least once and in no order. */
export interface Messages<T> {
  /** @param delaySeconds seconds before it can be received, 0 to 604800; default 0. */
  send(message: T, delaySeconds?: number): Promise<void>;
}

/** The typed messages of a queue. */
export const messagesOf = <T extends object>(queue: Queue): Messages<T> => ({
  send: (message, delaySeconds) => queue.send({ v: MESSAGE_VERSION, ...message }, delaySeconds),
});
