import { z } from 'zod';
import { actor } from './audit-record.ts';
import { MINUTE_MS, moment } from './time.ts';

/** Acts whose state people can approve. */
export const approvableActs = ['disable', 'delete', 'expire', 'not-before', 'operations', 'enable'] as const;
export type ApprovableAct = (typeof approvableActs)[number];

/** Asked by one person, granted by another, consumed when the state that it allows is observed. */
export const approval = z.object({
  id: z.string(),
  vault: z.string(),
  /** Name of the key, or `*` for a vault that is being decommissioned. */
  key: z.string(),
  /** A version, or `*`. Deleting has no version: it takes the whole key. */
  version: z.string(),
  acts: z.array(z.enum(approvableActs)).min(1),
  /** Object id of who may do it, or `anyone` but the granter. */
  by: z.string(),
  from: moment,
  until: moment,
  why: z.string(),
  ticket: z.string().optional(),
  asked: z.object({ by: actor, at: moment }),
  granted: z.object({ by: actor, at: moment }).optional(),
  withdrawn: z.object({ by: actor, at: moment }).optional(),
});
export type Approval = z.infer<typeof approval>;

/** A state that a key or a version is in and was not approved to be in. */
export interface UnapprovedState {
  readonly key: string;
  /** `undefined` where the key as a whole is meant. */
  readonly version: string | undefined;
  readonly act: ApprovableAct;
  /** When it was last observed otherwise; `undefined` where it never was. */
  readonly otherwiseAt: Date | undefined;
}

/** After so long without an observation, only a window that is open now covers, in ms. */
const LONG_GAP_MS = 10 * MINUTE_MS;

/**
 * Whether an approval covers a state: its window overlaps the time between the last observation that showed the state
 * otherwise and now. After a gap of more than ten minutes the window has to be open now. Withdrawing closes the window; one
 * that was withdrawn before it opened never opens.
 * Nobody asks when exactly the act was, nor by whom: the audit log tells that minutes later. What the asker granted
 * covers nothing.
 */
export function covers(given: Approval, { key, version, act, otherwiseAt }: UnapprovedState, now: Date): boolean {
  const { granted, asked, withdrawn, acts, from } = given;
  if (granted === undefined || isSame(granted.by.oid, asked.by.oid)) return false;
  if ((given.key !== '*' && given.key !== key) || !acts.includes(act)) return false;
  if (given.version !== '*' && version !== undefined && given.version !== version) return false;
  const endMs = Math.min(given.until.getTime(), withdrawn?.at.getTime() ?? Number.POSITIVE_INFINITY);
  if (endMs <= from.getTime()) return false;
  const seenMs = otherwiseAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const neededUntilMs = now.getTime() - seenMs > LONG_GAP_MS ? now.getTime() : seenMs;
  return from.getTime() <= now.getTime() && endMs >= neededUntilMs;
}

/** Whether who did it is who was meant: anyone but the granter, or the one who was named. A record without an object id is no mismatch. */
export const fitsActor = (given: Approval, oid: string): boolean =>
  oid === 'unknown' || (!isSame(oid, given.granted?.by.oid) && (given.by === 'anyone' || isSame(oid, given.by)));

// Object ids are GUIDs, which compare without case.
const isSame = (one: string, other: string | undefined): boolean => one.toLowerCase() === other?.toLowerCase();
