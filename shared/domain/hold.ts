import * as z from 'zod';
import { actor } from './audit-record.ts';
import { type KeyId, spell } from './key.ts';
import { GUARDIAN, keyOf, type Subject, vaultSubject } from './subject.ts';
import { CLOCKS_APART_MS, HOUR_MS, later, MINUTE_MS, moment } from './time.ts';

/** What a person decided on what changed under a hold: the guardian undoes it, or a second person is asked to approve it. */
export const settlements = ['undo', 'accept'] as const;
export type Settlement = (typeof settlements)[number];

/** A hold: a person stops every write of the guardian, to one key, one vault, or everything. Sensing and alerting continue. */
export const hold = z.object({
  id: z.string(),
  /** `undefined` for everything. */
  vault: z.string().optional(),
  /** `undefined` for the whole vault. */
  key: z.string().optional(),
  by: actor,
  why: z.string(),
  from: moment,
  /** When it ends by itself. */
  until: moment,
  /** Who extended it, and until when; the oldest first. None is its setter. */
  extended: z.array(z.object({ by: actor, at: moment, until: moment })).optional(),
  released: z.object({ by: actor, at: moment }).optional(),
  /** What a person decided on what changed under it; absent while nobody has. */
  settled: z.object({ by: actor, at: moment, as: z.enum(settlements) }).optional(),
  /** Set once it is recorded that it ended by itself, and its incident is resolved. */
  endAlerted: z.literal(true).optional(),
});
export type Hold = z.infer<typeof hold>;

/** What a hold stops, in words. */
export const spellHold = ({ vault, key }: Pick<Hold, 'vault' | 'key'>): string =>
  vault === undefined ? 'everything' : spell({ vault, key });

/** What a hold stops, as the subject of its incident and its records. */
export const subjectOfHold = ({ vault, key }: Pick<Hold, 'vault' | 'key'>): Subject =>
  vault === undefined ? GUARDIAN : key === undefined ? vaultSubject(vault) : keyOf({ vault, key });

/** How long one person alone can hold a key, in ms. */
export const DEFAULT_HOLD_MS = 4 * HOUR_MS;
/** How long one person alone can hold a vault or everything, in ms. */
const WIDE_HOLD_MS = 30 * MINUTE_MS;

/** The longest time for which one person alone can hold something, in ms; the default as well. */
export const longestAlone = ({ key }: Pick<Hold, 'key'>): number =>
  key === undefined ? WIDE_HOLD_MS : DEFAULT_HOLD_MS;

/** When a hold ended or ends. */
export const endOfHold = ({ released, until }: Hold): Date =>
  released !== undefined && released.at.getTime() < until.getTime() ? released.at : until;

/** From when on people are alerted that a hold is about to end: 30 minutes before, or 5 where it lasts no longer than 30. */
export function endsSoonFrom({ from, until, extended }: Pick<Hold, 'from' | 'until' | 'extended'>): Date {
  const lastsMs = until.getTime() - (extended?.at(-1)?.at ?? from).getTime();
  return later(until, -(lastsMs > WIDE_HOLD_MS ? 30 : 5) * MINUTE_MS);
}

/** Whether a hold is in force at this moment. */
export const isInForce = (given: Hold, now: Date): boolean => now.getTime() < endOfHold(given).getTime();

const isOn = ({ vault, key }: Hold, id: KeyId): boolean =>
  (vault === undefined || vault === id.vault) && (key === undefined || key === id.key);

/** The hold that stops writes to a key at this moment, if there is one. */
export const holdOn = (holds: readonly Hold[], id: KeyId, now: Date): Hold | undefined =>
  holds.find((candidate) => isOn(candidate, id) && isInForce(candidate, now));

/** The hold under which a key may have been changed between two moments, if there is one: the last to end. Clocks may be apart. */
export const holdDuring = (holds: readonly Hold[], id: KeyId, from: Date, until: Date): Hold | undefined =>
  holds
    .filter(
      (candidate) =>
        isOn(candidate, id) &&
        candidate.from.getTime() - CLOCKS_APART_MS <= until.getTime() &&
        endOfHold(candidate).getTime() + CLOCKS_APART_MS >= from.getTime(),
    )
    .toSorted((one, other) => endOfHold(other).getTime() - endOfHold(one).getTime())[0];
