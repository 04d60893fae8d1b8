import type { Actor } from '../../../domain/audit-record.ts';
import { MAKING_OPERATIONS, type Rule } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import { type AuditEvent, eventsOn, type KeyRecord, type Standing } from '../../../domain/register.ts';
import { CLOCKS_APART_MS, utc } from '../../../domain/time.ts';
import { newVersions } from '../new-versions.ts';

export const versionNotApproved: Rule = {
  id: 'version-not-approved',
  demand:
    'A new version is as usable as the version before it. A person has to accept any other version, and a key that comes back after it was deleted with approval or abandoned.',
  severity: 'error',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation',
  doneBy: [...MAKING_OPERATIONS, 'KeyRecover'],
  find(situation) {
    const { vault, key, observed, record, now } = situation;
    if (observed.kind !== 'present') return [];
    const accept = (version: string): readonly string[] => [
      `key-guardian baseline show ${vault}  # what it is`,
      `key-guardian baseline accept ${vault} --as-shown ${key}/${version}  # if it was meant so: it is guarded from then on`,
    ];
    const gone = goneOf(record.approved.standing);
    if (gone !== undefined) {
      const since = record.observed.backSince ?? now;
      return [
        {
          since,
          stopsDisks: false,
          by: broughtBackBy(record, gone.at, since),
          summary: `Key ${spell({ vault, key })} is back: ${gone.how}. It is not guarded until a person accepts its versions.`,
          commands: accept(observed.current),
        },
      ];
    }
    return (
      newVersions(situation)
        // A version that was not approved still waits for a person after its faults were mended.
        .filter(({ version, faults }) => faults.length > 0 || record.approved.versions[version.version] !== undefined)
        .map(({ version: { version, created }, faults }) => ({
          version,
          since: created,
          stopsDisks: false,
          // What follows to it may need it, or will.
          mayFail: true as const,
          summary: `Version ${version} of ${spell({ vault, key })} is not approved: ${faults.length > 0 ? faults.join('; ') : 'it did not pass the checks for a new version when first observed'}. It is not guarded until a person accepts it.`,
          commands: [
            ...accept(version),
            `az keyvault key rotate --vault-name ${vault} --name ${key}  # if it was not: makes a good version, which is used in its place`,
          ],
        }))
    );
  },
};

/** When and how a key had gone that is back; `undefined` where it was to be kept. */
function goneOf(standing: Standing): { readonly at: Date; readonly how: string } | undefined {
  switch (standing.kind) {
    case 'kept':
      return undefined;
    case 'deletion-approved': {
      const { deletedOn: at, approval } = standing;
      return { at, how: `it was deleted on ${utc(at)} with approval ${approval}` };
    }
    case 'abandoned':
      return { at: standing.at, how: `it was abandoned on ${utc(standing.at)} (${standing.because})` };
    default:
      return standing satisfies never;
  }
}

/** Who brought back a key that had been deleted with approval or abandoned. The vault has no time of that; a version made later does not count. */
function broughtBackBy(record: KeyRecord, goneAt: Date, backSince: Date): Actor | undefined {
  const between = ({ at }: AuditEvent): boolean =>
    at.getTime() >= goneAt.getTime() && at.getTime() <= backSince.getTime() + CLOCKS_APART_MS;
  const recovered = eventsOn(record, ['KeyRecover'], undefined).findLast(between);
  // A key that was purged is not recovered: somebody made another key of its name.
  return (recovered ?? eventsOn(record, MAKING_OPERATIONS, undefined).find(between))?.by;
}
