import { type KeyRule, MAKING_OPERATIONS } from '../../../domain/finding.ts';
import { approvedVersions } from '../../../domain/register.ts';
import { SETTLING_MS } from './key-missing.ts';

export const keyRecreated: KeyRule = {
  id: 'key-recreated',
  scope: 'key',
  demand: 'A key holds the versions and the material that were approved; another key under its name is not that key.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: MAKING_OPERATIONS,
  find({ vault, key, observed, record, now }) {
    if (observed.kind !== 'present' || record.approvedDeletion !== undefined) return [];
    const approved = approvedVersions(record);
    const gone = approved.filter(([version]) => !observed.versions.some((candidate) => candidate.version === version));
    const swapped = observed.versions.filter((version) => {
      const known = record.versions[version.version]?.fingerprint;
      return known !== undefined && version.detail !== undefined && version.detail.fingerprint !== known;
    });
    if (gone.length === 0 && swapped.length === 0) return [];
    // No version is deleted by itself: where one of the key is there, the others have not listed yet, for a while.
    const isThatKey = swapped.length === 0 && gone.length < approved.length;
    const comingBackSince = record.recovering?.since ?? (isThatKey ? (record.incompleteSince ?? now) : undefined);
    const settling = comingBackSince !== undefined && now.getTime() - comingBackSince.getTime() < SETTLING_MS;
    const born = observed.versions.find((version) => version.version === observed.current)?.created ?? now;
    return [
      {
        version: undefined,
        since: settling ? comingBackSince : born,
        act: undefined,
        stopsDisks: !settling,
        summary: settling
          ? `Key ${vault}/${key} is coming back: ${gone.length} of ${approved.length} approved versions do not list yet.`
          : `Key ${vault}/${key} is not the key that was approved: ${gone.length} of ${approved.length} approved versions are gone${swapped.length > 0 ? ', other material under an approved version' : ''}.`,
        remedy: settling ? { kind: 'wait' } : { kind: 'tell' },
      },
    ];
  },
};
