import { DAY_MS, later, utc, wholeSecond } from '../../../domain/time.ts';
import { versionRule } from '../version-rule.ts';

/** How far ahead an expiry is set that cannot be removed: ten years of 365 days, in ms. */
const TEN_YEARS_MS = 3650 * DAY_MS;

export const versionExpiring = versionRule({
  id: 'version-expiring',
  demand:
    'A version expires no earlier than approved, and its key is rotated before that. An expiry moved to within the notify time is undone.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  find(version, approved, { policy, now }) {
    const { expiresOn } = version;
    if (expiresOn === undefined) return [];
    if (approved.expiresOn !== undefined && expiresOn.getTime() >= approved.expiresOn.getTime()) {
      // An approved expiry that has been reached: nobody changed anything.
      if (!approved.enabled || expiresOn.getTime() > now.getTime()) return [];
      return [
        { since: expiresOn, stopsDisks: true, says: `expired on ${utc(expiresOn)}, as approved: rotate the key` },
      ];
    }
    const found = {
      act: 'expire',
      stopsDisks: approved.enabled && expiresOn.getTime() <= now.getTime(),
      says: `expires on ${utc(expiresOn)}; approved: ${approved.expiresOn === undefined ? 'no expiry' : utc(approved.expiresOn)}`,
    } as const;
    const notifyFrom = later(now, policy.notifyBeforeExpiryDays * DAY_MS);
    // Alerted only: nothing uses a retired version, and an expiry that is far away leaves people time.
    if (!approved.enabled || expiresOn.getTime() >= notifyFrom.getTime()) return [found];
    // Azure cannot remove a date that was set: the approved "no expiry" cannot be restored.
    const restore = { expiresOn: approved.expiresOn ?? later(wholeSecond(now), TEN_YEARS_MS) };
    return [{ ...found, restore, approves: approved.expiresOn === undefined ? restore : undefined }];
  },
  // Accepting an expiry in the past would make nothing usable.
  commands: ({ vault, key }) => [`az keyvault key rotate --vault-name ${vault} --name ${key}`],
});
