import type { Actor } from '../../domain/audit-record.ts';
import type { KeyRecord, RegisterChange } from '../../domain/register.ts';
import { versionIn } from '../../domain/subject.ts';
import { approvedActByOther } from '../../incidents/kinds/approved-act-by-other.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import type { StoredIncident } from '../../incidents/store.ts';

/** A person who restores a key under their own rights, in any mode and during any hold. */
export interface Restorer {
  readonly who: Actor;
  /** Whether approvals are taken back as well: what was approved before them is approved again. */
  readonly alsoApproved: boolean;
  /** The only version for which approvals are taken back; `undefined` for the whole key. */
  readonly version: string | undefined;
}

/**
 * The changes by which a person who restores takes approvals back: those that were used by somebody whom they do not allow,
 * and all of them where the person says so. What was approved before the first of them is approved again.
 */
export function takenBack(
  { approved }: KeyRecord,
  { alsoApproved, version: only }: Pick<Restorer, 'alsoApproved' | 'version'>,
  incidents: readonly StoredIncident[],
): readonly RegisterChange[] {
  const byOthers = new Set(
    incidents.flatMap(({ value }) =>
      value.state === 'open' && isOf(approvedActByOther)(value) ? [versionIn(value.subject) ?? ''] : [],
    ),
  );
  const isMeant = (version: string): boolean =>
    byOthers.has(version) || (alsoApproved && (only === undefined || only === version));
  const because = 'restored by a person';
  const deletion: readonly RegisterChange[] =
    approved.standing.kind === 'deletion-approved' && (byOthers.has('') || alsoApproved)
      ? [{ kind: 'set-standing', standing: { kind: 'kept' } }]
      : [];
  const versions = Object.entries(approved.versions).flatMap(
    ([version, { consumed, created }]): readonly RegisterChange[] => {
      const before = consumed.find((use) => use.before !== undefined)?.before;
      if (before === undefined || !isMeant(version)) return [];
      return [{ kind: 'approve-version', version, created, attributes: before, because, takenBack: true }];
    },
  );
  return [...deletion, ...versions];
}
