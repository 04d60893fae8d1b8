import { NEEDED_OPERATIONS, sameOperations } from '../../../domain/key.ts';
import { DAY_MS, later, sameMoment, utc } from '../../../domain/time.ts';
import { type VersionFound, versionRule } from '../version-rule.ts';

export const versionChanged = versionRule({
  id: 'version-changed',
  demand:
    'A version has the approved dates and operations, and stays disabled where it was approved as disabled. A change that leaves it usable is alerted only.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details',
  find(version, approved, { policy, now }) {
    const found: VersionFound[] = [];
    // Alerted only: the guardian never disables a version, and never makes it less usable.
    const changed = (act: NonNullable<VersionFound['act']>, says: string, takenBackBy?: string): void =>
      void found.push({ act, stopsDisks: false, says, takenBackBy });
    const { enabled, expiresOn, notBefore, detail } = version;
    if (!approved.enabled && enabled) changed('enable', 'is enabled and was approved as disabled', '--enabled false');
    if (
      approved.expiresOn !== undefined &&
      (expiresOn === undefined || expiresOn.getTime() > approved.expiresOn.getTime())
    )
      changed(
        'expire',
        `${expiresOn === undefined ? 'has no expiry' : `expires on ${utc(expiresOn)}`}; approved: ${utc(approved.expiresOn)}`,
        // One that has been reached, or soon is, would stop what uses the version.
        approved.expiresOn > later(now, policy.notifyBeforeExpiryDays * DAY_MS)
          ? `--expires ${seconds(approved.expiresOn)}`
          : undefined,
      );
    if (
      !sameMoment(notBefore, approved.notBefore) &&
      (notBefore === undefined ||
        notBefore.getTime() <= now.getTime() ||
        (approved.notBefore !== undefined && notBefore.getTime() < approved.notBefore.getTime()))
    )
      changed(
        'not-before',
        `has ${spellNotBefore(notBefore)}; approved: ${spellNotBefore(approved.notBefore)}`,
        approved.notBefore && `--not-before ${seconds(approved.notBefore)}`,
      );
    if (detail === undefined || sameOperations(detail.operations, approved.operations)) return found;
    const isLoss = NEEDED_OPERATIONS.some(
      (operation) => approved.operations.includes(operation) && !detail.operations.includes(operation),
    );
    if (!isLoss)
      changed(
        'operations',
        `allows the operations ${detail.operations.join(', ')}; approved were ${approved.operations.join(', ')}`,
        `--ops ${approved.operations.join(' ')}`,
      );
    return found;
  },
});

/** A moment as the Azure CLI takes it: `2027-01-01T00:00:00Z`. */
const seconds = (moment: Date): string => moment.toISOString().replace(/\.\d+/, '');

const spellNotBefore = (notBefore: Date | undefined): string =>
  notBefore === undefined ? 'no not-before' : `the not-before ${utc(notBefore)}`;
