import { isDeepStrictEqual } from 'node:util';
import { MINUTE_MS } from '../domain/time.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** A queue of what failed five times. */
export interface DeadLetterQueue {
  readonly name: string;
  /** About how many messages it holds, hidden ones too. */
  readonly messages: () => Promise<number>;
}

/** How long a queue must hold something before operators are alerted, in ms: longer than the host hides a message that is being taken. */
const ALERTED_AFTER_MS = 15 * MINUTE_MS;

const PLACE = ['dead-letters', 'held'] as const;

/**
 * Alerts operators of dead letters that stay where they are. A function takes them at once and quarantines them; but the
 * host gives none a message that is not base64, fails by itself on one that is nested very deep, and gives none a message
 * for the sixth time.
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
  const stays = Object.entries(since).flatMap(([name, from]) =>
    now.getTime() - from.getTime() >= ALERTED_AFTER_MS ? [name] : [],
  );
  const draft = guardianUnwell.draft('dead-letters-left', now, stays.join(', '));
  await openWhile(stays.length > 0, draft, 'they are empty again', ports);
}
