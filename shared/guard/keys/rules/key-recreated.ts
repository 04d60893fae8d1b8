import { type KeyRule, MAKING_OPERATIONS } from '../../../domain/finding.ts';
import { spell } from '../../../domain/key.ts';
import { approvedVersions, isKept } from '../../../domain/register.ts';
import { isSettling, SETTLING_MS } from './key-missing.ts';

export const keyRecreated: KeyRule = {
  id: 'key-recreated',
  scope: 'key',
  demand: 'A key has the approved versions with the approved key material. A new key of the same name is another key.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: MAKING_OPERATIONS,
  find({ vault, key, observed, record, now }) {
    if (observed.kind !== 'present' || !isKept(record)) return [];
    const approved = approvedVersions(record);
    const gone = approved.filter(([version]) => !observed.versions.some((candidate) => candidate.version === version));
    const swapped = observed.versions.filter((version) => {
      const known = record.approved.versions[version.version]?.fingerprint;
      const { fingerprint, formerFingerprint } = version.detail ?? {};
      return known !== undefined && fingerprint !== undefined && ![fingerprint, formerFingerprint].includes(known);
    });
    if (gone.length === 0 && swapped.length === 0) return [];
    const name = spell({ vault, key });
    // A version cannot be deleted alone: where one approved version is listed, the others are not listed yet.
    const isThatKey = swapped.length === 0 && gone.length < approved.length;
    const incompleteSince = record.observed.incompleteSince ?? now;
    const { recovering } = record.inFlight;
    const isComing = recovering !== undefined && now.getTime() - recovering.since.getTime() < SETTLING_MS;
    if (isThatKey ? isSettling(record, incompleteSince, now) : isComing && swapped.length === 0)
      return [
        {
          version: undefined,
          since: incompleteSince,
          act: undefined,
          stopsDisks: false,
          summary: `Key ${name} is coming back: ${gone.length} of ${approved.length} approved versions are not listed yet.`,
          remedy: { kind: 'wait' },
          commands: [],
        },
      ];
    const made = observed.versions.find((version) => version.version === observed.current)?.created ?? now;
    const other = swapped.length > 0 ? ', other material under an approved version' : '';
    return [
      {
        version: undefined,
        since: made,
        act: undefined,
        stopsDisks: true,
        summary: `Key ${name} is not the key that was approved: ${gone.length} of ${approved.length} approved versions are gone${other}.`,
        remedy: { kind: 'alert' },
        commands: [
          `az keyvault key restore --vault-name ${vault} --file "…"  # a backup of the key, once this one is purged`,
        ],
        abandons: 'versions',
      },
    ];
  },
};
