import { type ApprovableAct, attributeOf } from '../../domain/approval.ts';
import type { Finding, Found, Situation } from '../../domain/finding.ts';
import { type Hold, holdDuring } from '../../domain/hold.ts';
import { type ObservedVersion, sameOperations, versionNamed } from '../../domain/key.ts';
import {
  type Difference,
  differenceKey,
  type LastObserved,
  lastPresentAt,
  operationsShownAt,
} from '../../domain/register.ts';
import { isWatched } from '../../domain/survey.ts';
import { sameMoment } from '../../domain/time.ts';

/** A situation, with what else shows when a difference began. */
export interface Dating extends Situation {
  readonly holds: readonly Hold[];
  /** When the last good sweep began that did not find the key differing; `undefined` where there was none. */
  readonly sweptOtherwiseAt: Date | undefined;
}

/**
 * A rule's finding, with the time at which its state began. As long as that state does not change, the difference stays the
 * same: a later change of another attribute moves neither its beginning nor its deadline.
 */
export function dated(found: Found, given: Dating): Finding {
  const { act, version, since = given.now } = found;
  if (act === undefined) return { ...found, since, firstObservedAt: given.now };
  const standing = given.record.observed.differing[differenceKey(version, act)];
  const difference = version === undefined ? ofKey(since, standing, given) : ofVersion(act, version, standing, given);
  if (difference === standing) return { ...found, ...difference };
  const from = difference.otherwiseAt ?? difference.firstObservedAt;
  const hold = holdDuring(given.holds, given, from, difference.firstObservedAt)?.id;
  return { ...found, ...difference, ...(hold === undefined ? {} : { hold }) };
}

/** The difference of the key as a whole. A deletion at another time is another difference. */
function ofKey(since: Date, standing: Difference | undefined, { record, now, sweptOtherwiseAt }: Dating): Difference {
  if (standing !== undefined && standing.since.getTime() === since.getTime()) return standing;
  const presentAt = lastPresentAt(record, now);
  if (presentAt === undefined) return { since, firstObservedAt: now };
  return { since, firstObservedAt: now, otherwiseAt: earlier(since, laterOf(presentAt, sweptOtherwiseAt)) };
}

function ofVersion(act: ApprovableAct, name: string, standing: Difference | undefined, given: Dating): Difference {
  const { record, now, sweptOtherwiseAt } = given;
  const version = versionNamed(given.observed, name);
  const last = record.observed.versions[name];
  if (version === undefined || last === undefined) return { since: version?.updated ?? now, firstObservedAt: now };
  if (isAsObserved(act, version, last)) return standing ?? { since: version.updated, firstObservedAt: last.at };
  if (act === 'operations')
    return { since: operationsChangedAt(last, version), firstObservedAt: now, otherwiseAt: operationsShownAt(last) };
  const isSwept = isCurrent(name, given) || isSweptEachMinute(name, given);
  const otherwiseAt = laterOf(last.at, isSwept ? sweptOtherwiseAt : undefined);
  return { since: version.updated, firstObservedAt: now, otherwiseAt };
}

/** When the operations of a version changed, as far as its own times tell. */
function operationsChangedAt(last: LastObserved, { updated }: ObservedVersion): Date {
  // A disablement hid them: what moved `updated` since is what enabled the version again, as the guardian does.
  if (last.operationsAt !== undefined) return last.updated;
  // Nobody confirmed that a change of operations moves `updated`: then it was at any time since they were last read.
  return sameMoment(last.updated, updated) ? last.inFullAt : updated;
}

const earlier = (one: Date, other: Date): Date => (one.getTime() <= other.getTime() ? one : other);
const laterOf = (one: Date, other: Date | undefined): Date =>
  other === undefined || one.getTime() >= other.getTime() ? one : other;

const isCurrent = (version: string, { observed, record }: Situation): boolean =>
  observed.kind === 'present' && observed.current === version && record.observed.current === version;

/** Whether each sweep shows the version: the current one always, others only where a known user may need them. */
const isSweptEachMinute = (version: string, { pinned, record }: Situation): boolean =>
  isWatched(version, pinned) && record.approved.versions[version]?.attributes?.enabled === true;

/** Whether the attribute that an act changes is as it was last observed. */
function isAsObserved(act: ApprovableAct, version: ObservedVersion, last: LastObserved): boolean {
  const attribute = attributeOf[act];
  if (attribute === undefined) return false;
  if (attribute === 'operations')
    return version.detail === undefined || sameOperations(version.detail.operations, last.operations);
  return version[attribute]?.valueOf() === last[attribute]?.valueOf();
}
