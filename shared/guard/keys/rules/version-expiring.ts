import type { VersionFound, VersionRule } from '../../../domain/finding.ts';
import type { Attributes, ObservedVersion } from '../../../domain/key.ts';
import { DAY_MS, later, utc, wholeSecond } from '../../../domain/time.ts';

/** How far ahead an expiry goes that cannot be taken away again: ten years of 365 days, in ms. */
const TEN_YEARS_MS = 3650 * DAY_MS;

export const versionExpiring: VersionRule = {
  id: 'version-expiring',
  scope: 'version',
  demand:
    'A version expires no earlier than approved, and is rotated before; an expiry pulled inside the notify time is undone.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  doneBy: ['KeyUpdate'],
  find(version, approved, { policy, now }) {
    const { expiresOn } = version;
    if (expiresOn === undefined) return [];
    if (approved.expiresOn !== undefined && expiresOn.getTime() >= approved.expiresOn.getTime())
      return expired(expiresOn, approved, now);
    const found = {
      act: 'expire',
      stopsDisks: approved.enabled && expiresOn.getTime() <= now.getTime(),
      says: `expires on ${utc(expiresOn)}; approved was ${utc(approved.expiresOn)}`,
    } as const;
    const notifyFrom = later(now, policy.notifyBeforeExpiryDays * DAY_MS);
    // A retired version needs no time to be used in, and an expiry that is far away leaves people time.
    if (!approved.enabled || expiresOn.getTime() >= notifyFrom.getTime())
      return [{ ...found, remedy: { kind: 'alert' } }];
    if (approved.expiresOn !== undefined)
      return [{ ...found, remedy: { kind: 'restore', change: { expiresOn: approved.expiresOn } } }];
    // Azure keeps a date once it is set: the approved "no expiry" cannot be had again.
    const change = { expiresOn: later(wholeSecond(now), TEN_YEARS_MS) };
    return [{ ...found, remedy: { kind: 'restore', change, approves: change } }];
  },
  // Accepting an expiry that has passed would mend nothing.
  commands: ({ vault, key }) => [`az keyvault key rotate --vault-name ${vault} --name ${key}`],
};

/** Time has passed, and nobody did anything. */
function expired(
  expiresOn: NonNullable<ObservedVersion['expiresOn']>,
  approved: Attributes,
  now: Date,
): readonly VersionFound[] {
  if (!approved.enabled || expiresOn.getTime() > now.getTime()) return [];
  const says = `expired on ${utc(expiresOn)}, as approved: rotate the key`;
  return [{ act: undefined, since: expiresOn, stopsDisks: true, says, remedy: { kind: 'alert' } }];
}
