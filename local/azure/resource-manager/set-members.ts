import { z } from 'zod';
import type { Resource, Resources } from './store.ts';

/** The type of a disk encryption set. */
export const SETS = 'Microsoft.Compute/diskEncryptionSets';

/** A key as a set names it. */
export const activeKey = z.object({ sourceVault: z.object({ id: z.string() }).optional(), keyUrl: z.string() });
/** The identity of a set. */
export const setIdentity = z.object({
  type: z.string(),
  principalId: z.string().optional(),
  tenantId: z.string().optional(),
  userAssignedIdentities: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
/** What a set's members mean. */
export const setMembers = z.object({
  identity: setIdentity.optional(),
  properties: z.looseObject({
    activeKey: activeKey.optional(),
    encryptionType: z.string().default('EncryptionAtRestWithCustomerKey'),
    previousKeys: z.array(activeKey).optional(),
    rotationToLatestKeyVersionEnabled: z.boolean().optional(),
    autoKeyRotationError: z.looseObject({}).optional(),
    federatedClientId: z.string().optional(),
  }),
});

/** What refers to a set: disks and snapshots by their encryption, disks of confidential machines by their security profile. */
const follower = z.object({
  encryption: z.object({ diskEncryptionSetId: z.string().optional() }).optional(),
  securityProfile: z.object({ secureVMDiskEncryptionSetId: z.string().optional() }).optional(),
});
const FOLLOWERS = ['Microsoft.Compute/disks', 'Microsoft.Compute/snapshots'];

/** The set that a disk or snapshot is under, as its id is spelled there; undefined where it is under none. */
export function setIdOf({ properties }: Resource): string | undefined {
  const { data } = follower.safeParse(properties);
  return data?.encryption?.diskEncryptionSetId ?? data?.securityProfile?.secureVMDiskEncryptionSetId;
}

/** Disks and snapshots under a set. */
export function* underSet(resources: Resources, setId: string): Iterable<Resource> {
  for (const type of FOLLOWERS)
    for (const resource of resources.ofType(type))
      if (setIdOf(resource)?.toLowerCase() === setId.toLowerCase()) yield resource;
}

/** Whether two addresses name the same version: `:443`, a slash at the end and the case of the host say nothing. */
export function isSameKey(one: string, other: string): boolean {
  const parts = (url: string): string =>
    URL.canParse(url) ? `${new URL(url).host}${new URL(url).pathname}`.replace(/\/$/, '') : url;
  return parts(one) === parts(other);
}
