import type { Unwraps } from '../domain/arrivals.ts';
import type { Progress, Rotation, Verdict, WatchedSet } from '../domain/propagation.ts';
import { type DiskEncryptionSet, MANAGEMENT_REFUSED, type ManagementAnswer } from '../domain/resource-manager.ts';
import { CLOCKS_APART_MS, HOUR_MS, later, MINUTE_MS } from '../domain/time.ts';
import { type VaultObject, vaultObject } from '../domain/vault-object.ts';

/** When a set is read, in minutes from the beginning of its hour. The last two of the hour are far enough from its end to be repeated where an execution is killed. */
const READ_AT_MINUTES = [2, 8, 16, 26, 40, 53, 58, 75, 120, 240, 480, 960, 1440] as const;
/** The last two reads of the hour begin with this minute. */
const LAST_TWO_FROM = 53;
/** The read of this minute ends the hour: what does not follow by then is late. */
const LAST_OF_THE_HOUR = 58;
const HOUR_MINUTES = 60;
/** A second read that is due by this minute still comes before the hour is over: it is queued within half a minute, and read within half a minute. */
const SECOND_BY_MINUTE = 59;
/** The records of an hour from the second read on cannot be there before. */
const PROOF_FROM_MINUTE = 120;
/** Two reads this far apart show that a set follows, in ms. */
const APART_MS = 5 * MINUTE_MS;
/** A read that was refused is repeated after so long within the hour, in ms. */
const AFTER_REFUSAL_MS = MINUTE_MS;

/** One read of a set. */
export interface SetRead {
  readonly answer: ManagementAnswer<DiskEncryptionSet>;
  readonly at: Date;
  /** Whether nothing is under it; `undefined` where nobody knows. */
  readonly isEmpty: boolean | undefined;
}

/** What is known besides the read. */
export interface KnownOfKey {
  /** When a version of the key was made; `undefined` where it is not known. */
  createdOf(version: string): Date | undefined;
  /** Whether a key is guarded. */
  isGuarded(vault: string, key: string): boolean;
  /** Of the set's callers, since it follows; `undefined` where no records are to be had. */
  readonly unwraps: Unwraps | undefined;
}

/** A verdict, with what is to be remembered of the reads. */
export interface Judged {
  readonly verdict: Verdict;
  readonly progress: Progress;
}

/** What a watch knows before a read. */
export type Watch = Pick<WatchedSet, 'rotation' | 'from' | 'progress' | 'verdict' | 'updated'>;

/**
 * The verdict on a set after one more read. Pure. Resource Manager says what the set shows, and the vault's records prove it.
 * A set shows its new version as active before its disks are wrapped anew, and `Succeeded` although it was stopped.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys
 */
export function verdictOf(watch: Watch, read: SetRead, known: KnownOfKey): Judged {
  const { answer, at } = read;
  const isOver = minuteOf(watch.from, at) >= LAST_OF_THE_HOUR;
  switch (answer.kind) {
    case 'ok':
      return shownVerdict(watch, answer.value, read, isOver, known);
    case 'missing':
      return { verdict: { kind: 'gone' }, progress: watch.progress };
    default: {
      const { verdict, progress } = watch;
      // What an earlier read showed still stands.
      const because = MANAGEMENT_REFUSED[answer.kind];
      return { verdict: isOver && isOpen(verdict) ? { kind: 'unreachable', because } : verdict, progress };
    }
  }
}

const NEWLY = 'it has shown for less than five minutes that it follows';
const UNREAD = { kind: 'unreachable', because: 'it was not read in the last minutes of its hour' } as const;

