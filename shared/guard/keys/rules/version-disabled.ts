import { versionRule } from '../version-rule.ts';

export const versionDisabled = versionRule({
  id: 'version-disabled',
  demand: 'A version that was approved as enabled is enabled.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys',
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
});
