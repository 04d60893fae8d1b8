import { utc } from '../../../domain/time.ts';
import { versionRule } from '../version-rule.ts';

export const versionNotBeforeLater = versionRule({
  id: 'version-not-before-later',
  demand: "A version's not-before is no later than approved.",
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  find(version, approved, { now }) {
    const { notBefore } = version;
    if (notBefore === undefined || notBefore.getTime() <= now.getTime()) return [];
    if (approved.notBefore !== undefined && notBefore.getTime() <= approved.notBefore.getTime()) return [];
    const found = {
      act: 'not-before',
      stopsDisks: approved.enabled,
      says: `cannot be used before ${utc(notBefore)}; approved: ${approved.notBefore === undefined ? 'no not-before' : utc(approved.notBefore)}`,
    } as const;
    if (!approved.enabled) return [found];
    // Azure cannot remove a date that was set: the time at which the version was made has the same effect.
    const restore = { notBefore: approved.notBefore ?? version.created };
    return [{ ...found, restore, approves: approved.notBefore === undefined ? restore : undefined }];
  },
});
