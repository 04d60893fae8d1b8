import type { VersionRule } from '../../../domain/finding.ts';
import { DAY_MS, later, utc } from '../../../domain/time.ts';

/** How far ahead an expiry goes that cannot be taken away again: ten years of 365 days, in ms. */
const TEN_YEARS_MS = 3650 * DAY_MS;

export const versionExpiryNearer: VersionRule = {
  id: 'version-expiry-nearer',
  scope: 'version',
  demand: 'A version expires no earlier than approved; an expiry pulled inside the notify time is undone.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  doneBy: ['KeyUpdate'],
  find(version, approved, { policy, now }) {
    const { expiresOn } = version;
    if (expiresOn === undefined) return undefined;
    if (approved.expiresOn !== undefined && expiresOn.getTime() >= approved.expiresOn.getTime()) return undefined;
    const finding = {
      act: 'expire',
      stopsDisks: expiresOn.getTime() <= now.getTime(),
      says: `expires on ${utc(expiresOn)}; approved was ${utc(approved.expiresOn)}`,
    } as const;
    const notifyFrom = later(now, policy.notifyBeforeExpiryDays * DAY_MS);
    // A retired version needs no time to be used in, and an expiry that is far away leaves people time to look at it.
    if (!approved.enabled || expiresOn.getTime() >= notifyFrom.getTime())
      return { ...finding, remedy: { kind: 'tell' } };
    if (approved.expiresOn !== undefined)
      return { ...finding, remedy: { kind: 'restore', change: { expiresOn: approved.expiresOn } } };
    // Azure keeps a date once it is set: the approved "no expiry" cannot be had again.
    const change = { expiresOn: later(wholeSecond(now), TEN_YEARS_MS) };
    return { ...finding, remedy: { kind: 'restore', change, approves: change } };
  },
};

const wholeSecond = (moment: Date): Date => new Date(Math.floor(moment.getTime() / 1000) * 1000);
