import * as z from 'zod';
import { action } from '../domain/actions/registry.ts';
import { approval } from '../domain/approval.ts';
import { actor, auditRecord } from '../domain/audit-record.ts';
import { hanging } from '../domain/hanging.ts';
import { hold } from '../domain/hold.ts';
import { incident } from '../domain/incident.ts';
import { modes } from '../domain/policy.ts';
import { verdict } from '../domain/propagation.ts';
import { moment } from '../domain/time.ts';
import { versionUses } from '../domain/workspace.ts';
import { dueStates } from '../rotation/schedule.ts';

// The forms of answers, for who reads them: the app knows the types alone, so that no cold start waits for the schemas.

const vaultReport = z.object({
  vault: z.string(),
  mode: z.enum(modes),
  /** Absent where a row of it cannot be read. */
  state: z
    .object({
      keys: z.number(),
      baseline: z.string(),
      /** The start of its last good sweep; absent where it was never swept. */
      sweptAt: moment.optional(),
      blind: z.object({ since: moment, because: z.string() }).optional(),
      /** How far its audit events have arrived in a workspace; absent where no workspace is set up. */
      events: z
        .object({
          /** The time of the newest; absent where none has arrived. */
          until: moment.optional(),
          /** The share of a day that they cover, 0 to 1. */
          covered: z.object({ at: moment, share: z.number() }).optional(),
          uses: versionUses,
        })
        .optional(),
    })
    .optional(),
  /** What hangs on each guarded key. */
  hangs: z.array(hanging.extend({ key: z.string() })),
  approvals: z.array(z.object({ approval, consumed: z.boolean() })),
  /** What stays unusable because somebody approved or abandoned it. */
  left: z.array(
    z.object({
      name: z.string(),
      as: z.enum(['deleted', 'disabled', 'abandoned']),
      at: moment,
      /** The id of the approval, or why it was abandoned. */
      because: z.string(),
    }),
  ),
});
export type VaultReport = z.infer<typeof vaultReport>;

/** How the guardian stands: its policy, each vault, what people said, what is wrong. */
export const statusReport = z.object({
  at: moment,
  /** Hash of the policy that it ran by last; absent where it has not run yet. */
  policy: z.string().optional(),
  vaults: z.array(vaultReport),
  holds: z.array(hold),
  open: z.array(incident),
  /** Incidents resolved within 24 hours. */
  resolved: z.number(),
  /** What cannot be read, in sentences. */
  unreadable: z.array(z.string()),
});
export type StatusReport = z.infer<typeof statusReport>;

/** How a key keeps its rotation schedule, as far as the register knows. */
export const scheduleReport = z.object({
  key: z.string(),
  /** Absent where the policy has no schedule for it. */
  schedule: z.object({ every: z.string(), notifyBefore: z.string() }).optional(),
  /** When its newest version was made. */
  rotatedAt: moment.optional(),
  expiresOn: moment.optional(),
  /** Absent where the newest version is not known, or where there is no schedule. */
  due: z.object({ state: z.enum(dueStates), at: moment }).optional(),
  /** What its own rotation policy lacks, in a sentence; absent where it lacks nothing, was not read, or where there is no schedule. */
  policyLacks: z.string().optional(),
});
export type ScheduleReport = z.infer<typeof scheduleReport>;

/** When each guarded key was last rotated, and whether each disk encryption set on it follows. */
export const rotationReport = z.object({
  at: moment,
  keys: z.array(
    scheduleReport.extend({
      vault: z.string(),
      /** Its newest version; absent where nobody has observed it yet. */
      version: z.string().optional(),
      sets: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          /** Absent where no rotation was watched since the guardian knows the set. */
          watch: z
            .object({
              /** The version that the verdict is about. */
              version: z.string(),
              verdict,
              /** The minute of its hour from which on the verdict has been given. */
              minute: z.number(),
              /** Absent where it is not watched any more. */
              nextReadAt: moment.optional(),
            })
            .optional(),
        }),
      ),
    }),
  ),
  /** What cannot be read, in sentences. */
  unreadable: z.array(z.string()),
});
export type RotationReport = z.infer<typeof rotationReport>;

const accepted = z.object({ at: moment, by: actor });

