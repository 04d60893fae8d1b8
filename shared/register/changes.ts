import type { ApprovedVersion, KeyRecord, RegisterChange } from '../domain/register.ts';

/** The register's row of a key after changes of what is approved. Applying a change twice has no further effect. */
export function withChanges(record: KeyRecord, changes: readonly RegisterChange[]): KeyRecord {
  return changes.reduce(withChange, record);
}

function withChange(record: KeyRecord, change: RegisterChange): KeyRecord {
  const { approved } = record;
  if (change.kind === 'set-standing') return { ...record, approved: { ...approved, standing: change.standing } };
  const next = nextVersion(change, approved.versions[change.version]);
  if (next === undefined) return record;
  return { ...record, approved: { ...approved, versions: { ...approved.versions, [change.version]: next } } };
}

function nextVersion(
  change: Exclude<RegisterChange, { kind: 'set-standing' }>,
  known: ApprovedVersion | undefined,
): ApprovedVersion | undefined {
  switch (change.kind) {
    case 'approve-version':
      return {
        ...aboutVersion(change, known),
        accepted: change.accepted ?? known?.accepted,
        consumed: change.takenBack === true ? [] : withConsumption(known?.consumed ?? [], change.consumed),
        attributes: change.attributes,
      };
    case 'know-version':
      return { ...aboutVersion(change, known), attributes: undefined };
    case 'revoke-version':
      return known && { ...known, attributes: undefined, revoked: change.because };
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

const aboutVersion = (
  change: Extract<RegisterChange, { kind: 'approve-version' | 'know-version' }>,
  known: ApprovedVersion | undefined,
) => ({
  consumed: [],
  ...known,
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
