import type { Ended } from '../../domain/decision.ts';
import type { Finding } from '../../domain/finding.ts';
import {
  type AttributeChange,
  materialOf,
  type ObservedKey,
  type ObservedVersion,
  versionNamed,
} from '../../domain/key.ts';
import {
  type ApprovedVersion,
  approvedVersions,
  type Difference,
  difference,
  differenceKey,
  isKept,
  type KeyRecord,
  type LastObserved,
  operationsShownAt,
} from '../../domain/register.ts';
import { sameMoment } from '../../domain/time.ts';
import { withChanges } from '../../register/changes.ts';
import type { KeyDecision } from './decide.ts';
import { undoneLately } from './flapping.ts';
import { isRefused } from './version-rule.ts';

/**
 * The register's row of a key after a decision: what it approved, what was observed, and what is not finished.
 *
 * @param readAt when reading it began: a later change may not be in it
 */
export function nextRecord(
  before: KeyRecord,
  decision: KeyDecision,
  { observed, readAt, now }: { readonly observed: ObservedKey; readonly readAt: Date; readonly now: Date },
): KeyRecord {
  const record = withChanges(before, decision.changes);
  const findings = decision.judgements.filter(({ verdict }) => verdict.kind !== 'approved').map((one) => one.finding);
  const isBack = observed.kind === 'present' && isEveryApproved(record, observed.versions);
  const { recovering } = record.inFlight;
  // A recovery has ended where the key shows a deletion at another time.
  const isDeletedAgain =
    observed.kind === 'deleted' && recovering?.deletedOn.getTime() !== observed.deletedOn.getTime();
  return {
    ...record,
    approved: { ...record.approved, versions: withMaterial(record, observed) },
    observed: {
      ...record.observed,
      ...(observed.kind === 'present'
        ? { current: observed.current, versions: lastObservedNow(observed.versions, record, readAt) }
        : {}),
      differing: differingNow(findings, record, observed),
      foundSomething: decision.judgements.length > 0 ? true : undefined,
      absentSince: observed.kind === 'absent' ? (record.observed.absentSince ?? now) : undefined,
      incompleteSince: observed.kind === 'present' && !isBack ? (record.observed.incompleteSince ?? now) : undefined,
      backSince: observed.kind === 'present' && !isKept(record) ? (record.observed.backSince ?? now) : undefined,
    },
    inFlight: {
      ...record.inFlight,
      undone: [...undoneLately(record, now)],
      recovering: isBack || isDeletedAgain ? undefined : recovering,
    },
    audit: observed.kind === 'present' ? { ...record.audit, purged: undefined } : record.audit,
  };
}

const isEveryApproved = (record: KeyRecord, shown: readonly ObservedVersion[]): boolean =>
  approvedVersions(record).every(([version]) => shown.some((candidate) => candidate.version === version));

/** The approved versions, with the key material of those that were disabled and could not be read before. */
function withMaterial(record: KeyRecord, observed: ObservedKey): Record<string, ApprovedVersion> {
  const versions = { ...record.approved.versions };
  for (const { version, detail } of observed.kind === 'present' ? observed.versions : []) {
    const known = versions[version];
    if (known === undefined || detail === undefined || known.fingerprint !== undefined) continue;
    versions[version] = { ...known, ...materialOf(detail) };
  }
  return versions;
}

/** The last observations of a key's versions, with those of the versions that are shown now. @param readAt when reading them began */
export function lastObservedNow(
  shown: readonly ObservedVersion[],
  record: KeyRecord,
  readAt: Date,
): KeyRecord['observed']['versions'] {
  const versions = { ...record.observed.versions };
  for (const version of shown) {
    const last = asObserved(version, record, readAt);
    if (last !== undefined && record.approved.versions[version.version] !== undefined) versions[version.version] = last;
  }
  return versions;
}

/** What the register remembers of a version as it is observed now; as before where its operations are not known. */
function asObserved(version: ObservedVersion, record: KeyRecord, readAt: Date): LastObserved | undefined {
  const { updated, enabled, notBefore, expiresOn, detail } = version;
  const last = record.observed.versions[version.version];
  const approved = record.approved.versions[version.version]?.attributes;
  const operations = detail === undefined ? (last ?? approved)?.operations : [...detail.operations];
  if (operations === undefined) return last;
  const shown = { at: readAt, updated, enabled, notBefore, expiresOn, operations };
  if (detail !== undefined && detail.asLastRead === undefined) return { ...shown, inFullAt: readAt };
  // A disabled version may not be shown in full: until it is enabled, only its item in the list is known.
  if (detail === undefined && !enabled)
    return { ...shown, inFullAt: readAt, ...(last === undefined ? {} : { operationsAt: operationsShownAt(last) }) };
  return last === undefined ? last : { ...last, ...shown };
}

