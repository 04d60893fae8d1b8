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
    if (notBefore === undefined || notBefore.getTime() <= now.getTime()) return [];
    if (approved.notBefore !== undefined && notBefore.getTime() <= approved.notBefore.getTime()) return [];
    const found = {
      act: 'not-before',
      stopsDisks: approved.enabled,
      says: `cannot be used before ${utc(notBefore)}; approved was ${utc(approved.notBefore)}`,
    } as const;
    if (!approved.enabled) return [{ ...found, remedy: { kind: 'alert' } }];
    if (approved.notBefore !== undefined)
      return [{ ...found, remedy: { kind: 'restore', change: { notBefore: approved.notBefore } } }];
    // Azure keeps a date once it is set: the earliest one that says the same is the version's own making.
    const change = { notBefore: version.created };
    return [{ ...found, remedy: { kind: 'restore', change, approves: change } }];
  },
};
