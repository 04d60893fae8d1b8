import { VITAL_OPERATIONS } from '../../domain/key.ts';
import { DAY_MS, later, utc } from '../../domain/time.ts';
import type { KeyCheck, Said } from '../check.ts';
import type { KeyFacts, VersionFacts } from '../facts.ts';
import { type NeededVersion, neededVersions } from '../versions.ts';

export const usedVersionUsable: KeyCheck = {
  id: 'used-version-usable',
  on: 'key',
  demand: 'Every version of a key that something uses is there, enabled, within its dates, and may wrap and unwrap.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys',
  check(facts, now) {
    const { vault, key, state } = facts;
    if (state.kind === 'unknown') return [state];
    const name = `--vault-name ${vault} --name ${key}`;
    switch (state.value.kind) {
      case 'deleted': {
        const { deletedOn, scheduledPurgeOn } = state.value;
        const until = scheduledPurgeOn === undefined ? '' : `, and is gone for good on ${utc(scheduledPurgeOn)}`;
        const commands = [`az keyvault key recover ${name}`];
        return [
          { kind: 'finding', says: `The key was deleted on ${utc(deletedOn)}${until}.`, date: deletedOn, commands },
        ];
      }
      case 'absent':
        return [
          {
            kind: 'finding',
            says: ABSENT[state.value.seenBy],
            commands: [`az keyvault key list-deleted --vault-name ${vault}`],
          },
        ];
      case 'present':
        return neededVersions(facts, state.value).flatMap((needed) => unusable(facts, needed, now));
      default:
        return state.value satisfies never;
    }
  },
};

const ABSENT = {
  'Key Vault': 'The vault has no such key, neither present nor deleted.',
  'Resource Manager': 'Resource Manager shows no such key: it was deleted or purged.',
} as const;

function unusable({ vault, key }: KeyFacts, { version, facts }: NeededVersion, now: Date): readonly Said[] {
  if (facts === undefined) return [{ kind: 'finding', says: `The key has no version ${version}, which is in use.` }];
  const set = `az keyvault key set-attributes --vault-name ${vault} --name ${key} --version ${version}`;
  return wrong(facts, now).map(({ says, date, change }) => ({
    kind: 'finding',
    says: `The version ${version} ${says}.`,
    ...(date === undefined ? {} : { date }),
    commands: [`${set} ${change}`],
  }));
}

interface Wrong {
  readonly says: string;
  readonly date: Date | undefined;
  readonly change: string;
}

function wrong({ enabled, notBefore, expiresOn, updated, operations }: VersionFacts, now: Date): readonly Wrong[] {
  const missing = operations === undefined ? [] : VITAL_OPERATIONS.filter((each) => !operations.includes(each));
  const since = updated === undefined ? '' : `, changed last on ${utc(updated)}`;
  return [
    ...(enabled ? [] : [{ says: `is disabled${since}`, date: updated, change: '--enabled true' }]),
    ...(notBefore !== undefined && notBefore > now
      ? [{ says: `is not valid before ${utc(notBefore)}`, date: notBefore, change: `--not-before ${iso(now)}` }]
      : []),
    ...(expiresOn !== undefined && expiresOn <= now
      ? [{ says: `expired on ${utc(expiresOn)}`, date: expiresOn, change: `--expires ${iso(later(now, YEAR_MS))}` }]
      : []),
    ...(missing.length === 0
      ? []
      : [{ says: `may not ${missing.join(' and ')}${since}`, date: updated, change: '--ops wrapKey unwrapKey' }]),
  ];
}

const YEAR_MS = 365 * DAY_MS;

const iso = (moment: Date): string => `${moment.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
