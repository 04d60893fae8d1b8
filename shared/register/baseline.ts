import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import { type Attributes, type ListedVersion, sameOperations, spell, VITAL_OPERATIONS } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import {
  type BaselineState,
  EMPTY_KEY_RECORD,
  type KeyRecord,
  type RegisterChange,
  registerChange,
  type VersionRecord,
} from '../domain/register.ts';
import { DAY_MS, sameMoment, utc } from '../domain/time.ts';
import type { Answer, ReadVersion } from '../domain/vault.ts';
import { BaselineImpossible } from '../errors.ts';
import { entry, registerEntry } from '../guard/entries.ts';
import { withChanges } from '../guard/next-record.ts';
import { openIncident } from '../incidents/book.ts';
import { registerLost } from '../incidents/kinds/register-lost.ts';
import type { Ports } from '../ports.ts';
import { readKeys, readSoundKeys } from './keys.ts';
import { readBaseline, writeBaseline } from './vaults.ts';

/** A change this recent makes an unusable version suspicious, in ms. */
const RECENT_MS = 30 * DAY_MS;

/** A version as the baseline would take it. */
export interface Proposed {
  readonly key: string;
  /** `undefined` for a deleted key: its versions cannot be read. */
  readonly version: string | undefined;
  /** `undefined` for a deleted key, and for a disabled version whose read the service refuses. */
  readonly read: ReadVersion | undefined;
  /** `undefined` for a deleted key. */
  readonly listed: ListedVersion | undefined;
  readonly current: boolean;
  /** What the register holds it to already; `undefined` where it is not approved. */
  readonly approved: Attributes | undefined;
  /** Why it is not taken as it is by itself; `undefined` where nothing is odd. */
  readonly suspicious: string | undefined;
  /** When it was changed after it was made, where that is less than 30 days ago. */
  readonly changedAt: Date | undefined;
}

/** Everything of a vault as it is now, the suspicious first, then what was changed lately. Throws `BaselineImpossible` where any of it cannot be read. */
export async function proposeBaseline(vault: string, ports: Ports): Promise<readonly Proposed[]> {
  const reads = ports.reads(vault);
  const [keys, deleted, { rows: standing }] = await Promise.all([
    reads.listKeys(),
    reads.listDeletedKeys(),
    readSoundKeys(ports.tables.keys, vault),
  ]);
  const proposed: Proposed[] = [];
  for (const { key } of got(keys, vault).filter((listed) => keyPolicy(ports.policy, vault, listed.key).guarded)) {
    const [versions, current] = await Promise.all([reads.listVersions(key), reads.read(key)]);
    const listing = got(versions, spell({ vault, key }));
    const newest = listing.toSorted((one, other) => other.created.getTime() - one.created.getTime())[0]?.version;
    const currentVersion = current.kind === 'ok' ? current.value.version : newest;
    for (const listed of listing) {
      const { version } = listed;
      const answer = version === currentVersion ? current : await reads.read(key, version);
      const read = answer.kind === 'undetailed' ? undefined : got(answer, spell({ vault, key, version }));
      const isCurrent = version === currentVersion;
      const approved = standing.get(key)?.record.versions[version]?.approved;
      proposed.push({
        key,
        version,
        read,
        listed,
        current: isCurrent,
        approved,
        suspicious: suspicion(read ?? listed, read?.detail.operations, isCurrent, approved, ports.now()),
        changedAt: changedLately(listed, ports.now()) ? listed.updated : undefined,
      });
    }
  }
  for (const { key } of got(deleted, vault).filter((gone) => keyPolicy(ports.policy, vault, gone.key).guarded)) {
    proposed.push({
      key,
      version: undefined,
      read: undefined,
      listed: undefined,
      current: false,
      approved: undefined,
      suspicious: 'the key is deleted',
      changedAt: undefined,
    });
  }
  const place = ({ suspicious, changedAt }: Proposed): number =>
    suspicious !== undefined ? 0 : changedAt !== undefined ? 1 : 2;
  return proposed.toSorted((one, other) => place(one) - place(other));
}

const changedLately = ({ created, updated }: ListedVersion, now: Date): boolean =>
  updated.getTime() > created.getTime() && now.getTime() - updated.getTime() < RECENT_MS;

