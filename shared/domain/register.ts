import { z } from 'zod';
import { type ApprovableAct, approvableActs } from './approval.ts';
import { act, actor } from './audit-record.ts';
import { hint } from './hint.ts';
import { type Attributes, attributes } from './key.ts';
import { pastPolicy } from './policy.ts';
import { moment } from './time.ts';

/** What makes a version the one that it is. */
const material = z.object({
  keyType: z.string().optional(),
  /** Bits of an RSA modulus. */
  keySizeBits: z.number().int().optional(),
  /** SHA-256, hex, over the public part. */
  fingerprint: z.string().optional(),
});

/** An approval that was consumed: the state that it allows was observed, and is approved since. */
const consumption = z.object({
  approval: z.string(),
  act: z.enum(approvableActs),
  /** When the act was, by the vault's own time. */
  at: moment,
  /** When it was last observed otherwise; absent where it never was. */
  otherwiseAt: moment.optional(),
  /** What was approved before, so that a person can take it back. */
  before: attributes.optional(),
});
export type Consumption = z.infer<typeof consumption>;

/** What is approved of one version. */
export const approvedVersion = z.object({
  created: moment,
  /** The attributes last approved; absent while the version is known and not approved. */
  attributes: attributes.optional(),
  ...material.shape,
  /** The approvals from which its approved attributes were made, oldest first. */
  consumed: z.array(consumption).default([]),
  /** Set where a person accepted it in a baseline, whatever the audit log tells of its making. */
  accepted: z.literal(true).optional(),
  /** Why its approval was revoked; absent while it was not. */
  revoked: z.string().optional(),
});
export type ApprovedVersion = z.infer<typeof approvedVersion>;

/** What people want of a key as a whole. */
export const standing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('kept') }),
  /** Its deletion was approved: it stays deleted until Azure purges it. */
  z.object({
    kind: z.literal('deletion-approved'),
    approval: z.string(),
    deletedOn: moment,
    otherwiseAt: moment.optional(),
    /** When Azure purges the key by itself, which is the end that was approved. */
    scheduledPurgeOn: moment.optional(),
  }),
  /** It was gone, and a person abandoned it: nothing of it is missed any more. */
  z.object({ kind: z.literal('abandoned'), at: moment, by: z.string(), because: z.string() }),
]);
export type Standing = z.infer<typeof standing>;

/** What the last observation showed of one version. */
export const lastObserved = z.object({
  /** When the read began. */
  at: moment,
  updated: moment,
  enabled: z.boolean(),
  notBefore: moment.optional(),
  expiresOn: moment.optional(),
  /** As of the last read in full: lists do not show operations. */
  operations: z.array(z.string()),
  /** When it was last read in full, as far as it can be: of a disabled version its list may be all there is to see. */
  inFullAt: moment,
  /** When its operations were last shown, where that was before `inFullAt`. */
  operationsAt: moment.optional(),
});
export type LastObserved = z.infer<typeof lastObserved>;

/** When the operations of a version were last shown. */
export const operationsShownAt = ({ operationsAt, inFullAt }: LastObserved): Date => operationsAt ?? inFullAt;

/** Something that is not as approved, for as long as it stays as it is. */
export const difference = z.object({
  /** When it came to be, by the vault's own time. */
  since: moment,
  /** When it was last observed otherwise; absent where it never was. */
  otherwiseAt: moment.optional(),
  /** When it was first observed. */
  firstObservedAt: moment,
  /** The hold under which it may have come to be; absent where it came to be under none. */
  hold: z.string().optional(),
  /** Set while every inspection that found it was to undo it: it was not so when `block` began, whenever a sweep noted that. */
  inBlock: z.literal(true).optional(),
});
export type Difference = z.infer<typeof difference>;

/** Where a key's difference stands among the others: by the version and the act; without a version for the key as a whole. */
export const differenceKey = (version: string | undefined, act: ApprovableAct): string => `${version ?? ''}:${act}`;

/** Something that the guardian undid within the last hour. */
const undoing = z.object({
  version: z.string().optional(),
  since: moment,
  otherwiseAt: moment.optional(),
  at: moment,
});

/** Something that lasts, with its reason. */
const lasting = z.object({ since: moment, because: z.string() });

/** An act on a key, with the id of its record in the audit log. */
export const auditEvent = act.extend({ id: z.string() });
export type AuditEvent = z.infer<typeof auditEvent>;

/** Audit events that the register keeps of a key at most; an inspection judges all that it hears. */
export const KEPT_EVENTS = 50;

/** What the register knows of one key, by what it lasts for: a row of the table `keys`. */
export const keyRecord = z.object({
  /** Changes only together with a record in the register's stream of the trail. */
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
    /** Whether the last inspection found anything: incidents are open that end with the one that does not. */
    foundSomething: z.literal(true).optional(),
    /** When the key was first observed in neither list; absent while it is in one. */
    absentSince: moment.optional(),
    /** When the key was first observed without some of its approved versions; absent while all of them list. */
    incompleteSince: moment.optional(),
    /** When the key was first observed again though it is not kept; absent while it is not back. */
    backSince: moment.optional(),
    /** The last decision that went to the trail: its hash, and how many hints have led to the same one since. */
    lastDecision: z.object({ hash: z.string(), repeats: z.number().int() }).optional(),
  }),
  /** Work that is not finished. */
  inFlight: z.object({
    /** The recovery that the vault accepted and does not show yet. */
    recovering: z.object({ since: moment, deletedOn: moment }).optional(),
    /** What was undone within the last hour, oldest first. */
    undone: z.array(undoing).default([]),
    /** Since when the key cannot be read, and why. */
    unreadable: lasting.optional(),
    /** Since when what is to be undone is refused, and why. */
    undoRefused: lasting.optional(),
    /** When the guardian asked itself to inspect again; nobody needs to ask twice. */
    nextInspectionAt: moment.optional(),
  }),
  /** What the audit log says of the last day. */
  audit: z.object({
    /** Newest last. */
    events: z.array(auditEvent).default([]),
    /** Who purged it, from a 2xx record. */
    purged: z.object({ at: moment, by: actor }).optional(),
    /** Refusals that came while the key could not be read: whether they mean anything shows when it can. */
    refusals: z.array(hint).default([]),
  }),
});
export type KeyRecord = z.infer<typeof keyRecord>;

