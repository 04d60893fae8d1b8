import { type KeyRule, MAKING_OPERATIONS } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import { isLetGo, type Standing } from '../../../domain/register.ts';
import { utc } from '../../../domain/time.ts';
import { newVersions } from '../new-versions.ts';

export const versionNotApproved: KeyRule = {
  id: 'version-not-approved',
  scope: 'key',
  demand:
    'A new version is as usable as the one before it, and a key that people let go does not come back: else a person accepts it first.',
  severity: 'error',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation',
  doneBy: [...MAKING_OPERATIONS, 'KeyRecover'],
  find(situation) {
    const { vault, key, observed, record, now } = situation;
    if (observed.kind !== 'present') return [];
    const accept = (version: string): readonly string[] => [
      `key-guardian baseline show ${vault}`,
      `key-guardian baseline accept ${vault} --as-shown ${key}/${version}`,
    ];
    const alertOnly = { act: undefined, stopsDisks: false, remedy: { kind: 'alert' } } as const;
    if (isLetGo(record))
      return [
        {
          ...alertOnly,
          version: undefined,
          since: record.observed.backSince ?? now,
          summary: `Key ${spell({ vault, key })} is back: ${howItWent(record.approved.standing)}. It is not guarded until a person accepts its versions.`,
          commands: accept(observed.current),
        },
      ];
    return (
      newVersions(situation)
        // One that was only not approved, and has no fault of its own any more, still waits for a person.
        .filter(({ version, faults }) => faults.length > 0 || record.approved.versions[version.version] !== undefined)
        .map(({ version: { version, created }, faults }) => ({
          ...alertOnly,
          version,
          since: created,
          summary: `Version ${version} of ${spell({ vault, key })} is not approved: ${faults.length > 0 ? faults.join('; ') : 'it fell short when it was first observed'}.`,
          commands: accept(version),
        }))
    );
  },
};

function howItWent(standing: Standing): string {
  switch (standing.kind) {
    case 'kept':
      return 'it was kept';
    case 'deletion-approved':
      return `it was deleted on ${utc(standing.deletedOn)} with approval ${standing.approval}`;
    case 'abandoned':
      return `it was abandoned on ${utc(standing.at)} (${standing.because})`;
    default:
      return standing satisfies never;
  }
}
