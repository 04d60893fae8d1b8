import * as z from 'zod';
import { actor } from './audit-record.ts';
import type { Attributes } from './key.ts';
import { HOUR_MS, MINUTE_MS, moment } from './time.ts';

/** Acts whose state people can approve. */
export const approvableActs = ['disable', 'delete', 'expire', 'not-before', 'operations', 'enable'] as const;
export type ApprovableAct = (typeof approvableActs)[number];

/** The attribute of a version that an act changes; `undefined` for an act on the key as a whole. */
export const attributeOf = {
  disable: 'enabled',
  enable: 'enabled',
  expire: 'expiresOn',
  'not-before': 'notBefore',
  operations: 'operations',
  delete: undefined,
} as const satisfies Record<ApprovableAct, keyof Attributes | undefined>;

/** An approval: one person asks for it, another grants it, and it is consumed when the state that it allows is observed. */
export const approval = z.object({
  id: z.string(),
  vault: z.string(),
  /** Name of the key, or `*` for a vault that is being decommissioned. */
  key: z.string(),
  /** A version, or `*`. Deleting has no version: it takes the whole key. */
  version: z.string(),
  acts: z.array(z.enum(approvableActs)).min(1),
  /** Object id of who may do it; `anyone` for everybody but the granter. */
  by: z.string(),
  from: moment,
  until: moment,
  why: z.string(),
  ticket: z.string().optional(),
  /** The hold that it settles. */
  hold: z.string().optional(),
  /** Set where one person's word is enough: to disable one version within the hour. */
  breakGlass: z.literal(true).optional(),
  asked: z.object({ by: actor, at: moment }),
  granted: z.object({ by: actor, at: moment }).optional(),
  withdrawn: z.object({ by: actor, at: moment }).optional(),
});
export type Approval = z.infer<typeof approval>;

/** A state of a key or a version that differs from the approved one. */
export interface UnapprovedState {
  readonly key: string;
  /** `undefined` where the key as a whole is meant. */
  readonly version: string | undefined;
  readonly act: ApprovableAct;
  /** When it was last observed otherwise; `undefined` where it never was. */
  readonly otherwiseAt: Date | undefined;
}

/** How long break-glass allows, in ms. */
export const BREAK_GLASS_MS = HOUR_MS;

/** Whether one person's word is enough for an approval. */
const isBreakGlass = ({ breakGlass, acts, key, version, from, until }: Approval): boolean =>
  breakGlass === true &&
  acts.every((act) => act === 'disable') &&
  key !== '*' &&
  version !== '*' &&
  until.getTime() - from.getTime() <= BREAK_GLASS_MS;

/** After so long without an observation, only an approval whose window is open now covers, in ms. */
const LONG_GAP_MS = 10 * MINUTE_MS;

/**
 * Whether an approval covers a state: its window overlaps the time between the last observation that showed the state
 * otherwise and now. After a gap of more than ten minutes the window has to be open now. Withdrawing closes the window; a
 * window withdrawn before it opened never opens. An approval that its asker granted covers nothing,
 * but for break-glass.
 *
 * Neither the time of the act nor the actor counts: the audit log has them minutes later.
 */
export function covers(given: Approval, { key, version, act, otherwiseAt }: UnapprovedState, now: Date): boolean {
  const { granted, asked, withdrawn, acts, from } = given;
  if (granted === undefined) return false;
  if (isSame(granted.by.oid, asked.by.oid) && !isBreakGlass(given)) return false;
  if ((given.key !== '*' && given.key !== key) || !acts.includes(act)) return false;
  if (given.version !== '*' && version !== undefined && given.version !== version) return false;
  const endMs = Math.min(given.until.getTime(), withdrawn?.at.getTime() ?? Number.POSITIVE_INFINITY);
  if (endMs <= from.getTime()) return false;
  const otherwiseMs = otherwiseAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const neededUntilMs = now.getTime() - otherwiseMs > LONG_GAP_MS ? now.getTime() : otherwiseMs;
  return from.getTime() <= now.getTime() && endMs >= neededUntilMs;
}

/** Whether the approval allows this actor: the one it names, or anyone but the granter. An actor without an object id fits. */
export const fitsActor = (given: Approval, oid: string): boolean =>
  oid === 'unknown' ||
  ((given.breakGlass === true || !isSame(oid, given.granted?.by.oid)) &&
    (given.by === 'anyone' || isSame(oid, given.by)));

// Object ids are GUIDs, which compare without case.
const isSame = (one: string, other: string | undefined): boolean => one.toLowerCase() === other?.toLowerCase();
