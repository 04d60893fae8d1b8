import { z } from 'zod';
import { actor } from './audit-record.ts';
import { CLOCKS_APART_MS, moment, SECOND_MS } from './time.ts';

/** Acts that people can approve. */
export const approvableActs = ['disable', 'delete', 'expire', 'not-before', 'operations', 'enable'] as const;
export type ApprovableAct = (typeof approvableActs)[number];

/** Asked by one person, granted by another, spent when the state it allows is seen. */
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

/** An act as far as it is known. `by` is `undefined` until the audit log has told, minutes later. */
export interface DatedAct {
  readonly act: ApprovableAct;
  readonly version: string | undefined;
  readonly at: Date;
  readonly by: string | undefined;
}

/** Whether who did it is who was meant: anyone but the granter, or the one who was named. */
export function fitsActor(given: Approval, oid: string): boolean {
  return !isSame(oid, given.granted?.by.oid) && (given.by === 'anyone' || isSame(oid, given.by));
}

// Object ids are GUIDs, which compare without case.
const isSame = (one: string, other: string | undefined): boolean => one.toLowerCase() === other?.toLowerCase();

/**
 * Whether an approval covers an act on a key of its vault. What counts is when the act happened, not when we looked: the
 * window's ends are part of it, with a few seconds before its start, since who may act at once must not come too early by
 * the vault's clock; a withdrawal covers no more from its moment on. An actor who is not known yet is taken to fit. What
 * the asker granted himself covers nothing.
 */
export function covers(given: Approval, key: string, act: DatedAct): boolean {
  return (
    given.granted !== undefined &&
    !isSame(given.granted.by.oid, given.asked.by.oid) &&
    (given.key === '*' || given.key === key) &&
    (given.version === '*' || act.version === undefined || given.version === act.version) &&
    given.acts.includes(act.act) &&
    act.at.getTime() >= wholeSecondMs(given.from) - CLOCKS_APART_MS &&
    act.at.getTime() <= given.until.getTime() &&
    (given.withdrawn === undefined || act.at.getTime() < given.withdrawn.at.getTime()) &&
    (act.by === undefined || fitsActor(given, act.by))
  );
}

// A vault dates its acts in whole seconds: one done within the window's first second would lie before it.
const wholeSecondMs = (date: Date): number => Math.floor(date.getTime() / SECOND_MS) * SECOND_MS;

/** Whether an approval would cover an act had it happened later than `after` and no later than it is dated. */
export function mayCover(given: Approval, key: string, act: DatedAct, after: Date): boolean {
  const withdrawnMs = given.withdrawn === undefined ? Number.POSITIVE_INFINITY : given.withdrawn.at.getTime() - 1;
  const at = new Date(Math.min(act.at.getTime(), given.until.getTime(), withdrawnMs));
  return at.getTime() > after.getTime() && covers(given, key, { ...act, at });
}
