import { isDeepStrictEqual } from 'node:util';
import { GUARDIAN } from '../domain/subject.ts';
import { agoMs, MINUTE_MS } from '../domain/time.ts';
import { emptying, guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** A queue of messages that made their function fail five times. */
export interface DeadLetterQueue {
  readonly name: string;
  /** The approximate number of its messages, hidden ones included. */
  readonly messages: () => Promise<number>;
}

/** How long a queue must have messages before operators are alerted, in ms: longer than the host hides a message that is being processed. */
const ALERTED_AFTER_MS = 15 * MINUTE_MS;

const PLACE = ['dead-letters', 'held'] as const;

/**
 * Alerts operators of dead letters that stay in their queue. A function normally quarantines them at once. But the host never
 * passes on a message that is not base64, one that is nested very deep, or one that was delivered five times already.
 */
export async function alertDeadLettersLeft(queues: readonly DeadLetterQueue[], ports: Ports): Promise<void> {
  const { deadLetters } = ports.tables;
  const now = ports.now();
  const counts = await Promise.all(queues.map(async ({ name, messages }) => ({ name, count: await messages() })));
  const before = (await deadLetters.get(...PLACE))?.value.since ?? {};
  const since = Object.fromEntries(
    counts.filter(({ count }) => count > 0).map(({ name }) => [name, before[name] ?? now] as const),
  );
  if (!isDeepStrictEqual(since, before)) await deadLetters.put(...PLACE, { since });
  const stays = Object.entries(since).flatMap(([name, from]) => (agoMs(from, now) >= ALERTED_AFTER_MS ? [name] : []));
  const draft = guardianUnwell.draft('dead-letters-left', now, stays.join(', '), GUARDIAN, stays.flatMap(emptying));
  await openWhile(stays.length > 0, draft, 'they are empty again', ports);
}
