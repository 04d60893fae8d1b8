import * as z from 'zod';
import { type KeyId, spell } from '../domain/key.ts';
import { agoMs, HOUR_MS, moment, SECOND_MS } from '../domain/time.ts';
import type { PortTables } from '../ports.ts';

/** The rotations of one subscription within the hour, by key, and when one of each vault was last begun. */
export const rotations = z.object({
  of: z.record(z.string(), moment).default({}),
  lastIn: z.record(z.string(), moment),
});
export type Rotations = z.infer<typeof rotations>;

type Needs = Pick<PortTables, 'rotations'>;

const PARTITION = 'rotations';

/** Keys of one vault are rotated so far apart at least, in ms: making keys has the narrowest limit of a vault, which people need as well. */
const APART_MS = 10 * SECOND_MS;

const within = (ms: number, now: Date, moments: Readonly<Record<string, Date>> = {}): Record<string, Date> =>
  Object.fromEntries(Object.entries(moments).filter(([, at]) => agoMs(at, now) < ms));

/**
 * Takes one of the rotations that a subscription may have within an hour. False where other keys have had them all, where a key
 * of the vault was rotated within the last ten seconds, and where somebody else took one at the same moment. A key has one at
 * most: what a worker took and left is there for the next.
 */
export async function takeRotation(
  { rotations: rows }: Needs,
  { subscription, ...id }: KeyId & { readonly subscription: string },
  perHour: number,
  now: Date,
): Promise<boolean> {
  const standing = await rows.get(PARTITION, subscription);
  const { [spell(id)]: _, ...others } = within(HOUR_MS, now, standing?.value.of);
  const lastIn = within(APART_MS, now, standing?.value.lastIn);
  if (Object.keys(others).length >= perHour || lastIn[id.vault] !== undefined) return false;
  const next = { of: { ...others, [spell(id)]: now }, lastIn: { ...lastIn, [id.vault]: now } };
  return (await rows.write(PARTITION, subscription, standing, next)) !== undefined;
}

/** Gives back what was taken for a key that was not rotated then. */
export async function giveBackRotation(
  { rotations: rows }: Needs,
  { subscription, ...id }: KeyId & { readonly subscription: string },
): Promise<void> {
  await rows.change(PARTITION, subscription, (standing = { of: {}, lastIn: {} }) => {
    const { [spell(id)]: _, ...others } = standing.of;
    return { ...standing, of: others };
  });
}
