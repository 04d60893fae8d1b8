import * as z from 'zod';
import { escaped } from '../escaped.ts';
import { keyId, spell } from '../key.ts';
import { resourceName } from '../resource-manager.ts';
import { keyOf } from '../subject.ts';
import { versionUrl } from '../vault-object.ts';
import type { ActionFacts, Writers } from './action.ts';

/** Points a disk encryption set at a newer version of its key. `from` is its active version when it was decided. */
export const updateSet = z.object({
  kind: z.literal('update-set'),
  ...keyId.shape,
  /** Id of the set in Resource Manager, in lower case. */
  set: z.string(),
  version: z.string(),
  from: z.string(),
});

/**
 * The facts of pointing a set at a version. It is recorded with the key, beside the verdict on the set. No version shows it:
 * the set does, some time after the answer.
 * @see https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/update
 */
export const updateSetFacts = ({ vault, key, set, version }: z.infer<typeof updateSet>): ActionFacts<Writers> => ({
  subject: keyOf({ vault, key }),
  says: `point the disk encryption set ${escaped(resourceName(set))} at ${spell({ vault, key, version })}`,
  loggedAs: 'Microsoft.Compute/diskEncryptionSets/write',
  showsAtOnce: false,
  send: ({ resourceManagerWrites }, requestId) =>
    resourceManagerWrites.pointSet(set, versionUrl({ vault, key, version }), requestId),
  isShown: () => false,
});
