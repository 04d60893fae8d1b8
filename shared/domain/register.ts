import * as z from 'zod';
import { type ApprovableAct, approvableActs } from './approval.ts';
import { act, actor, recordedDecision } from './audit-record.ts';
import { hint } from './hint.ts';
import { type Attributes, attributes } from './key.ts';
import { pastPolicy } from './policy.ts';
import { rotationPolicy, wantedPolicy } from './rotation-policy.ts';
import { moment } from './time.ts';

/** The key material of a version, by which it is recognized. */
const material = {
  keyType: z.string().optional(),
  /** Bits of an RSA modulus. */
  keySizeBits: z.number().int().optional(),
  /** SHA-256, hex, over the public part. */
  fingerprint: z.string().optional(),
};

/** An approval that was consumed: the state that it allows was observed, and has been approved since. */
const consumption = z.object({
  approval: z.string(),
  act: z.enum(approvableActs),
  /** When the act happened, by the vault's clock. */
  at: moment,
  /** When it was last observed otherwise; absent where it never was. */
  otherwiseAt: moment.optional(),
  /** The attributes approved before, so that a person can restore them. */
  before: attributes.optional(),
});
export type Consumption = z.infer<typeof consumption>;

/** What is approved of one version. */
export const approvedVersion = z.object({
  created: moment,
  /** The approved attributes; absent while the version is known but not approved. */
  attributes: attributes.optional(),
  ...material,
  /** The approvals from which its approved attributes were made, oldest first. */
  consumed: z.array(consumption).default([]),
  /** Set where a person accepted it in a baseline: then it stays approved even if it was imported. */
  accepted: z.literal(true).optional(),
  /** Why its approval was revoked; absent while it was not. */
  revoked: z.string().optional(),
});
export type ApprovedVersion = z.infer<typeof approvedVersion>;

/** What people have decided on a key as a whole. */
export const standing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('kept') }),
  /** Its deletion was approved: it stays deleted until Azure purges it. */
  z.object({
    kind: z.literal('deletion-approved'),
    approval: z.string(),
    deletedOn: moment,
    otherwiseAt: moment.optional(),
    /** When Azure purges the key by itself: this purge is approved as well. */
    scheduledPurgeOn: moment.optional(),
  }),
  /** It was gone, and a person abandoned it: that it is gone is no longer alerted. */
  z.object({ kind: z.literal('abandoned'), at: moment, by: z.string(), because: z.string() }),
]);
export type Standing = z.infer<typeof standing>;

/** What the last observation showed of one version. */
export const lastObserved = z.object({
  /** When the read began. */
  at: moment,
  updated: moment,
  /** Operations are as of the last read in full: lists do not show them. */
  ...attributes.shape,
  /** When it was last read in full; for a disabled version that the service does not show, when it was last listed. */
  inFullAt: moment,
  /** When its operations were last read, where that was before `inFullAt`. */
  operationsAt: moment.optional(),
});
export type LastObserved = z.infer<typeof lastObserved>;

/** When the operations of a version were last read. */
export const operationsShownAt = ({ operationsAt, inFullAt }: LastObserved): Date => operationsAt ?? inFullAt;

/** A state that is not as approved, for as long as it does not change. */
export const difference = z.object({
  /** When it began, by the vault's clock. */
  since: moment,
  /** When it was last observed otherwise; absent where it never was. */
  otherwiseAt: moment.optional(),
  /** When it was first observed. */
  firstObservedAt: moment,
  /** Id of the hold during which it may have begun; absent where it began during none. */
  hold: z.string().optional(),
  /** Set while the key was in `block` at every inspection that found it: then it began after `block` did. */
  inBlock: z.literal(true).optional(),
});
export type Difference = z.infer<typeof difference>;

/** The name of a difference among those of its key: the version and the act; without a version for the key as a whole. */
export const differenceKey = (version: string | undefined, act: ApprovableAct): string => `${version ?? ''}:${act}`;

/** An act that the guardian undid within the last hour. */
const undoing = z.object({
  version: z.string().optional(),
  since: moment,
  otherwiseAt: moment.optional(),
  at: moment,
  /** Nobody saw the vault's answer: what changed the key until `at` may be the guardian's own write. */
  unanswered: z.literal(true).optional(),
});

