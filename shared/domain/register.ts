import { z } from 'zod';
import { approvableActs } from './approval.ts';
import { actor } from './audit-record.ts';
import { hint } from './hint.ts';
import { type Attributes, attributes } from './key.ts';
import { moment } from './time.ts';

/** What an approval was spent on. */
const spentUse = z.object({
  approval: z.string(),
  act: z.enum(approvableActs),
  at: moment,
  by: z.string().optional(),
  /** When the version was last seen otherwise; absent for a deletion, and where it was not. */
  after: moment.optional(),
  /** What was approved before, so that a person can take it back. */
  before: attributes.optional(),
});

/** When an act happened that made an attribute what it is, as far as anybody can say. */
export const dating = z.object({
  /** By the vault's own time; the earliest that it may have been where that does not tell. */
  since: moment,
  /** The latest that it may have been, where the vault's time does not tell. */
  latest: moment.optional(),
  /** When the version was changed before, by the vault's own time, where an earlier look saw it so. */
  previous: moment.optional(),
  /** After which moment it may have been, where another change may have hidden it. */
  after: moment.optional(),
  /** Set where an approval covers it or not, depending on when it was, and nobody can say: told, not undone. */
  undated: z.literal(true).optional(),
});
export type Dating = z.infer<typeof dating>;

/** What makes a version the one that it is. */
const material = z.object({
  keyType: z.string().optional(),
  keySizeBits: z.number().int().optional(),
  fingerprint: z.string().optional(),
});

/** What the register knows of one version. */
export const versionRecord = z.object({
  created: moment,
  /** The attributes last approved; absent while the version is known and not approved. */
  approved: attributes.optional(),
  ...material.shape,
  /** What the last look saw; absent before the first. */
  seen: z
    .object({
      at: moment,
      updated: moment,
      enabled: z.boolean(),
      notBefore: moment.optional(),
      expiresOn: moment.optional(),
      /** As of the last reading in full. */
      operations: z.array(z.string()),
      /** When it was last read in full. */
      inFullAt: moment,
      /** Whether what was seen was left as it was, or was to be undone. */
      verdict: z.enum(['good', 'undo', 'left']),
    })
    .optional(),
  /** By act: when the attributes came to be so that are not as approved. Kept for as long as they stay so. */
  differing: z.partialRecord(z.enum(approvableActs), dating).optional(),
  /** The approvals that its approved state was made from, and the acts they were spent on. */
  spent: z.array(spentUse).default([]),
  /** Set where a person accepted it in a baseline, whatever is told of its making. */
  accepted: z.literal(true).optional(),
  /** Set once where the record of a restored or imported version told against it. */
  distrusted: z.string().optional(),
});
export type VersionRecord = z.infer<typeof versionRecord>;

const approvedDeletion = z.object({
  approval: z.string(),
  deletedOn: moment,
  /** When Azure purges the key by itself, which is the end that was approved. */
  scheduledPurgeOn: moment.optional(),
  by: z.string().optional(),
  /** Set where no deletion was approved: a person gave up a key that was gone, at `deletedOn`, for the reason in `approval`. */
  givenUp: z.literal(true).optional(),
});

/** Acts that the register keeps by name at most; a look judges all that it hears. */
export const KEPT_ACTS = 50;