function shownVerdict(
  { rotation, from, progress, verdict: before, updated }: Watch,
  set: DiskEncryptionSet,
  read: SetRead,
  isOver: boolean,
  known: KnownOfKey,
): Judged {
  const active = set.keyUrl === undefined ? undefined : vaultObject(set.keyUrl);
  const remembered = { ...progress, followsSince: undefined };
  if (active !== undefined && !isOf(rotation, active)) {
    const isGuarded = active.at === 'vault' && active.kind === 'key' && known.isGuarded(active.vault, active.name);
    return { verdict: { kind: 'moved', to: spelled(active), isGuarded }, progress: remembered };
  }
  const isShown = active !== undefined && isActive(rotation, active, set);
  const next: Progress = {
    ...remembered,
    ...(isShown ? { showedVersion: true } : {}),
    ...(active?.version !== undefined && !isShown ? { showedOther: true } : {}),
  };
  const not = (verdict: Verdict): Judged => ({ verdict, progress: next });
  if (set.errorCode !== undefined)
    return not({ kind: 'stuck', code: set.errorCode, message: set.errorMessage ?? 'no message' });
  if (active !== undefined && !isShown) {
    const to = active.version;
    if (to !== undefined && isReverted(rotation, progress, to, set, known)) return not({ kind: 'reverted', to });
    const isConfidential = isForConfidential(set);
    // One that the guardian pointed at the version is to show it, as one that rotates by itself.
    const isUpdated = updated?.version === rotation.version;
    if (isConfidential || (set.autoRotation !== true && !isUpdated))
      return not({ kind: 'not-rotating', isConfidential });
  }
  const lacking = active === undefined ? 'it shows no key of a vault' : lackingOf(rotation, progress, active, set);
  // A set that has followed changes for other reasons as well: its tags, say.
  const isLate = isOver && !isFollowed(before);
  if (lacking !== undefined)
    return not(isLate ? { kind: 'late', shows: lacking } : { kind: isShown ? 're-wrapping' : 'waiting' });

  const followsSince = progress.followsSince ?? read.at;
  const follows = { ...next, followsSince };
  if (read.at.getTime() - followsSince.getTime() < APART_MS) {
    if (!isLate) return { verdict: { kind: 're-wrapping' }, progress: follows };
    // Whoever comes after the hour cannot say that it did not follow within it.
    if (before.kind === 'unreachable') return { verdict: before, progress: follows };
    const isUnread = isOpen(before) && progress.followsSince === undefined && minuteOf(from, read.at) >= HOUR_MINUTES;
    return { verdict: isUnread ? UNREAD : { kind: 'late', shows: NEWLY }, progress: follows };
  }
  return { verdict: followedVerdict(read, followsSince, known), progress: follows };
}

/** Whether the hour may still bring a verdict. */
export const isOpen = ({ kind }: Verdict): boolean => kind === 'waiting' || kind === 're-wrapping';

/** Whether a verdict says that the set follows. */
export const isFollowed = ({ kind }: Verdict): boolean =>
  kind === 'followed' || kind === 'proven' || kind === 'nothing-to-re-wrap';

function followedVerdict({ isEmpty }: SetRead, followsSince: Date, { unwraps }: KnownOfKey): Verdict {
  if (isEmpty === true) return { kind: 'nothing-to-re-wrap' };
  if (unwraps === undefined) return { kind: 'followed', records: 'none' };
  const { last, lastOther, knownUntil } = unwraps;
  const hourFrom = lastOther !== undefined && lastOther > followsSince ? lastOther : followsSince;
  const isWhole = knownUntil !== undefined && knownUntil >= later(hourFrom, HOUR_MS);
  return last !== undefined && isWhole ? { kind: 'proven' } : { kind: 'followed', records: 'awaited' };
}

const isOf = ({ vault, key }: Rotation, { at, kind, vault: named, name }: VaultObject): boolean =>
  at === 'vault' && kind === 'key' && named === vault.toLowerCase() && name === key.toLowerCase();

/** Whether the version is the active one. A URL without a version says so only by the time of the set's last rotation. */
const isActive = (rotation: Rotation, { version }: VaultObject, set: DiskEncryptionSet): boolean =>
  version === undefined ? isRotatedAfter(rotation, set) : version === rotation.version.toLowerCase();

/** Whether the key of the set changed after the version was made. */
const isRotatedAfter = ({ created }: Rotation, { rotatedAt }: DiskEncryptionSet): boolean =>
  rotatedAt !== undefined && Date.parse(rotatedAt) >= created.getTime() - CLOCKS_APART_MS;

