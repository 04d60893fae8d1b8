import type { VersionRule } from '../../../domain/finding.ts';
import { utc } from '../../../domain/time.ts';

export const versionNotBeforeLater: VersionRule = {
  id: 'version-not-before-later',
  scope: 'version',
  demand: 'A version can be used from when it was approved to be.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  doneBy: ['KeyUpdate'],
  find(version, approved, { now }) {
    const { notBefore } = version;
    if (notBefore === undefined || notBefore.getTime() <= now.getTime()) return undefined;
    if (approved.notBefore !== undefined && notBefore.getTime() <= approved.notBefore.getTime()) return undefined;
    const finding = {
      act: 'not-before',
      stopsDisks: true,
      says: `cannot be used before ${utc(notBefore)}; approved was ${utc(approved.notBefore)}`,
    } as const;
    if (!approved.enabled) return { ...finding, stopsDisks: false, remedy: { kind: 'tell' } };
    if (approved.notBefore !== undefined)
      return { ...finding, remedy: { kind: 'restore', change: { notBefore: approved.notBefore } } };
    // Azure keeps a date once it is set: the earliest one that says the same is the version's own birth.
    const change = { notBefore: version.created };
    return { ...finding, remedy: { kind: 'restore', change, approves: change } };
  },
};