/** @param operations `undefined` where the version cannot be read in full */
function suspicion(
  shown: ListedVersion,
  operations: readonly string[] | undefined,
  current: boolean,
  approved: Attributes | undefined,
  now: Date,
): string | undefined {
  const { enabled, notBefore, expiresOn } = shown;
  const changed = `was changed on ${utc(shown.updated)}`;
  const recent = now.getTime() - shown.updated.getTime() < RECENT_MS;
  if (!enabled && current) return 'it is disabled and current: something may need it';
  if (!enabled && recent) return `it is disabled and ${changed}`;
  const expired = expiresOn !== undefined && expiresOn.getTime() <= now.getTime();
  if (expired && current) return 'it is current and has expired';
  if (expired && recent) return `it has expired and ${changed}`;
  if (notBefore !== undefined && notBefore.getTime() > now.getTime())
    return `it cannot be used before ${utc(notBefore)}`;
  // A key that was made to sign was never one for disks.
  const removed = VITAL_OPERATIONS.filter((vital) => operations?.includes(vital) === false);
  if (removed.length > 0 && changedLately(shown, now)) return `it has no ${removed.join(' and ')} and ${changed}`;
  return approved === undefined || isAsApproved(shown, operations, approved) ? undefined : 'it is not as approved';
}

const isAsApproved = (
  { enabled, notBefore, expiresOn }: ListedVersion,
  operations: readonly string[] | undefined,
  approved: Attributes,
): boolean =>
  enabled === approved.enabled &&
  sameMoment(notBefore, approved.notBefore) &&
  sameMoment(expiresOn, approved.expiresOn) &&
  (operations === undefined || sameOperations(operations, approved.operations));

function got<T>(answer: Answer<T> | { readonly kind: 'undetailed' }, what: string): T {
  if (answer.kind === 'ok') return answer.value;
  throw new BaselineImpossible(what, answer.kind);
}

/**
 * What a person says of suspicious versions, each as `key/version`. What nobody names stays as it was approved, or is known
 * and not approved.
 */
export interface BaselineWords {
  /** Needed: approved as usable, so that the guardian makes it so. */
  readonly needed: readonly string[];
  /** Retired: approved as it is. */
  readonly retired: readonly string[];
}

/** Makes what a person has looked at the approved state, records it, and lets the guardian write. */
export async function acceptBaseline(
  vault: string,
  proposed: readonly Proposed[],
  words: BaselineWords,
  by: Actor,
  ports: Ports,
): Promise<void> {
  const changes = proposed.flatMap((one): readonly (readonly [string, RegisterChange])[] => {
    const { key, version, read, listed, suspicious } = one;
    const shown = read ?? listed;
    if (version === undefined || shown === undefined) return [];
    const about = {
      version,
      created: shown.created,
      keyType: read?.detail.keyType,
      keySizeBits: read?.detail.keySizeBits,
      fingerprint: read?.detail.fingerprint,
    };
    const name = `${key}/${version}`;
    if (suspicious !== undefined && !words.needed.includes(name) && !words.retired.includes(name)) {
      return one.approved === undefined ? [[key, { kind: 'know-version', ...about, because: suspicious }]] : [];
    }
    const { enabled, notBefore, expiresOn } = shown;
    const operations = [...(read?.detail.operations ?? siblingOperations(key, proposed))];
    const asShown: Attributes = { enabled, notBefore, expiresOn, operations };
    const approved = words.needed.includes(name) ? usable(one.approved ?? asShown, ports.now()) : asShown;
    return [[key, { kind: 'approve-version', ...about, approved, accepted: true, because: 'baseline' }]];
  });
  const accepted = entry('baseline', { vault }, { state: 'accepted', versions: changes.length }, ports, { who: by });
  const entries: AuditEntry[] = changes.map(([key, change]) => registerEntry({ vault, key }, change, ports));
  await ports.trail.appendRegister(vault, [...entries, accepted]);
  await ports.trail.append(vault, [accepted]);
  const standing = await readKeys(ports.tables.keys, vault);
  const records = applied(changes, new Map([...standing].map(([key, { record }]) => [key, record])));
  await ports.tables.keys.putAll(
    vault,
    [...records].map(([row, record]) => ({ row, data: withSight(row, record, proposed, ports.now()) })),
  );
  await writeBaseline(ports.tables.vaults, vault, { state: 'accepted', at: ports.now(), by, record: accepted.id });
}

/** The attributes of a version that something needs: enabled, within its dates, and able to wrap and unwrap. */
const usable = ({ notBefore, expiresOn, operations }: Attributes, now: Date): Attributes => ({
  enabled: true,
  notBefore: notBefore !== undefined && notBefore.getTime() > now.getTime() ? undefined : notBefore,
  expiresOn: expiresOn !== undefined && expiresOn.getTime() <= now.getTime() ? undefined : expiresOn,
  operations: [...new Set([...operations, ...VITAL_OPERATIONS])],
});