/** A vault's baseline, and what accepting it would approve, suspicious versions first. */
export const baselineReport = z.object({
  vault: z.string(),
  /** Absent where no person has accepted it. */
  accepted: accepted.optional(),
  versions: z.array(
    z.object({
      /** `key/version`; the key alone where it is deleted. */
      name: z.string(),
      isDeleted: z.boolean(),
      enabled: z.boolean().optional(),
      current: z.boolean(),
      notBefore: moment.optional(),
      expiresOn: moment.optional(),
      changedAt: moment.optional(),
      operations: z.array(z.string()).optional(),
      suspicious: z.string().optional(),
      isUsable: z.boolean(),
    }),
  ),
});
export type BaselineReport = z.infer<typeof baselineReport>;

/** What accepting a baseline came to, in numbers of versions. */
export const acceptedReport = z.object({
  vault: z.string(),
  approved: z.number(),
  /** Suspicious and not named, so that it stays as it was approved. */
  kept: z.number(),
  /** Suspicious, not named and not approved before. */
  unapproved: z.number(),
  deletedKeys: z.number(),
  /** Whether a version is needed and not usable now, so that a person has to restore it. */
  isToRestore: z.boolean(),
});
export type AcceptedReport = z.infer<typeof acceptedReport>;

/** What the trail has of a vault or a key, in the order in which things happened. */
export const trailReport = z.object({ records: z.array(auditRecord) });

/** The keys of a vault that are not as approved, and when that was last swept; `sweptAt` is absent where it never was. */
export const differingReport = z.object({ keys: z.array(z.string()), sweptAt: moment.optional() });
export type DifferingReport = z.infer<typeof differingReport>;

/** What is not as approved, and cannot be restored by a write. */
const left = z.object({
  summary: z.string(),
  verdict: z.enum(['settling', 'withheld', 'left-to-people']),
  /** Why it is withheld. */
  because: z.string().optional(),
  /** What a person can do. */
  commands: z.array(z.string()),
});

const back = {
  /** What was approved and is not any more: the deletion of the key, or what became of a version. */
  takenBack: z.array(z.enum(['deletion', 'version'])),
  /** The approvals that allow it again, unless they are withdrawn. */
  allowed: z.array(approval),
};

const unreadable = z.object({ kind: z.literal('unreadable'), because: z.string() });

/** What restoring a key would do. */
const restorePreview = z.object({
  kind: z.literal('preview'),
  takenBack: back.takenBack,
  actions: z.array(action),
  left: z.array(left),
});
export type RestorePreview = z.infer<typeof restorePreview>;
/** That, or why it cannot be read. */
export const previewReport = z.discriminatedUnion('kind', [unreadable, restorePreview]);

/** How far the restoring of a key is. */
export const restoreReport = z.discriminatedUnion('kind', [
  /** Somebody else works on the key: ask again. */
  z.object({ kind: z.literal('busy') }),
  unreadable,
  /** The person is to make these writes, each with the id of its intent as request id, and to say within 30 s what came of them. */
  z.object({
    kind: z.literal('planned'),
    id: z.string(),
    intents: z.array(z.object({ id: z.string(), action })),
    ...back,
  }),
  z.object({
    kind: z.literal('ended'),
    ended: z.array(
      z.object({
        action,
        outcome: z.enum(['done', 'begun', 'already-rotated', 'failed', 'unknown']),
        because: z.string().optional(),
      }),
    ),
    left: z.array(left),
    /** Whether more is to be restored: begin again. */
    isComing: z.boolean(),
    ...back,
  }),
]);
export type RestoreReport = z.infer<typeof restoreReport>;

/** That of one key, with what hangs on it, in words, and in a sentence how the expiry of a new version would differ, where it would. */
export const rotatePreview = scheduleReport.extend({ hangs: z.string(), otherExpiry: z.string().optional() });
export type RotatePreview = z.infer<typeof rotatePreview>;

/** What came of a test alert. */
export const channelReport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accepted') }),
  z.object({ kind: z.literal('refused'), because: z.string() }),
  z.object({ kind: z.literal('not-configured') }),
  /** The function alert has recorded nothing meanwhile. */
  z.object({ kind: z.literal('no-answer') }),
]);
