import type { Situation } from '../domain/finding.ts';
import { type ObservedVersion, sameOperations } from '../domain/key.ts';
import { approvedVersions, type KeyRecord, type RegisterChange } from '../domain/register.ts';
import { DAY_MS, later } from '../domain/time.ts';

/** A version that the register does not approve, and what is wrong with it. No faults: it may be adopted. */
export interface Newborn {
  readonly version: ObservedVersion;
  readonly faults: readonly string[];
}

/**
 * Holds each version that is not approved against its predecessor: enabled, no expiry inside the notify time, same type,
 * size and operations, born after it, not imported where a record told. Oldest first, so that of two new versions the
 * second is held against the first.
 */
export function newborns(situation: Situation): readonly Newborn[] {
  const { observed, record } = situation;
  if (observed.kind !== 'present') return [];
  const strangers = observed.versions
    .filter((version) => record.versions[version.version]?.approved === undefined)
    .toSorted((one, other) => one.created.getTime() - other.created.getTime());
  return strangers.map((version) => ({ version, faults: faultsOf(version, situation) }));
}

function faultsOf(version: ObservedVersion, { observed, record, policy, now }: Situation): readonly string[] {
  const known = record.versions[version.version];
  const faults: string[] = [];
  if (known?.distrusted !== undefined) faults.push(known.distrusted);
  if (!version.enabled) faults.push('it is disabled');
  if (
    version.expiresOn !== undefined &&
    version.expiresOn.getTime() < later(now, policy.notifyBeforeExpiryDays * DAY_MS).getTime()
  ) {
    faults.push(`it expires on ${version.expiresOn.toISOString()}`);
  }
  if (version.notBefore !== undefined && version.notBefore.getTime() > now.getTime()) {
    faults.push(`it cannot be used before ${version.notBefore.toISOString()}`);
  }
  const { detail } = version;
  const predecessor = newestApproved(record);
  if (predecessor === undefined) return faults;
  const [name, approved, before] = predecessor;
  if (observed.kind === 'present' && !observed.versions.some((candidate) => candidate.version === name)) {
    faults.push('the version before it is gone');
  }
  if (version.created.getTime() < before.created.getTime())
    faults.push('it is older than the approved version and was not known');
  if (detail === undefined) return faults;
  if (before.keyType !== undefined && detail.keyType !== before.keyType)
    faults.push(`its type is ${detail.keyType}, not ${before.keyType}`);
  if (before.keySizeBits !== detail.keySizeBits && before.keyType !== undefined) {
    faults.push(`its size is ${detail.keySizeBits ?? 'unknown'} bits, not ${before.keySizeBits ?? 'unknown'}`);
  }
  if (!sameOperations(detail.operations, approved.operations)) {
    faults.push(`its operations are ${detail.operations.join(', ')}, not ${approved.operations.join(', ')}`);
  }
  return faults;
}

function newestApproved(record: KeyRecord) {
  const named = approvedVersions(record).flatMap(([version, approved]) => {
    const known = record.versions[version];
    return known === undefined ? [] : [[version, approved, known] as const];
  });
  return named.toSorted((one, other) => other[2].created.getTime() - one[2].created.getTime())[0];
}

/** What the register learns of the newborns: those without a fault are approved as they are, the others become known. */
export function newbornChanges(situation: Situation): readonly RegisterChange[] {
  return newborns(situation).flatMap(({ version, faults }): readonly RegisterChange[] => {
    const { detail } = version;
    const known = situation.record.versions[version.version];
    if (known !== undefined) return [];
    const about = {
      version: version.version,
      created: version.created,
      keyType: detail?.keyType,
      keySizeBits: detail?.keySizeBits,
      fingerprint: detail?.fingerprint,
    };
    if (faults.length > 0) return [{ kind: 'know-version', ...about, because: faults.join('; ') }];
    if (detail === undefined) return [];
    const { enabled, notBefore, expiresOn } = version;
    return [
      {
        kind: 'approve-version',
        ...about,
        approved: { enabled, notBefore, expiresOn, operations: [...detail.operations] },
        because: 'held against its predecessor',
      },
    ];
  });
}
