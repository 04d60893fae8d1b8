import type { ApprovedVersion, KeyRecord, RegisterChange } from '../domain/register.ts';

/** The register's row of a key after changes of what is approved. Applying a change twice has no further effect. */
export function withChanges(record: KeyRecord, changes: readonly RegisterChange[]): KeyRecord {
  return changes.reduce(withChange, record);
}

function withChange(record: KeyRecord, change: RegisterChange): KeyRecord {
  switch (change.kind) {
    case 'approve-version': {
      const known = record.approved.versions[change.version];
      return withVersion(record, change.version, {
        ...known,
        ...aboutVersion(change, known),
        accepted: change.accepted ?? known?.accepted,
        consumed: change.takenBack === true ? [] : withConsumption(known?.consumed ?? [], change.consumed),
        attributes: change.attributes,
      });
    }
    case 'know-version': {
      const known = record.approved.versions[change.version];
      const consumed = known?.consumed ?? [];
      return withVersion(record, change.version, {
        ...known,
        ...aboutVersion(change, known),
        consumed,
        attributes: undefined,
      });
    }
    case 'revoke-version': {
      const known = record.approved.versions[change.version];
      return known === undefined
        ? record
        : withVersion(record, change.version, { ...known, attributes: undefined, revoked: change.because });
    }
    case 'set-standing':
      return { ...record, approved: { ...record.approved, standing: change.standing } };
    default:
      return change satisfies never;
  }
}

function withConsumption(
  consumed: ApprovedVersion['consumed'],
  use: ApprovedVersion['consumed'][number] | undefined,
): ApprovedVersion['consumed'] {
  if (use === undefined) return consumed;
  const isThat = ({ approval, act, at }: typeof use): boolean =>
    approval === use.approval && act === use.act && at.getTime() === use.at.getTime();
  return [...consumed.filter((other) => !isThat(other)), use];
}

const withVersion = (record: KeyRecord, version: string, known: ApprovedVersion): KeyRecord => ({
  ...record,
  approved: { ...record.approved, versions: { ...record.approved.versions, [version]: known } },
});

const aboutVersion = (
  change: Extract<RegisterChange, { kind: 'approve-version' | 'know-version' }>,
  known: ApprovedVersion | undefined,
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
