import type { PostureCheck } from '../check.ts';
import { accessByRoles } from './access-by-roles.ts';
import { auditEventsSent } from './audit-events-sent.ts';
import { deleteLock } from './delete-lock.ts';
import { disksUnderCustomerKey } from './disks-under-customer-key.ts';
import { keyFitsDisks } from './key-fits-disks.ts';
import { nobodyMayDestroyKeys } from './nobody-may-destroy-keys.ts';
import { nothingExpiresSoon } from './nothing-expires-soon.ts';
import { purgeProtectionOn } from './purge-protection-on.ts';
import { rotationPolicyFires } from './rotation-policy-fires.ts';
import { setAutoRotates } from './set-auto-rotates.ts';
import { setMayUseKey } from './set-may-use-key.ts';
import { setWithoutError } from './set-without-error.ts';
import { softDelete90Days } from './soft-delete-90-days.ts';
import { usedVersionUsable } from './used-version-usable.ts';

/** Every check of an estate, what does harm first. One file a check; a test holds this list to the folder. */
export const checks: readonly PostureCheck[] = [
  usedVersionUsable,
  setMayUseKey,
  keyFitsDisks,
  setWithoutError,
  nothingExpiresSoon,
  purgeProtectionOn,
  softDelete90Days,
  deleteLock,
  accessByRoles,
  nobodyMayDestroyKeys,
  auditEventsSent,
  rotationPolicyFires,
  setAutoRotates,
  disksUnderCustomerKey,
];
