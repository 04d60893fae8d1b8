import * as z from 'zod';
import { approval } from '../domain/approval.ts';
import { actor, auditRecord } from '../domain/audit-record.ts';
import { hanging } from '../domain/hanging.ts';
import { hold } from '../domain/hold.ts';
import { incident } from '../domain/incident.ts';
import { modes } from '../domain/policy.ts';
import { moment } from '../domain/time.ts';

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
