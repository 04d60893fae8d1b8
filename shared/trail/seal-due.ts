import { MINUTE_MS } from '../domain/time.ts';
import type { Ports } from '../ports.ts';

/** The partition of the table `schedule` that says when the trail is sealed, and its rows. */
export const SEALING = 'sealing';
/** When the next seal is due. */
export const NEXT_SEAL = 'seal';
/** When the next anchor is due. */
export const NEXT_ANCHOR = 'anchor';

/**
 * Has the trail sealed at the next full minute, so at most once a minute: after the guardian has acted on a key. Does nothing
 * where it is due by then, or is not sealed at all.
 */
export async function sealSoon({ tables, now }: Pick<Ports, 'tables' | 'now'>): Promise<void> {
  const stored = await tables.schedule.get(SEALING, NEXT_SEAL);
  const dueAt = new Date(Math.ceil(now().getTime() / MINUTE_MS) * MINUTE_MS);
  if (stored === undefined || stored.value.dueAt <= dueAt) return;
  // Where somebody else changes the row, it is being sealed, or has just been pulled forward.
  await tables.schedule.replace(stored, { ...stored.value, dueAt });
}