/** An older version, once this one was active; or one to which the key changed after this one was made. */
const isReverted = (
  rotation: Rotation,
  { showedVersion }: Progress,
  to: string,
  set: DiskEncryptionSet,
  { createdOf }: KnownOfKey,
): boolean => {
  const made = createdOf(to);
  const isOlder = made !== undefined && made < rotation.created;
  return isOlder && (showedVersion === true || isRotatedAfter(rotation, set));
};

/** Whether a set is for confidential machines: Azure rotates none of those. */
export const isForConfidential = ({ encryptionType }: DiskEncryptionSet): boolean =>
  encryptionType?.toLowerCase() === 'confidentialvmencryptedwithcustomerkey';

/** What a set lacks that follows, as a clause; `undefined` where it lacks nothing. */
function lackingOf(
  rotation: Rotation,
  { showedOther }: Progress,
  active: VaultObject,
  set: DiskEncryptionSet,
): string | undefined {
  if (!isActive(rotation, active, set))
    return active.version === undefined
      ? 'it names no version, and its key has not changed since'
      : `its active version is ${active.version}`;
  const [previous] = set.previousKeys ?? [];
  if (previous !== undefined) {
    const version = vaultObject(previous.keyUrl ?? '')?.version;
    return `disks are still wrapped anew${version === undefined ? '' : ` from ${version}`}`;
  }
  if (set.provisioningState?.toLowerCase() !== 'succeeded')
    return `its state is ${set.provisioningState ?? 'not shown'}`;
  // A set that never had another version has no such time (recorded): it need not have changed.
  const needsTime = set.rotatedAt !== undefined || showedOther === true;
  return needsTime && !isRotatedAfter(rotation, set) ? 'its last rotation was before the version was made' : undefined;
}

/** A key as people write it, with what it is where it is not in a vault. */
const spelled = ({ at, kind, vault, name }: VaultObject): string =>
  at === 'managed-hsm'
    ? `${vault}/${name} of a Managed HSM`
    : kind === 'key'
      ? `${vault}/${name}`
      : `${vault}/${name}, a secret`;

/** The minute of a watch, from the beginning of its hour. */
export const minuteOf = (from: Date, at: Date): number => (at.getTime() - from.getTime()) / MINUTE_MS;

/** Whether the next read of a set is one of the last two before its hour is over and it is to have a verdict. */
export const endsHour = ({ from, verdict }: Pick<WatchedSet, 'from' | 'verdict'>, now: Date): boolean =>
  isOpen(verdict) && minuteOf(from, now) >= LAST_TWO_FROM;

/** When a set is first read: two minutes after its hour began, or now where that is over. */
export const firstReadAt = (from: Date, now: Date): Date => {
  const planned = later(from, READ_AT_MINUTES[0] * MINUTE_MS);
  return planned > now ? planned : now;
};

/**
 * When a set is read next; `undefined` where the watch is over. Within the hour a read that was refused is repeated after a
 * minute; the second read that shows that a set follows comes five minutes after the first.
 */
export function nextReadAt(from: Date, { verdict, progress }: Judged, { answer, at }: SetRead): Date | undefined {
  const minute = minuteOf(from, at);
  const planned = (least = 0): Date | undefined => {
    const next = READ_AT_MINUTES.find((each) => each > minute && each >= least);
    return next === undefined ? undefined : later(from, next * MINUTE_MS);
  };
  switch (verdict.kind) {
    case 'gone':
    case 'proven':
    case 'nothing-to-re-wrap':
      return undefined;
    case 'followed':
      return verdict.records === 'none' ? undefined : planned(PROOF_FROM_MINUTE);
    case 'waiting':
    case 're-wrapping':
    case 'late':
    case 'stuck':
    case 'not-rotating':
    case 'reverted':
    case 'moved':
    case 'unreachable': {
      const regular = planned();
      if (answer.kind !== 'ok' && answer.kind !== 'missing')
        return earlier(regular, minute < LAST_OF_THE_HOUR ? later(at, AFTER_REFUSAL_MS) : undefined);
      const second = progress.followsSince && later(progress.followsSince, APART_MS);
      if (second === undefined) return regular;
      return minuteOf(from, second) <= SECOND_BY_MINUTE || minute >= LAST_OF_THE_HOUR
        ? second
        : earlier(regular, second);
    }
    default:
      return verdict satisfies never;
  }
}

const earlier = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one;
