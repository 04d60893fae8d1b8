import { VITAL_OPERATIONS } from '../../../domain/key.ts';
import { versionRule } from '../version-rule.ts';

export const versionOperationsRemoved = versionRule({
  id: 'version-operations-removed',
  demand: 'A version allows wrapKey and unwrapKey where they were approved.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-access-control',
  find(version, approved) {
    const operations = version.detail?.operations;
    if (operations === undefined) return [];
    const removed = VITAL_OPERATIONS.filter(
      (operation) => approved.operations.includes(operation) && !operations.includes(operation),
    );
    if (removed.length === 0) return [];
    return [
      {
        act: 'operations',
        stopsDisks: approved.enabled,
        says: `does not allow ${removed.join(' and ')} any more`,
        ...(approved.enabled ? { restore: { operations: approved.operations } } : {}),
      },
    ];
  },
});
