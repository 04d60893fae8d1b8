import * as z from 'zod';
import { moment } from './time.ts';

/** What kinds of resources can need a key. */
export const userKinds = ['disk-encryption-set', 'storage-account', 'sql-server', 'azure-disk-encryption'] as const;
export type UserKind = (typeof userKinds)[number];

/** A resource that needs versions of a key. */
export const keyUser = z.object({
  kind: z.enum(userKinds),
  /** Its id in Resource Manager, in lower case. */
  id: z.string(),
  name: z.string(),
  /** The versions that it may need: a set's active and previous ones. Empty where it follows the newest. */
  versions: z.array(z.string()),
  /** Whether it takes a new version by itself. */
  follows: z.boolean(),
  /** Why the key is not to be rotated now, as the disk encryption set shows it; absent where nothing of it is against that. */
  hinders: z.enum(['confidential-set', 'set-error', 'previous-keys']).optional(),
  /** Who calls the vault for it: object ids of its identities, in lower case. */
  objectIds: z.array(z.string()),
  /** The application that calls for it from another tenant. */
  applicationId: z.string().optional(),
  /** How many of each hang on it. */
  disks: z.number().int(),
  snapshots: z.number().int(),
  images: z.number().int(),
  /** How many machines and scale sets have a disk that hangs on it; absent where they were not counted. */
  machines: z.number().int().optional(),
});
export type KeyUser = z.infer<typeof keyUser>;

/**
 * Whether nothing hangs on a user of a key. The disks of a scale set are no resources: only its model shows them.
 *
 * @returns `undefined` where that is not known: what could not be read may hang on it
 */
export function isEmpty(
  { disks, snapshots, images, machines }: KeyUser,
  { unknown }: Pick<KeyUse, 'unknown'>,
): boolean | undefined {
  if (disks + snapshots + images + (machines ?? 0) > 0) return false;
  return machines === undefined || unknown.length > 0 ? undefined : true;
}

/** A machine, or a scale set, with a disk that hangs on a key. */
export const usingMachine = z.object({
  id: z.string(),
  name: z.string(),
  /** `unknown` where Resource Graph does not say. */
  power: z.enum(['running', 'stopped', 'unknown']),
  encryptionAtHost: z.boolean().optional(),
});
export type UsingMachine = z.infer<typeof usingMachine>;

const POWERS: readonly UsingMachine['power'][] = ['running', 'unknown', 'stopped'];
/** Orders machines: running ones first, those that are known to be stopped last. */
export const runningFirst = (one: Pick<UsingMachine, 'power'>, other: Pick<UsingMachine, 'power'>): number =>
  POWERS.indexOf(one.power) - POWERS.indexOf(other.power);

/** What hangs on one key, as the last survey found it: a row of the table `uses`. */
export const keyUse = z.object({
  surveyedAt: moment,
  users: z.array(keyUser),
  /** The machines, running ones first; at most 50 of `machineCount`. */
  machines: z.array(usingMachine),
  machineCount: z.number().int(),
  runningCount: z.number().int(),
  /** What could not be read, each in plain words: none of it counts as absent. */
  unknown: z.array(z.string()),
});
export type KeyUse = z.infer<typeof keyUse>;
