import type { VersionRule } from '../../../domain/finding.ts';

export const versionDisabled: VersionRule = {
  id: 'version-disabled',
  scope: 'version',
  demand: 'A version that was approved as enabled is enabled.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys',
  doneBy: ['KeyUpdate'],
  find: (version, approved) =>
    approved.enabled && !version.enabled
      ? [
          {
            act: 'disable',
            stopsDisks: true,
            says: 'is disabled and was approved as enabled',
            restore: { enabled: true },
          },
        ]
      : [],
};
