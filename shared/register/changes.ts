import type { KeyRecord, RegisterChange, VersionRecord } from '../domain/register.ts';

/** The register's row of a key after changes of what is approved. Applying them twice is applying them once. */
export function withChanges(record: KeyRecord, changes: readonly RegisterChange[]): KeyRecord {
  return changes.reduce(withChange, record);
}

function withChange(record: KeyRecord, change: RegisterChange): KeyRecord {
  switch (change.kind) {
    case 'approve-version': {
      const known = record.versions[change.version];
      const spent = withSpent(known?.spent ?? [], change.spent);
      return withVersion(record, change.version, {
        ...known,
        ...aboutVersion(change, known),
        accepted: change.accepted ?? known?.accepted,
        spent,
        approved: change.approved,
      });
    }
    case 'know-version': {
      const known = record.versions[change.version];
      return withVersion(record, change.version, {
        ...known,
        ...aboutVersion(change, known),
        spent: known?.spent ?? [],
        approved: undefined,
      });
    }
    case 'distrust-version': {
      const known = record.versions[change.version];
      return known === undefined
        ? record
        : withVersion(record, change.version, { ...known, approved: undefined, distrusted: change.because });
    }
    case 'approve-deletion': {
      const { kind: _, ...approvedDeletion } = change;
      return { ...record, approvedDeletion };
    }
    case 'forget-deletion':
      return {
        ...record,
        approvedDeletion: undefined,
        endedDeletion: record.approvedDeletion?.deletedOn ?? record.endedDeletion,
      };
    default:
      return change satisfies never;
  }
}

function withSpent(
  spent: VersionRecord['spent'],
  use: VersionRecord['spent'][number] | undefined,
): VersionRecord['spent'] {
  if (use === undefined) return spent;
  const isThat = ({ approval, act, at }: typeof use): boolean =>
    approval === use.approval && act === use.act && at.getTime() === use.at.getTime();
  return [...spent.filter((other) => !isThat(other)), use];
}

/** The record with what is known of one version replaced. */
export const withVersion = (record: KeyRecord, version: string, known: VersionRecord): KeyRecord => ({
  ...record,
  versions: { ...record.versions, [version]: known },
});

const aboutVersion = (
  change: Extract<RegisterChange, { kind: 'approve-version' | 'know-version' }>,
  known: VersionRecord | undefined,
) => ({
  created: change.created,
  keyType: change.keyType ?? known?.keyType,
  keySizeBits: change.keySizeBits ?? known?.keySizeBits,
  fingerprint: change.fingerprint ?? known?.fingerprint,
});

/** A change of what is approved of one key. */
export type KeyChange = readonly [key: string, change: RegisterChange];

/** The changes of each key, in their order. */
export function changesByKey(changes: readonly KeyChange[]): ReadonlyMap<string, readonly RegisterChange[]> {
  const byKey = new Map<string, RegisterChange[]>();
  for (const [key, change] of changes) byKey.set(key, [...(byKey.get(key) ?? []), change]);
  return byKey;
}