/** What a disabled version that cannot be read in full is taken to be for: the same as the key's newest version that can. */
const siblingOperations = (key: string, proposed: readonly Proposed[]): readonly string[] =>
  proposed
    .flatMap((one) => (one.key === key && one.read !== undefined ? [one.read] : []))
    .toSorted((one, other) => other.created.getTime() - one.created.getTime())[0]?.detail.operations ??
  VITAL_OPERATIONS;

function applied(
  changes: readonly (readonly [string, RegisterChange])[],
  from: ReadonlyMap<string, KeyRecord> = new Map(),
): Map<string, KeyRecord> {
  const records = new Map(from);
  for (const [key, change] of changes) records.set(key, withChanges(records.get(key) ?? EMPTY_KEY_RECORD, [change]));
  return records;
}

/** The accepted state is also the last that was seen: what is bad already and is said to be needed is to be undone. */
function withSight(key: string, record: KeyRecord, proposed: readonly Proposed[], now: Date): KeyRecord {
  let next = record;
  for (const { read, listed, current } of proposed.filter((one) => one.key === key)) {
    const shown = read ?? listed;
    const known = shown === undefined ? undefined : next.versions[shown.version];
    if (shown === undefined || known === undefined) continue;
    const { version, enabled, notBefore, expiresOn, updated } = shown;
    const operations = [...(read?.detail.operations ?? known.approved?.operations ?? [])];
    const asApproved = known.approved === undefined || sameOperations(operations, known.approved.operations);
    const seen: VersionRecord['seen'] = {
      at: now,
      updated,
      enabled,
      notBefore,
      expiresOn,
      operations,
      // A list does not show operations: those that are to be put back are read with the next pass.
      inFullAt: asApproved ? now : updated,
      verdict: 'undo',
    };
    next = {
      ...next,
      versions: { ...next.versions, [version]: { ...known, seen } },
      ...(current ? { current: version } : {}),
    };
  }
  return next;
}

/**
 * Whether the vault may be compared with its register. Proposes a baseline on first sight, and rebuilds the register from
 * the trail where that has a baseline and the register has lost it.
 */
export async function ensureBaseline(vault: string, ports: Ports): Promise<boolean> {
  const state = await readBaseline(ports.tables.vaults, vault);
  if (state?.state === 'accepted') {
    if ((await ports.tables.keys.list(vault)).length > 0) return true;
    return rebuild(vault, ports);
  }
  if (await rebuild(vault, ports)) return true;
  if (state === undefined) await propose(vault, ports);
  return false;
}

async function propose(vault: string, ports: Ports): Promise<void> {
  const proposed = await proposeBaseline(vault, ports);
  const suspicious = proposed.flatMap((one) =>
    one.suspicious === undefined ? [] : [`${spell({ vault, key: one.key, version: one.version })}: ${one.suspicious}`],
  );
  const keys = new Set(proposed.map(({ key }) => key)).size;
  const state: BaselineState = { state: 'proposed', at: ports.now(), keys, suspicious };
  await ports.trail.append(vault, [entry('baseline', { vault }, { state: 'proposed', keys, suspicious }, ports)]);
  await writeBaseline(ports.tables.vaults, vault, state);
}

/** False where the trail has no baseline of this vault, or one without keys. */
async function rebuild(vault: string, ports: Ports): Promise<boolean> {
  const records = await ports.trail.readRegister(vault);
  const accepted = records.findLast((record) => record.what === 'baseline' && record.detail.state === 'accepted');
  if (accepted === undefined) return false;
  const changes = records.flatMap(({ what, subject, detail }): readonly (readonly [string, RegisterChange])[] =>
    what === 'register' && subject.key !== undefined ? [[subject.key, registerChange.parse(detail.change)]] : [],
  );
  const keys = applied(changes);
  if (keys.size === 0) return true;
  await ports.tables.keys.putAll(
    vault,
    [...keys].map(([row, data]) => ({ row, data })),
  );
  await writeBaseline(ports.tables.vaults, vault, {
    state: 'accepted',
    at: accepted.time,
    by: accepted.who ?? { oid: 'unknown' },
    record: accepted.id,
  });
  await ports.trail.append(vault, [entry('baseline', { vault }, { state: 'rebuilt', keys: keys.size }, ports)]);
  await openIncident(registerLost.draft(vault, ports.now(), keys.size), ports);
  return true;
}