/** What the register knows of one key: a row of the table `keys`. */
export const keyRecord = z.object({
  versions: z.record(z.string(), versionRecord),
  /** The version that the vault last called current. */
  current: z.string().optional(),
  /** The deletion that people approved: such a key stays deleted. */
  approvedDeletion: approvedDeletion.optional(),
  /** The `deletedOn` of the last approved deletion that is over: what was approved then was spent then. */
  endedDeletion: moment.optional(),
  /** The `deletedOn` of a deletion that was seen and left as it was. */
  leftDeleted: moment.optional(),
  /** When the key was first seen in neither list; absent while it is in one. */
  absentSince: moment.optional(),
  /** When the key was first seen again after a deletion that people approved; absent while it is not back. */
  backSince: moment.optional(),
  /** When the key was first seen without some of its approved versions; absent while all of them list. */
  incompleteSince: moment.optional(),
  /** The recovery that was begun and has not shown yet. */
  recovering: z.object({ since: moment, deletedOn: moment }).optional(),
  /** Who purged it, from a 2xx record. */
  purged: z.object({ at: moment, by: actor }).optional(),
  /** The acts that were undone within the last hour, oldest first: three make the key contested. */
  undone: z
    .array(z.object({ version: z.string().optional(), since: moment, previous: moment.optional(), at: moment }))
    .default([]),
  /** Acts on this key that the audit log told of within the last day, newest last. */
  acts: z
    .array(z.object({ id: z.string(), operation: z.string(), version: z.string().optional(), at: moment, by: actor }))
    .default([]),
  /** The time of the newest act that was told and is not kept any more; absent where all are. */
  actsCutUntil: moment.optional(),
  /** Set while the last look found something: incidents are open that end with the look that finds nothing. */
  lastLookFound: z.literal(true).optional(),
  /** Since when the key cannot be read, and why. */
  failing: z.object({ since: moment, because: z.string() }).optional(),
  /** Refusals that were heard while the key could not be read: whether they tell anything is seen when it can. */
  unjudged: z.array(hint).optional(),
  /** Since when what is to be undone is refused, and why. */
  unwritable: z.object({ since: moment, because: z.string() }).optional(),
  /** When the guardian asked itself to look again; nobody needs to ask twice. */
  nextLookAt: moment.optional(),
  /** The last decision that went to the trail: its hash, and the hints that have led to the same one since. */
  lastDecision: z.object({ hash: z.string(), repeats: z.number().int() }).optional(),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** What is known of a key that nobody has looked at. */
export const EMPTY_KEY_RECORD: KeyRecord = { versions: {}, undone: [], acts: [] };

/** Where a vault stands with its baseline. */
export const baselineState = z.discriminatedUnion('state', [
  /** The register is being made anew from the trail: what is there of it is not whole. */
  z.object({ state: z.literal('rebuilding'), at: moment }),
  z.object({ state: z.literal('proposed'), at: moment, keys: z.number().int(), suspicious: z.array(z.string()) }),
  z.object({ state: z.literal('accepted'), at: moment, by: actor, record: z.string() }),
]);
export type BaselineState = z.infer<typeof baselineState>;

/** How the sweeping of a vault stands. */
export const sweepState = z.object({
  /** The chain of passes that counts. */
  token: z.string(),
  /** When the next pass was planned for. */
  plannedFor: moment,
  /** When the last pass began that ended well. */
  lastPassAt: moment.optional(),
  /** Since when passes fail, and why. */
  failing: z.object({ since: moment, because: z.string() }).optional(),
  /** Passes that began since the last one that came to an end, good or refused; absent for none. */
  unended: z.number().int().nonnegative().optional(),
  /** For when the first pass was planned of those that have not begun; absent while passes begin. */
  awaitedSince: moment.optional(),
  /** A key that differs, and since when nobody has written its row, as nobody does who looks at it; absent for none. */
  unanswered: z.object({ key: z.string(), etag: z.string(), since: moment }).optional(),
  /** When another function than the sentry planted a pass; absent since the sentry was seen again. */
  replantedAt: moment.optional(),
});
export type SweepState = z.infer<typeof sweepState>;

/** A change of what is approved or known, as data: applied to the register and recorded in the register's stream. */
export const registerChange = z.discriminatedUnion('kind', [
  /** From now on the version is held to these attributes. */
  z.object({
    kind: z.literal('approve-version'),
    version: z.string(),
    created: moment,
    approved: attributes,
    ...material.shape,
    because: z.string(),
    /** A person said so. */
    accepted: z.literal(true).optional(),
    spent: spentUse.optional(),
  }),
  /** The version is known and is not approved until a person says so. */
  z.object({
    kind: z.literal('know-version'),
    version: z.string(),
    created: moment,
    ...material.shape,
    because: z.string(),
  }),
  /** The version is no longer approved. */
  z.object({ kind: z.literal('distrust-version'), version: z.string(), because: z.string() }),
  /** The key stays deleted. */
  approvedDeletion.extend({ kind: z.literal('approve-deletion') }),
  /** The approved deletion is over: the key is back. */
  z.object({ kind: z.literal('forget-deletion') }),
]);
export type RegisterChange = z.infer<typeof registerChange>;

/** The versions that are approved, with what they are held to. */
export function approvedVersions(record: KeyRecord): readonly (readonly [version: string, approved: Attributes])[] {
  return Object.entries(record.versions).flatMap(([version, known]) =>
    known.approved === undefined ? [] : [[version, known.approved] as const],
  );
}

/** Whether there is anything of this key to guard: approved versions, and no deletion that people approved. */
export const isGuarded = (record: KeyRecord): boolean =>
  record.approvedDeletion === undefined && approvedVersions(record).length > 0;

/** Whether a key that goes is missed: its versions are approved, or known and something may need them. */
export const isMissed = (record: KeyRecord): boolean =>
  record.approvedDeletion === undefined && Object.keys(record.versions).length > 0;

/** The acts of one operation on a version; a record that names none may be about any. */
export const actsOn = ({ acts }: KeyRecord, operation: string, version: string | undefined): KeyRecord['acts'] =>
  acts.filter((act) => act.operation === operation && (act.version === undefined || act.version === version));
