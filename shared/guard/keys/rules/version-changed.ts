import type { VersionFound, VersionRule } from '../../../domain/finding.ts';
import { sameOperations, VITAL_OPERATIONS } from '../../../domain/key.ts';
import { sameMoment, utc } from '../../../domain/time.ts';

export const versionChanged: VersionRule = {
  id: 'version-changed',
  scope: 'version',
  demand:
    'A version has the dates and operations that were approved, and a retired one stays disabled, also where a change takes nothing away.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details',
  doneBy: ['KeyUpdate'],
  find(version, approved, { now }) {
    const found: VersionFound[] = [];
    // The guardian never disables anything, and takes nothing away.
    const changed = (act: NonNullable<VersionFound['act']>, says: string): void =>
      void found.push({ act, stopsDisks: false, says, remedy: { kind: 'alert' } });
    const { enabled, expiresOn, notBefore, detail } = version;
    if (!approved.enabled && enabled) changed('enable', 'is enabled and was approved as disabled');
    if (
      approved.expiresOn !== undefined &&
      (expiresOn === undefined || expiresOn.getTime() > approved.expiresOn.getTime())
    )
      changed('expire', `has expiry ${utc(expiresOn)} instead of ${utc(approved.expiresOn)}`);
    if (
      !sameMoment(notBefore, approved.notBefore) &&
      (notBefore === undefined ||
        notBefore.getTime() <= now.getTime() ||
        (approved.notBefore !== undefined && notBefore.getTime() < approved.notBefore.getTime()))
    )
      changed('not-before', `has not-before ${utc(notBefore)} instead of ${utc(approved.notBefore)}`);
    if (detail === undefined || sameOperations(detail.operations, approved.operations)) return found;
    const isLoss = VITAL_OPERATIONS.some(
      (operation) => approved.operations.includes(operation) && !detail.operations.includes(operation),
    );
    if (!isLoss)
      changed('operations', `may ${detail.operations.join(', ')} instead of ${approved.operations.join(', ')}`);
    return found;
  },
};
