import type { Situation } from '../../domain/finding.ts';
import { materialOf, newestOf, type ObservedVersion, sameOperations, versionNamed } from '../../domain/key.ts';
import { eventsOn, type KeyRecord, type RegisterChange } from '../../domain/register.ts';
import { CLOCKS_APART_MS, DAY_MS, later, utc } from '../../domain/time.ts';
import { isByPolicy } from '../../rotation/schedule.ts';

/** A version that is not approved, with its faults. Without a fault it can be approved as it is. */
export interface NewVersion {
  readonly version: ObservedVersion;
  readonly faults: readonly string[];
}

/**
 * Compares each version that is not approved with the version before it. A good one is enabled, does not expire within the
 * notify time, has the same type, size and operations, was made later, and was not imported as far as audit events show.
 * Oldest first: of two new versions the second is compared with the first.
 */
export function newVersions(situation: Situation): readonly NewVersion[] {
  const { observed, record } = situation;
  if (observed.kind !== 'present') return [];
  const unapproved = observed.versions
    .filter((version) => record.approved.versions[version.version]?.attributes === undefined)
    .toSorted((one, other) => one.created.getTime() - other.created.getTime());
  const found: NewVersion[] = [];
  let predecessor = newestApproved(record);
  for (const version of unapproved) {
    const faults = faultsOf(version, predecessor, situation);
    found.push({ version, faults });
    const isNew = record.approved.versions[version.version] === undefined;
    if (faults.length === 0 && isNew && version.detail !== undefined) predecessor = { ...version, ...version.detail };
  }
  return found;
}

/** The version with which a new version is compared. */
interface Predecessor {
  readonly version: string;
  readonly created: Date;
  readonly operations: readonly string[];
  readonly keyType?: string | undefined;
  readonly keySizeBits?: number | undefined;
}

function faultsOf(
  version: ObservedVersion,
  predecessor: Predecessor | undefined,
  { observed, record, policy, now }: Situation,
): readonly string[] {
  const known = record.approved.versions[version.version];
  const faults: string[] = [];
  if (known?.revoked !== undefined) faults.push(known.revoked);
  else if (wasImported(version.version, version.created, record)) faults.push('it was imported');
  if (!version.enabled) faults.push('it is disabled');
  if (
    version.expiresOn !== undefined &&
    version.expiresOn.getTime() < later(now, policy.notifyBeforeExpiryDays * DAY_MS).getTime() &&
    !isExpected(version, policy, record)
  ) {
    faults.push(`it expires on ${utc(version.expiresOn)}`);
  }
  if (version.notBefore !== undefined && version.notBefore.getTime() > now.getTime()) {
    faults.push(`it cannot be used before ${utc(version.notBefore)}`);
  }
  const { detail } = version;
  if (predecessor === undefined) return faults;
  const { version: name, created, operations, keyType, keySizeBits } = predecessor;
  if (versionNamed(observed, name) === undefined) faults.push('the version before it is gone');
  if (version.created.getTime() < created.getTime())
    faults.push('it is older than the approved version and was not known');
  if (detail === undefined) return faults;
  if (keyType !== undefined && detail.keyType !== keyType) faults.push(`its type is ${detail.keyType}, not ${keyType}`);
  if (keySizeBits !== detail.keySizeBits && keyType !== undefined) {
    faults.push(`its size is ${detail.keySizeBits ?? 'unknown'} bits, not ${keySizeBits ?? 'unknown'}`);
  }
  if (!sameOperations(detail.operations, operations)) {
    faults.push(`its operations are ${detail.operations.join(', ')}, not ${operations.join(', ')}`);
  }
  return faults;
}

/** Whether a version has the expiry that the key's rotation policy sets: a key with a schedule is rotated before that. */
const isExpected = (version: ObservedVersion, { rotation }: Situation['policy'], { observed }: KeyRecord): boolean =>
  rotation !== undefined && isByPolicy(version, observed.rotation?.policy?.is ?? {});

/** Whether an audit event shows that a version was imported: only an event of the time at which it was made counts. */
export const wasImported = (version: string, created: Date, record: KeyRecord): boolean =>
  eventsOn(record, ['KeyImport'], version).some(
    ({ at }) => Math.abs(at.getTime() - created.getTime()) <= CLOCKS_APART_MS,
  );

const newestApproved = ({ approved }: KeyRecord): Predecessor | undefined =>
  newestOf(
    Object.entries(approved.versions).flatMap(([version, { attributes, ...known }]): readonly Predecessor[] =>
      attributes === undefined ? [] : [{ ...known, version, operations: attributes.operations }],
    ),
  );

/** The changes of the register for new versions: a version without a fault is approved as it is, any other becomes known. */
export function newVersionChanges(situation: Situation): readonly RegisterChange[] {
  return newVersions(situation).flatMap(({ version, faults }): readonly RegisterChange[] => {
    const { detail } = version;
    const known = situation.record.approved.versions[version.version];
    if (known !== undefined) return [];
    const about = { version: version.version, created: version.created, ...materialOf(detail) };
    if (faults.length > 0) return [{ kind: 'know-version', ...about, because: faults.join('; ') }];
    if (detail === undefined) return [];
    const { enabled, notBefore, expiresOn } = version;
    return [
      {
        kind: 'approve-version',
        ...about,
        attributes: { enabled, notBefore, expiresOn, operations: [...detail.operations] },
        because: 'as good as the version before it',
      },
    ];
  });
}
