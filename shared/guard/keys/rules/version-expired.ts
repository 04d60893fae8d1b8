import type { VersionRule } from '../../../domain/finding.ts';
import { utc } from '../../../domain/time.ts';

export const versionExpired: VersionRule = {
  id: 'version-expired',
  scope: 'version',
  demand: 'A version in use is rotated before its approved expiry passes.',
  severity: 'error',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys',
  doneBy: [],
  find(version, approved, { now }) {
    const { expiresOn } = version;
    // An expiry nearer than approved is another rule's: this one is only about time passing.
    if (!approved.enabled || expiresOn === undefined || approved.expiresOn === undefined) return undefined;
    if (expiresOn.getTime() > now.getTime() || expiresOn.getTime() < approved.expiresOn.getTime()) return undefined;
    return {
      act: undefined,
      since: expiresOn,
      stopsDisks: true,
      says: `expired on ${utc(expiresOn)}, as approved: rotate the key`,
      remedy: { kind: 'tell' },
    };
  },
};
