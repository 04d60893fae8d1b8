import { DAY_MS, later, utc } from '../../domain/time.ts';
import type { KeyCheck } from '../check.ts';
import { neededVersions } from '../versions.ts';

export const nothingExpiresSoon: KeyCheck = {
  id: 'nothing-expires-soon',
  on: 'key',
  demand: 'No version that something uses expires within the notify time: 30 days where the policy sets no other.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys',
  check(facts, now) {
    const { vault, key, state, notifyBeforeExpiryDays } = facts;
    if (state.kind === 'unknown') return [state];
    if (state.value.kind !== 'present') return [];
    const until = later(now, notifyBeforeExpiryDays * DAY_MS);
    return neededVersions(facts, state.value).flatMap(({ version, facts: read }) => {
      const expiresOn = read?.expiresOn;
      // One that has expired is a finding of used-version-usable.
      if (expiresOn === undefined || expiresOn <= now || expiresOn >= until) return [];
      return [
        {
          kind: 'finding',
          says: `The version ${version} expires on ${utc(expiresOn)}.`,
          date: expiresOn,
          commands: [`az keyvault key rotate --vault-name ${vault} --name ${key}`],
        },
      ];
    });
  },
};