/** What is known of a key that nobody has inspected. */
export const EMPTY_KEY_RECORD: KeyRecord = {
  approved: { versions: {}, standing: { kind: 'kept' } },
  observed: { versions: {}, differing: {} },
  inFlight: { undone: [] },
  audit: { events: [], refusals: [] },
};

/** Where a vault stands with its baseline. */
export const baselineState = z.discriminatedUnion('state', [
  /** The register is being made anew from the trail: what is there of it is not whole. */
  z.object({ state: z.literal('rebuilding'), at: moment }),
  /** What is not suspicious counts as approved for keys in `alert`. */
  z.object({ state: z.literal('proposed'), at: moment, keys: z.number().int(), suspicious: z.array(z.string()) }),
  /** `since`: when it was accepted for the first time. `record`: the id of its record in the trail. */
  z.object({ state: z.literal('accepted'), since: moment, at: moment, by: actor, record: z.string() }),
]);
export type BaselineState = z.infer<typeof baselineState>;

/** A key that differs from what is approved, as the sweeps have it. */
const differingKey = z.object({
  /** When the last good sweep began that did not find it differing; absent where none was. */
  otherwiseAt: moment.optional(),
  /** The register's row as it was then: while it stays so, nobody has inspected the key. */
  etag: z.string(),
  etagSince: moment,
});

/** How the sweeping of a vault stands: a row of the table `vaults`. */
export const sweepState = z.object({
  /** The chain of sweeps that counts. */
  token: z.string(),
  /** When the next sweep is due. */
  dueAt: moment,
  /** When the last sweep began that ended well. */
  lastGoodAt: moment.optional(),
  /** Since when sweeps fail, and why. */
  failing: lasting.optional(),
  /** Sweeps that began since the last one that came to an end, good or refused; absent for none. */
  unended: z.number().int().nonnegative().optional(),
  /** For when the first sweep was due of those that have not begun; absent while sweeps begin. */
  awaitedSince: moment.optional(),
  /** By name, the keys that the last good sweep found differing. */
  differing: z.record(z.string(), differingKey).default({}),
  /** When another function than the sentry scheduled a sweep; absent since the sentry ran again. */
  rescheduledAt: moment.optional(),
  /** What the policy said of the vault, oldest first, each from when on. */
  policies: z.array(pastPolicy).default([]),
});
export type SweepState = z.infer<typeof sweepState>;

/** A change of what is approved or known, as data: applied to the register and recorded in the register's stream. */
export const registerChange = z.discriminatedUnion('kind', [
  /** From now on the version is held to these attributes. */
  z.object({
    kind: z.literal('approve-version'),
    version: z.string(),
    created: moment,
    attributes,
    ...material.shape,
    because: z.string(),
    /** A person said so. */
    accepted: z.literal(true).optional(),
    consumed: consumption.optional(),
    /** A person took back what approvals allowed: none of them is consumed any more. */
    takenBack: z.literal(true).optional(),
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
  z.object({ kind: z.literal('revoke-version'), version: z.string(), because: z.string() }),
  /** From now on people want this of the key as a whole. */
  z.object({ kind: z.literal('set-standing'), standing }),
]);
export type RegisterChange = z.infer<typeof registerChange>;

/** The versions that are approved, with what they are held to. */
export const approvedVersions = ({
  approved,
}: Pick<KeyRecord, 'approved'>): readonly (readonly [version: string, attributes: Attributes])[] =>
  Object.entries(approved.versions).flatMap(([version, known]) =>
    known.attributes === undefined ? [] : [[version, known.attributes] as const],
  );

/** Whether people still want the key: its deletion was not approved, and nobody abandoned it. */
export const isKept = ({ approved }: Pick<KeyRecord, 'approved'>): boolean => approved.standing.kind === 'kept';

/** Whether there is anything of this key to guard: approved versions of a key that is kept. */
export const isGuarded = (record: KeyRecord): boolean => isKept(record) && approvedVersions(record).length > 0;

/** Whether a key that goes is missed: its versions are approved, or known and something may need them. */
export const isMissed = (record: KeyRecord): boolean =>
  isKept(record) && Object.keys(record.approved.versions).length > 0;

/** When the key was last observed to be there; `undefined` where it never was. What a clock ahead noted does not count. */
export const lastPresentAt = ({ observed }: Pick<KeyRecord, 'observed'>, now: Date): Date | undefined => {
  const moments = Object.values(observed.versions).flatMap(({ at }) =>
    at.getTime() <= now.getTime() ? [at.getTime()] : [],
  );
  return moments.length === 0 ? undefined : new Date(Math.max(...moments));
};

/** The audit events of some operations on a version; a record that names no version may be about any. */
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
