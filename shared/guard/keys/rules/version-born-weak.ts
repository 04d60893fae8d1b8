import { type KeyRule, MAKING_OPERATIONS } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import { newborns } from '../../newborn.ts';

export const versionBornWeak: KeyRule = {
  id: 'version-born-weak',
  scope: 'key',
  demand:
    'A new version is as usable as the one before it; one that falls short is not approved until a person says so.',
  severity: 'error',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation',
  doneBy: MAKING_OPERATIONS,
  find: (situation) =>
    (situation.record.approvedDeletion === undefined ? newborns(situation) : [])
      // One that was only not approved, and has no fault of its own any more, still waits for a person.
      .filter(({ version, faults }) => faults.length > 0 || situation.record.versions[version.version] !== undefined)
      .map(({ version, faults }) => ({
        version: version.version,
        since: version.created,
        act: undefined,
        stopsDisks: false,
        summary: `Version ${version.version} of ${spell(situation)} is not approved: ${faults.length > 0 ? faults.join('; ') : 'it fell short when it was first seen'}.`,
        remedy: { kind: 'tell' },
      })),
};