/** What differs now. What this observation did not show stays as it was: a hold under which it came to be must not be forgotten. */
function differingNow(
  findings: readonly Finding[],
  record: KeyRecord,
  observed: ObservedKey,
): Record<string, Difference> {
  const kept = Object.entries(record.observed.differing).filter(([name]) => !isShown(name, observed));
  return Object.fromEntries([
    ...kept,
    ...findings.flatMap((found) =>
      found.act === undefined ? [] : [[differenceKey(found.version, found.act), difference.parse(found)] as const],
    ),
  ]);
}

/** Whether an observation shows what a difference is about. Operations are shown only where a version was read in full. */
function isShown(name: string, observed: ObservedKey): boolean {
  const [version, act] = name.split(':');
  if (version === '') return observed.kind !== 'absent';
  const shown = versionNamed(observed, version);
  return shown !== undefined && (shown.detail !== undefined || act !== 'operations');
}

/**
 * The register's row after writes: what was undone, which recovery has begun, and what the vault's answers showed. A
 * difference found after that is a later act of somebody else.
 */
export const recordAfterActing = (before: KeyRecord, ended: readonly Ended[], now: Date): KeyRecord =>
  ended.reduce((record, one) => (one.isTaken ? afterAct(record, one, now) : afterRefusal(record, one)), before);

/** The record with the approved dates that the service refused to take. Others are not remembered: each is tried once anyway. */
function afterRefusal(record: KeyRecord, { intent: { action }, outcome }: Ended): KeyRecord {
  if (action.kind !== 'restore-version' || outcome.kind !== 'failed' || outcome.refusedDate === undefined)
    return record;
  const { version, change } = action;
  const { refusedDates = {} } = record.inFlight;
  const before = refusedDates[version];
  const approved = record.approved.versions[version]?.attributes;
  const tried = [change.notBefore, change.expiresOn].filter((date) => date !== undefined);
  const added = tried.filter(
    (date) =>
      (sameMoment(date, approved?.notBefore) || sameMoment(date, approved?.expiresOn)) && !isRefused(date, before),
  );
  const refused = { ...before, ...outcome.refusedDate, dates: [...(before?.dates ?? []), ...added] };
  return { ...record, inFlight: { ...record.inFlight, refusedDates: { ...refusedDates, [version]: refused } } };
}

function afterAct(record: KeyRecord, { intent, outcome, wasOpen }: Ended, now: Date): KeyRecord {
  const { action, findings, by } = intent;
  const undone = [...record.inFlight.undone];
  const unanswered = wasOpen === true || outcome.kind === 'unknown' ? true : undefined;
  // What a person restores is not undone by the guardian, and makes no key flap.
  for (const { version, since, otherwiseAt } of by === undefined ? findings : []) {
    if (!undone.some((other) => other.version === version && other.since.getTime() === since.getTime()))
      undone.push({ version, since, otherwiseAt, at: now, unanswered });
  }
  const written = { ...record, inFlight: { ...record.inFlight, undone } };
  switch (action.kind) {
    case 'recover-key': {
      // A recovery without an answer may not have begun: it is sent again where the key still shows the same deletion.
      if (outcome.kind !== 'begun') return written;
      const { recovering: before } = record.inFlight;
      // A person's word counts once for each deletion: said again and again, it would keep the guardian from recovering the key.
      const isSaidAgain = by !== undefined && before?.deletedOn.getTime() === action.deletedOn.getTime();
      const recovering = isSaidAgain ? before : { since: now, deletedOn: action.deletedOn };
      return { ...written, inFlight: { ...written.inFlight, recovering } };
    }
    case 'rotate-key':
    case 'update-set':
      return record;
    case 'set-rotation-policy': {
      // One whose outcome nobody knows may not have been set: it is set again.
      if (outcome.kind === 'unknown') return record;
      const rotation = { ...record.observed.rotation, written: { at: now, policy: action.policy } };
      return { ...record, observed: { ...record.observed, rotation } };
    }
    case 'restore-version':
      return outcome.kind === 'unknown' ? written : withWritten(written, action.version, action.change);
    default:
      return action satisfies never;
  }
}

/** The record with the written attributes. The others were not read, so the time of the observation stays. */
function withWritten(record: KeyRecord, version: string, change: AttributeChange): KeyRecord {
  const last = record.observed.versions[version];
  if (last === undefined) return record;
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const versions = { ...record.observed.versions, [version]: { ...last, ...given } };
  return { ...record, observed: { ...record.observed, versions } };
}
