import { MAKING_OPERATIONS, type Rule } from '../../../domain/finding.ts';
import { spell, versionNamed } from '../../../domain/key.ts';
import { approvedVersions, isKept } from '../../../domain/register.ts';
import { agoMs } from '../../../domain/time.ts';
import { isSettling, SETTLING_MS } from './key-missing.ts';

export const keyRecreated: Rule = {
  id: 'key-recreated',
  demand: 'A key has the approved versions with the approved key material. A new key of the same name is another key.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview',
  doneBy: MAKING_OPERATIONS,
  find({ vault, key, observed, record, now }) {
    if (observed.kind !== 'present' || !isKept(record)) return [];
    const approved = approvedVersions(record);
    const gone = approved.filter(([version]) => versionNamed(observed, version) === undefined);
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
    const isComing = recovering !== undefined && agoMs(recovering.since, now) < SETTLING_MS;
    if (isThatKey ? isSettling(record, incompleteSince, now) : isComing && swapped.length === 0)
      return [
        {
          since: incompleteSince,
          stopsDisks: false,
          summary: `Key ${name} is coming back: ${gone.length} of ${approved.length} approved versions are not listed yet.`,
          isSettling: true,
        },
      ];
    const made = versionNamed(observed, observed.current)?.created ?? now;
    const other = swapped.length > 0 ? ', other material under an approved version' : '';
    return [
      {
        since: made,
        stopsDisks: true,
        summary: `Key ${name} is not the key that was approved: ${gone.length} of ${approved.length} approved versions are gone${other}. Copy off what the running machines hold before anything else: the old key comes back only from a backup.`,
        commands: [
          `az keyvault key restore --vault-name ${vault} --file "…"  # if there is a backup of the old key, once the new one is deleted and purged: purge protection delays that by up to 90 days`,
        ],
        abandons: 'versions',
      },
    ];
  },
};
