import type { VersionRule } from '../../../domain/finding.ts';

export const retiredVersionEnabled: VersionRule = {
  id: 'retired-version-enabled',
  scope: 'version',
  demand: 'A version that was retired stays disabled until a person says otherwise.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/secure-keys',
  doneBy: ['KeyUpdate'],
  find: (version, approved) =>
    !approved.enabled && version.enabled
      ? {
          act: 'enable',
          stopsDisks: false,
          says: 'is enabled and was approved as disabled',
          // The guardian never disables anything.
          remedy: { kind: 'tell' },
        }
      : undefined,
};
