import * as z from 'zod';
import { accessMessage } from './activity.ts';
import { keyId } from './key.ts';
import { moment } from './time.ts';

/** The two chains of ticks: each tick queues its successor. They are half an interval apart. */
export const chains = ['a', 'b'] as const;
export type Chain = (typeof chains)[number];

/** Counts up with each plan. Something planned is done once: a message of an older generation is dropped. */
const generation = z.number().int().nonnegative();

/** What is due later: a row of the table `schedule`. */
export const due = z.object({
  generation,
  dueAt: moment,
  /** The one tick of its generation that counts, since a tick that is delivered twice queues two successors. */
  token: z.string().optional(),
  /** What is to be read then, in rows of the partition `access`: a vault, a set or an identity. */
  access: accessMessage.optional(),
});
export type Due = z.infer<typeof due>;

/** A tick: see what is due. */
export const tickMessage = z.object({ kind: z.literal('tick'), chain: z.enum(chains), generation, token: z.string() });
export type TickMessage = z.infer<typeof tickMessage>;

/** Sweep these vaults. */
export const sweepMessage = z.object({ kind: z.literal('sweep'), generation, vaults: z.array(keyId.shape.vault) });
export type SweepMessage = z.infer<typeof sweepMessage>;

/** A message of the queue `sweeps`. */
export const scheduledMessage = z.discriminatedUnion('kind', [tickMessage, sweepMessage]);
export type ScheduledMessage = z.infer<typeof scheduledMessage>;

/**
 * The next moment of a phase that is at least a fifth of an interval away. The moments of phase 0 are whole multiples of
 * the interval, those of phase 1 lie half an interval after them: so a late one does not delay the next ones.
 */
export function nextAt(phase: number, now: Date, everyMs: number): Date {
  const offsetMs = phase % 2 === 0 ? 0 : everyMs / 2;
  return new Date(Math.ceil((now.getTime() + everyMs / 5 - offsetMs) / everyMs) * everyMs + offsetMs);
}
