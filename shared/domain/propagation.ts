import * as z from 'zod';
import { actor, recordedDecision } from './audit-record.ts';
import { moment } from './time.ts';

/** A new version of a key, which every disk encryption set on the key is to follow. */
export const rotation = z.object({
  vault: z.string(),
  key: z.string(),
  version: z.string(),
  /** When the version was made, by the vault's clock. */
  created: moment,
});
export type Rotation = z.infer<typeof rotation>;

/** Whether a set follows a rotation. None of these says that an older version may be disabled. */
export const verdict = z.discriminatedUnion('kind', [
  /** It does not show the version yet, and its hour is not over. */
  z.object({ kind: z.literal('waiting') }),
  /** It shows the version, and disks are still wrapped anew, or only one read has shown otherwise. */
  z.object({ kind: z.literal('re-wrapping') }),
  /** Two reads five minutes apart show that it follows. `records`: whether the vault's own records may still prove it, or there are none to be had. */
  z.object({ kind: z.literal('followed'), records: z.enum(['awaited', 'none']) }),
  /** It follows, and for an hour of whole records its identity unwrapped with this version, and with no other. */
  z.object({ kind: z.literal('proven') }),
  /** It follows, and no disk, snapshot or image is under it. */
  z.object({ kind: z.literal('nothing-to-re-wrap') }),
  /** It did not follow within the hour. `shows`: what it shows instead, a clause. */
  z.object({ kind: z.literal('late'), shows: z.string() }),
  /** Azure stopped to rotate it, with this error. */
  z.object({ kind: z.literal('stuck'), code: z.string(), message: z.string() }),
  /** It takes no new version by itself. `isConfidential`: Azure rotates no set of confidential machines. */
  z.object({ kind: z.literal('not-rotating'), isConfidential: z.boolean() }),
  /** It was pointed at an older version after this one was made. */
  z.object({ kind: z.literal('reverted'), to: z.string() }),
  /** It has another key. `to`: that key, as people write it. */
  z.object({ kind: z.literal('moved'), to: z.string(), isGuarded: z.boolean() }),
  /** It was deleted. */
  z.object({ kind: z.literal('gone') }),
  /** It could not be read to the end of its hour. */
  z.object({ kind: z.literal('unreachable'), because: z.string() }),
]);
export type Verdict = z.infer<typeof verdict>;

/** What earlier reads of a set showed. */
export const progress = z.object({
  /** Set where it was on another version of the key before. */
  showedOther: z.literal(true).optional(),
  /** Set where it showed the version as its active key. */
  showedVersion: z.literal(true).optional(),
  /** The first of the reads since which all showed that it follows. */
  followsSince: moment.optional(),
});
export type Progress = z.infer<typeof progress>;

/** A set under watch after a rotation, or the end of that: a row of the table `sets`. */
export const watchedSet = z.object({
  /** Its id in Resource Manager, in lower case. */
  id: z.string(),
  name: z.string(),
  rotation,
  /** When its hour began: when the version was made; of a set that changed without a rotation, when that was noticed. */
  from: moment,
  progress,
  verdict,
  /** When it was last read; absent before the first read. */
  readAt: moment.optional(),
  /** When the verdict was first given. */
  since: moment,
  /** Set until people have been alerted of the verdict. */
  unsaid: z.literal(true).optional(),
  /** When it is to be read next; absent where it is not watched any more. */
  nextReadAt: moment.optional(),
  /** Who changed it last, as the activity log names them; absent where nobody was named. */
  changed: z.object({ by: actor, at: moment }).optional(),
  /** The version that the guardian pointed it at last, and when Azure took that; absent where it never did. */
  updated: z.object({ version: z.string(), at: moment }).optional(),
  /** The last recorded decision on pointing it at a version. */
  lastDecision: recordedDecision.optional(),
});
export type WatchedSet = z.infer<typeof watchedSet>;

/** A message of the queue `surveys` about sets. */
export const setsMessage = z.discriminatedUnion('kind', [
  /** A key has a new version: watch every set on it. */
  z.object({ kind: z.literal('rotated'), rotation }),
  /** Read these sets, which are due. */
  z.object({ kind: z.literal('read-sets'), ids: z.array(z.string()) }),
]);
export type SetsMessage = z.infer<typeof setsMessage>;
