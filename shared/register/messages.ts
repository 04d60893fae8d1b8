import type { Queue } from '../storage.ts';

/** The form of messages that this version sends. A reader takes what it knows of any other. */
const MESSAGE_VERSION = 1;

/** A queue whose messages hold one thing. Delivery is at least once and in no order. */
export interface Messages<T> {
  /** @param delaySeconds how long nobody receives it, 0 to 604800; default 0. */
  send(message: T, delaySeconds?: number): Promise<void>;
}

/** The typed messages of a queue. */
export const messagesOf = <T extends object>(queue: Queue): Messages<T> => ({
  send: (message, delaySeconds) => queue.send({ v: MESSAGE_VERSION, ...message }, delaySeconds),
});
