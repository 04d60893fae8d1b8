import type { Action, Decision, Verdict, Withholding } from '../domain/decision.ts';
import type { Situation } from '../domain/finding.ts';
import type { ObservedKey, ObservedVersion } from '../domain/key.ts';
import { approvedVersions, type KeyRecord, type VersionRecord } from '../domain/register.ts';
import { HOUR_MS } from '../domain/time.ts';
import { withChanges, withVersion } from '../register/changes.ts';

/**
 * The register's row of a key after a look: what was approved by it, what was seen, and what is settling.
 *
 * @param readAt when reading began: what came to be later may not be in it
 */
export function afterLook(
  situation: Situation,
  decision: Pick<Decision, 'changes' | 'judgements'>,
  readAt: Date,
): KeyRecord {
  const { observed, now } = situation;
  const record = withChanges(situation.record, decision.changes);
  const recent = record.undone.filter(({ at }) => now.getTime() - at.getTime() < HOUR_MS);
  const base: KeyRecord = {
    ...record,
    undone: recent,
    // Of a key that is not there no version can list: the next time it comes back begins anew.
    incompleteSince: observed.kind === 'present' ? record.incompleteSince : undefined,
    absentSince: observed.kind === 'absent' ? (record.absentSince ?? now) : undefined,
    backSince:
      observed.kind === 'present' && record.approvedDeletion !== undefined ? (record.backSince ?? now) : undefined,
    lastLookFound: decision.judgements.length > 0 ? true : undefined,
  };
  switch (observed.kind) {
    case 'absent':
      return base;
    case 'deleted': {
      const left = verdictOn(undefined, decision) === 'left' ? { leftDeleted: observed.deletedOn } : {};
      // A deletion of its own time is a new one: what was begun for the last one is over.
      return base.recovering?.deletedOn.getTime() === observed.deletedOn.getTime()
        ? { ...base, ...left }
        : { ...base, ...left, recovering: undefined };
    }
    case 'present':
      return afterPresent(observed, base, decision, readAt, now);
    default:
      return observed satisfies never;
  }
}

function afterPresent(
  observed: Extract<ObservedKey, { kind: 'present' }>,
  base: KeyRecord,
  decision: Pick<Decision, 'judgements'>,
  readAt: Date,
  now: Date,
): KeyRecord {
  const versions = { ...base.versions };
  for (const version of observed.versions) {
    const known = versions[version.version];
    if (known !== undefined)
      versions[version.version] = {
        ...known,
        ...materialOf(known, version),
        seen: seenNow(version, known, verdictOn(version.version, decision), readAt),
        differing: differingNow(version.version, decision),
      };
  }
  const back = approvedVersions(base).every(([version]) =>
    observed.versions.some((shown) => shown.version === version),
  );
  return {
    ...base,
    versions,
    current: observed.current,
    leftDeleted: undefined,
    purged: undefined,
    incompleteSince: back ? undefined : (base.incompleteSince ?? now),
    recovering: back ? undefined : base.recovering,
  };
}

/** The material of a version that could not be read while it was disabled, and can be now. */
const materialOf = ({ fingerprint }: VersionRecord, { detail }: ObservedVersion): Partial<VersionRecord> =>
  fingerprint === undefined && detail !== undefined
    ? { keyType: detail.keyType, keySizeBits: detail.keySizeBits, fingerprint: detail.fingerprint }
    : {};

/** The register's row after our own writes: what differs after them is the work of somebody else, and has a date of its own. */
export function afterWriting(record: KeyRecord, actions: readonly Action[]): KeyRecord {
  return actions.reduce(afterWrite, record);
}

function afterWrite(record: KeyRecord, action: Action): KeyRecord {
  switch (action.kind) {
    case 'recover-key':
      return record;
    case 'restore-version': {
      const known = record.versions[action.version];
      if (known?.differing === undefined) return record;
      const { enabled, notBefore, expiresOn, operations } = action.change;
      const { disable, enable, expire, 'not-before': later, operations: removed } = known.differing;
      const differing = {
        ...(enabled === undefined ? { disable, enable } : {}),
        ...(expiresOn === undefined ? { expire } : {}),
        ...(notBefore === undefined ? { 'not-before': later } : {}),
        ...(operations === undefined ? { operations: removed } : {}),
      };
      return withVersion(record, action.version, { ...known, differing });
    }
    default:
      return action satisfies never;
  }
}

function seenNow(
  version: ObservedVersion,
  known: VersionRecord,
  verdict: 'good' | 'undo' | 'left',
  readAt: Date,
): VersionRecord['seen'] {
  const { updated, enabled, notBefore, expiresOn, detail } = version;
  const operations = detail === undefined ? (known.seen ?? known.approved)?.operations : [...detail.operations];
  // What is disabled may not be shown in full: then its list is all that there is to see until it is enabled.
  const inFullAt = detail === undefined && enabled ? known.seen?.inFullAt : readAt;
  if (operations === undefined || inFullAt === undefined) return known.seen;
  return { at: readAt, updated, enabled, notBefore, expiresOn, operations, inFullAt, verdict };
}

function verdictOn(
  version: string | undefined,
  { judgements }: Pick<Decision, 'judgements'>,
): 'good' | 'undo' | 'left' {
  // What is only told was never to be undone: it leaves nothing bad.
  const verdicts = judgements
    .filter(({ finding, verdict }) => finding.version === version && verdict.kind !== 'told')
    .map(({ verdict }) => verdict);
  if (verdicts.length === 0) return 'good';
  return verdicts.some(isStillToUndo) ? 'undo' : 'left';
}

function isStillToUndo(verdict: Verdict): boolean {
  switch (verdict.kind) {
    case 'undo':
    case 'settling':
      return true;
    case 'withheld':
      return waitsAMoment(verdict.because);
    case 'approved':
    case 'told':
      return false;
    default:
      return verdict satisfies never;
  }
}

/** A write that only waits a moment has not been decided against. */
function waitsAMoment(because: Withholding): boolean {
  switch (because) {
    case 'once-a-minute':
    case 'recovering':
      return true;
    case 'alert-only':
    case 'no-baseline':
    case 'hold':
    case 'undated':
    case 'mass-brake':
    case 'uncounted':
    case 'managed':
      return false;
    default:
      return because satisfies never;
  }
}

/** Since when the attributes are as they are that were found not to be as approved. */
function differingNow(version: string, { judgements }: Pick<Decision, 'judgements'>): VersionRecord['differing'] {
  const dated = judgements.flatMap(({ finding, verdict }) => {
    const { version: of, act, since, latest, previous, undated, after } = finding;
    if (of !== version || act === undefined || verdict.kind === 'approved') return [];
    return [[act, { since, latest, previous, undated, after: undated === undefined ? undefined : after }] as const];
  });
  return dated.length === 0 ? undefined : Object.fromEntries(dated);
}
