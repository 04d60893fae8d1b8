import * as z from 'zod';
import { agoMs, HOUR_MS, moment, SECOND_MS } from '../domain/time.ts';
import type { PortTables } from '../ports.ts';

/** The rotations of one subscription within the hour: when each was, and the last one of each vault. */
export const rotations = z.object({ at: z.array(moment), lastIn: z.record(z.string(), moment) });
export type Rotations = z.infer<typeof rotations>;

const PARTITION = 'rotations';

/** Keys of one vault are rotated so far apart at least, in ms: making keys has the narrowest limit of a vault, which people need as well. */
const APART_MS = 10 * SECOND_MS;

/**
 * Takes one of the rotations that a subscription may have within an hour. False where it has had them all, where a key of the
 * vault was rotated within the last ten seconds, and where somebody else took one at the same moment. One that is taken counts,
 * whether or not the key is rotated then.
 */
export async function takeRotation(
  { rotations: rows }: Pick<PortTables, 'rotations'>,
  { subscription, vault }: { readonly subscription: string; readonly vault: string },
  perHour: number,
  now: Date,
): Promise<boolean> {
  const standing = await rows.get(PARTITION, subscription);
  const at = (standing?.value.at ?? []).filter((one) => agoMs(one, now) < HOUR_MS);
  const lastIn = Object.entries(standing?.value.lastIn ?? {}).filter(([, one]) => agoMs(one, now) < APART_MS);
  if (at.length >= perHour || lastIn.some(([name]) => name === vault)) return false;
  const next = { at: [...at, now], lastIn: { ...Object.fromEntries(lastIn), [vault]: now } };
  return (await rows.write(PARTITION, subscription, standing, next)) !== undefined;
}
