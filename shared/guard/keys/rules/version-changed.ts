import type { VersionRule } from '../../../domain/finding.ts';
import { sameOperations, VITAL_OPERATIONS } from '../../../domain/key.ts';
import { sameMoment, utc } from '../../../domain/time.ts';

export const versionChanged: VersionRule = {
  id: 'version-changed',
  scope: 'version',
  demand: 'A version has the dates and operations that were approved, also where the change takes nothing away.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details',
  doneBy: ['KeyUpdate'],
  find(version, approved, { now }) {
    const changes: { readonly act: 'expire' | 'not-before' | 'operations'; readonly says: string }[] = [];
    const { expiresOn, notBefore, detail } = version;
    if (
      approved.expiresOn !== undefined &&
      (expiresOn === undefined || expiresOn.getTime() > approved.expiresOn.getTime())
    ) {
      changes.push({
        act: 'expire',
        says: `has expiry ${utc(expiresOn)} instead of ${utc(approved.expiresOn)}`,
      });
    }
    if (
      !sameMoment(notBefore, approved.notBefore) &&
      (notBefore === undefined ||
        notBefore.getTime() <= now.getTime() ||
        (approved.notBefore !== undefined && notBefore.getTime() < approved.notBefore.getTime()))
    ) {
      changes.push({
        act: 'not-before',
        says: `has not-before ${utc(notBefore)} instead of ${utc(approved.notBefore)}`,
      });
    }
    if (detail !== undefined && !sameOperations(detail.operations, approved.operations)) {
      const lost = VITAL_OPERATIONS.some(
        (operation) => approved.operations.includes(operation) && !detail.operations.includes(operation),
      );
      if (!lost)
        changes.push({
          act: 'operations',
          says: `may ${detail.operations.join(', ')} instead of ${approved.operations.join(', ')}`,
        });
    }
    if (changes.length === 0) return undefined;
    return {
      // An approval names one act: what changed in several ways at once is nobody's approved act.
      act: changes.length === 1 ? changes[0]?.act : undefined,
      stopsDisks: false,
      says: changes.map((change) => change.says).join('; '),
      remedy: { kind: 'tell' },
    };
  },
};
