import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { NO_VAULT } from '../domain/audit-record.ts';
import { MINUTE_MS, moment } from '../domain/time.ts';
import { poisonLeft } from '../incidents/kinds/poison-left.ts';
import { openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';

/** A queue of what failed five times. */
export interface PoisonQueue {
  readonly name: string;
  /** About how many messages it holds, hidden ones too. */
  readonly messages: () => Promise<number>;
}

/** How long a queue must hold something before it is told, in ms: longer than the host hides a message that is being taken. */
const TOLD_AFTER_MS = 15 * MINUTE_MS;

/** Since when each queue has held something at every look. */
const held = z.record(z.string(), moment);
const PLACE = { partition: 'poison', row: 'held' } as const;

/**
 * Tells of poison that stays where it is. A function takes it at once and sets it aside; but the host gives none a
 * message that is not base64, fails by itself on one that is nested very deep, and gives none a message for the sixth time.
 */
export async function tellPoison(queues: readonly PoisonQueue[], ports: Ports): Promise<void> {
  const { vaults } = ports.tables;
  const now = ports.now();
  const counts = await Promise.all(queues.map(async ({ name, messages }) => ({ name, count: await messages() })));
  const before = held.safeParse((await vaults.get(PLACE.partition, PLACE.row))?.data).data ?? {};
  const since = Object.fromEntries(
    counts.filter(({ count }) => count > 0).map(({ name }) => [name, before[name] ?? now] as const),
  );
  if (!isDeepStrictEqual(since, before)) await vaults.put(PLACE.partition, PLACE.row, since);
  const stays = Object.entries(since).flatMap(([name, from]) =>
    now.getTime() - from.getTime() >= TOLD_AFTER_MS ? [name] : [],
  );
  const draft = stays.length === 0 ? undefined : poisonLeft.draft(stays, now);
  await openWhile(draft, poisonLeft, { vault: NO_VAULT }, 'they are empty again', ports);
}
