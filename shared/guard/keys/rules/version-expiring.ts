import type { ObservedVersion } from '../../../domain/key.ts';
import { DAY_MS, later, utc, wholeSecond } from '../../../domain/time.ts';
import { isRefused, type RefusedDates, versionRule } from '../version-rule.ts';

/** How far ahead an expiry is set that cannot be removed: ten years of 365 days, in ms. */
const TEN_YEARS_MS = 3650 * DAY_MS;

/** The latest expiry that the service takes: ten years ahead, or the end of the validity that it allows. */
function latestExpiry({ created }: ObservedVersion, refused: RefusedDates | undefined, now: Date): Date {
  const tenYears = later(wholeSecond(now), TEN_YEARS_MS);
  if (refused?.longestDays === undefined) return tenYears;
  // UNCONFIRMED: the validity may count from a later moment than the version's beginning.
  const allowed = later(created, refused.longestDays * DAY_MS);
  return allowed.getTime() < tenYears.getTime() ? allowed : tenYears;
}

export const versionExpiring = versionRule({
  id: 'version-expiring',
  demand:
    'A version expires no earlier than approved, and its key is rotated before that. An expiry moved to within the notify time is undone.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
  find(version, approved, { policy, record, now }) {
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
      stopsOn: approved.enabled ? expiresOn : undefined,
      says: `${expiresOn <= now ? 'expired' : 'expires'} on ${utc(expiresOn)}; approved: ${approved.expiresOn === undefined ? 'no expiry' : utc(approved.expiresOn)}`,
    } as const;
    const notifyFrom = later(now, policy.notifyBeforeExpiryDays * DAY_MS);
    // Alerted only: nothing uses a retired version, and an expiry that is far away leaves people time.
    if (!approved.enabled || expiresOn.getTime() >= notifyFrom.getTime()) return [found];
    const refused = record.inFlight.refusedDates?.[version.version];
    if (approved.expiresOn !== undefined && !isRefused(approved.expiresOn, refused))
      return [{ ...found, restore: { expiresOn: approved.expiresOn } }];
    // Azure cannot remove a date that was set, and does not take every date: what was approved cannot be restored.
    const restore = { expiresOn: latestExpiry(version, refused, now) };
    if (restore.expiresOn.getTime() <= Math.max(expiresOn.getTime(), now.getTime())) return [found];
    const says = `${found.says}. Azure takes neither a date away nor that one: the expiry ${utc(restore.expiresOn)} is set instead`;
    return [{ ...found, ...(approved.expiresOn === undefined ? {} : { says }), restore, approves: restore }];
  },
  // Accepting an expiry in the past would make nothing usable.
  commands: ({ vault, key }) => [`az keyvault key rotate --vault-name ${vault} --name ${key}`],
});