/** A failure that lasts: since when, and why. */
const lasting = z.object({ since: moment, because: z.string() });

/** An act on a key, with the id of its record in the audit log. */
export const auditEvent = act.extend({ id: z.string() });
export type AuditEvent = z.infer<typeof auditEvent>;

/** Audit events that the register keeps of a key at most. An inspection judges all audit events of its message. */
export const KEPT_EVENTS = 50;

/** What the register holds of a key's rotation. */
export const rotationState = z.object({
  /** Its rotation policy as it was last read; without `is` where the guardian has no permission to read it. */
  policy: z.object({ readAt: moment, is: rotationPolicy.optional() }).optional(),
  /** When an inspection last compared the key with its schedule. */
  inspectedAt: moment.optional(),
  /** Set where that found something: its incidents end with an inspection that finds nothing. */
  foundSomething: z.literal(true).optional(),
  /** The rotation policy that the guardian wrote last. */
  written: z.object({ at: moment, policy: wantedPolicy }).optional(),
  lastDecision: recordedDecision.optional(),
});
export type RotationState = z.infer<typeof rotationState>;

/** What the register holds of one key: a row of the table `keys`. */
export const keyRecord = z.object({
  /** What is approved. Every change of it has a record in the register's stream of the trail. */
  approved: z.object({
    versions: z.record(z.string(), approvedVersion),
    standing: standing.default({ kind: 'kept' }),
  }),
  /** The last observation. */
  observed: z.object({
    /** The version that the vault last called current. */
    current: z.string().optional(),
    versions: z.record(z.string(), lastObserved),
    /** By `differenceKey`. */
    differing: z.record(z.string(), difference).default({}),
    /** Set where the last inspection found something: its incidents end with an inspection that finds nothing. */
    foundSomething: z.literal(true).optional(),
    /** When the key was first observed in neither list; absent while it is in one. */
    absentSince: moment.optional(),
    /** When the key was first observed without some of its approved versions; absent while all of them are listed. */
    incompleteSince: moment.optional(),
    /** When a key that was deleted with approval or abandoned was first observed again; absent while it is gone. */
    backSince: moment.optional(),
    lastDecision: recordedDecision.optional(),
    /** Absent while the key has never been under a schedule. */
    rotation: rotationState.optional(),
  }),
  /** Work that is not finished. */
  inFlight: z.object({
    /** The recovery that the vault has accepted but does not show yet. */
    recovering: z.object({ since: moment, deletedOn: moment }).optional(),
    /** What was undone within the last hour, oldest first. */
    undone: z.array(undoing).default([]),
    /** Since when the key cannot be read, and why. */
    unreadable: lasting.optional(),
    /** Since when the vault refuses the restore, and why. */
    undoRefused: lasting.optional(),
    /** Dates that the service refused to take for a version. `longestDays`: how long it may be valid at most, where a refusal named it. */
    refusedDates: z
      .record(z.string(), z.object({ dates: z.array(moment), longestDays: z.number().int().optional() }))
      .optional(),
    /** When the next inspection is scheduled; no second one is scheduled before that. */
    nextInspectionAt: moment.optional(),
  }),
  /** What the audit log reported within the last day. */
  audit: z.object({
    /** Oldest first. */
    events: z.array(auditEvent).default([]),
    /** Who purged it, from a 2xx record. */
    purged: z.object({ at: moment, by: actor }).optional(),
    /** Refusals reported while the key could not be read: they are judged once it can be read again. */
    refusals: z.array(hint).default([]),
  }),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** The record of a key that was never inspected. */
export const EMPTY_KEY_RECORD: KeyRecord = {
  approved: { versions: {}, standing: { kind: 'kept' } },
  observed: { versions: {}, differing: {} },
  inFlight: { undone: [] },
  audit: { events: [], refusals: [] },
};

/** The state of a vault's baseline. */
export const baselineState = z.discriminatedUnion('state', [
  /** The register is being rebuilt from the trail and is not complete yet. */
  z.object({ state: z.literal('rebuilding'), at: moment }),
  /** Proposed, not accepted: for keys in `alert`, versions that are not suspicious are approved. */
  z.object({ state: z.literal('proposed'), at: moment, keys: z.number().int(), suspicious: z.array(z.string()) }),
  /** Accepted by a person. `since`: when it was accepted for the first time. `record`: the id of its record in the trail. */
  z.object({ state: z.literal('accepted'), since: moment, at: moment, by: actor, record: z.string() }),
]);
export type BaselineState = z.infer<typeof baselineState>;

/** A key that the sweeps find differing from what is approved. */
const differingKey = z.object({
  /** When the last good sweep began that did not find it differing; absent where there was none. */
  otherwiseAt: moment.optional(),
  /** The ETag of its row in the register at that sweep: while it is the same, the key was not inspected. */
  etag: z.string(),
  etagSince: moment,
});

/** How the sweeps of a vault went: a row of the table `vaults`. */
export const sweepState = z.object({
  /** When the vault was first scheduled. */
  addedAt: moment.optional(),
  /** The generation of the sweep that began last: a message of it, or of an older one, is dropped. */
  startedGeneration: z.number().int().nonnegative().default(0),
  /** Until when the sweep that began last is taken to be running; absent once it has ended. */
  runningUntil: moment.optional(),
  /** When the last good sweep began. */
  lastGoodAt: moment.optional(),
  /** Since when sweeps fail, and why. */
  failing: lasting.optional(),
  /** The keys that the last good sweep found differing, by name. */
  differing: z.record(z.string(), differingKey).default({}),
  /** The policies of the vault, oldest first, each with the time from which it applied. */
  policies: z.array(pastPolicy).default([]),
});
export type SweepState = z.infer<typeof sweepState>;

const aboutVersion = { version: z.string(), created: moment, ...material, because: z.string() };

/** A change of what is approved or known, as data: it is applied to the register and recorded in the register's stream. */
export const registerChange = z.discriminatedUnion('kind', [
  /** These attributes of the version are approved from now on. */
  z.object({
    kind: z.literal('approve-version'),
    ...aboutVersion,
    attributes,
    /** A person accepted them in a baseline. */
    accepted: z.literal(true).optional(),
    consumed: consumption.optional(),
    /** A person took back what approvals allowed: they no longer count as consumed. */
    takenBack: z.literal(true).optional(),
  }),
  /** The version is known, but not approved until a person accepts it. */
  z.object({ kind: z.literal('know-version'), ...aboutVersion }),
  /** The version is no longer approved. */
  z.object({ kind: z.literal('revoke-version'), version: z.string(), because: z.string() }),
  /** What people have decided on the key as a whole. */
  z.object({ kind: z.literal('set-standing'), standing }),
]);
export type RegisterChange = z.infer<typeof registerChange>;

/** The approved versions with their approved attributes. */
export const approvedVersions = ({
  approved,
}: Pick<KeyRecord, 'approved'>): readonly (readonly [version: string, attributes: Attributes])[] =>
  Object.entries(approved.versions).flatMap(([version, known]) =>
    known.attributes === undefined ? [] : [[version, known.attributes] as const],
  );

/** Whether the key is to be kept: its deletion was not approved, and nobody abandoned it. */
export const isKept = ({ approved }: Pick<KeyRecord, 'approved'>): boolean => approved.standing.kind === 'kept';

/** Whether the key is guarded: it is to be kept, and has approved versions. */
export const isGuarded = (record: KeyRecord): boolean => isKept(record) && approvedVersions(record).length > 0;

/** Whether people are alerted where the key is gone: it is to be kept, and has versions that are approved or may be in use. */
export const isMissed = (record: KeyRecord): boolean =>
  isKept(record) && Object.keys(record.approved.versions).length > 0;

/** When the key was last observed to be there; `undefined` where it never was. What a clock ahead noted does not count. */
export const lastPresentAt = ({ observed }: Pick<KeyRecord, 'observed'>, now: Date): Date | undefined => {
  const moments = Object.values(observed.versions).flatMap(({ at }) =>
    at.getTime() <= now.getTime() ? [at.getTime()] : [],
  );
  return moments.length === 0 ? undefined : new Date(Math.max(...moments));
};

/** The audit events of some operations on a version. An event that names no version counts for every version. */
export const eventsOn = (
  { audit }: Pick<KeyRecord, 'audit'>,
  operations: readonly string[],
  version: string | undefined,
): readonly AuditEvent[] =>
  audit.events.filter(
    (event) =>
      operations.includes(event.operation) &&
      (version === undefined || event.version === undefined || event.version === version),
  );
