import type { Actor } from '../domain/audit-record.ts';
import { type Attributes, sameOperations, VITAL_OPERATIONS } from '../domain/key.ts';
import { approvedVersions, isKept, type KeyRecord, type LastObserved } from '../domain/register.ts';
import { vaultSubject } from '../domain/subject.ts';
import { NotAllowed } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { changesByKey, type KeyChange, withChanges } from '../register/changes.ts';
import { changeKey, type KnownKey, ROWS_AT_ONCE, readKeys } from '../register/keys.ts';
import { readBaseline, writeBaseline } from '../register/vaults.ts';
import { entry, registerEntry } from '../trail/entries.ts';
import { nameOf, type Proposed, unusable } from './proposal.ts';

/**
 * What a person says of versions, each as `key/version`. What nobody names stays as it was approved, or is known and not
 * approved.
 */
export interface BaselineWords {
  /** Needed: approved as usable. What is not so by then is a person's to restore. */
  readonly needed: readonly string[];
  /** Retired: nothing needs it any more, and it is approved as it is. */
  readonly retired: readonly string[];
  /** In use, and changed as it should be: approved as it is. Default: none. */
  readonly asShown?: readonly string[];
}

/** What a person said of a version, as the trail has it; `undefined` where nothing. */
function wordOn(name: string, { needed, retired, asShown = [] }: BaselineWords): string | undefined {
  if (needed.includes(name)) return 'needed';
  if (retired.includes(name)) return 'retired';
  return asShown.includes(name) ? 'as shown' : undefined;
}

/** What is otherwise by now than a person saw it is not what they meant. */
function refuseWrong(vault: string, proposed: readonly Proposed[], words: BaselineWords, now: Date): void {
  const faults = proposed.flatMap((one) => {
    const fault = faultOf(vault, one, wordOn(nameOf(one), words), now);
    return fault === undefined ? [] : [`${nameOf(one)}: ${fault}`];
  });
  if (faults.length > 0) throw new NotAllowed(`Nothing was accepted.\n${faults.join('\n')}`);
}

function faultOf(vault: string, one: Proposed, word: string | undefined, now: Date): string | undefined {
  const fault = unusable(one, now);
  if (word === 'as shown' && fault !== undefined)
    return `${fault}, so it cannot be accepted as shown. Say that it is needed, or retired.`;
  if (word === 'as shown' && one.suspicious === undefined && one.approved !== undefined)
    return 'it is as it was approved: there is nothing to accept.';
  if (word === 'retired' && fault === undefined)
    return `it is in use. Approve its disablement instead:\n  key-guardian approve ask ${vault}/${nameOf(one)} --act disable --why "…"`;
  return undefined;
}

/**
 * Makes what a person has seen the approved state, records it, and lets the guardian write. Throws `NotAllowed`, and
 * accepts nothing, where a word does not fit the version that it is said of.
 */
export async function acceptBaseline(
  vault: string,
  proposed: readonly Proposed[],
  words: BaselineWords,
  by: Actor,
  ports: Ports,
): Promise<void> {
  refuseWrong(vault, proposed, words, ports.now());
  const [before, { known }] = await Promise.all([
    readBaseline(ports.tables, vault),
    readKeys(ports.tables.keys, vault),
  ]);
  const said = proposed.flatMap((one) => changesFor(one, words, proposed, known.get(one.key)?.record, ports.now()));
  const changes = [...comingBack(said, proposed, known), ...said];
  const subject = vaultSubject(vault);
  const accepted = entry('baseline', subject, { state: 'accepted', versions: changes.length }, ports, { who: by });
  const entries = changes.map(([key, change]) => registerEntry({ vault, key }, change, ports));
  await ports.trail.appendRegister([...entries, accepted]);
  await ports.trail.append([accepted]);
  // Of what is held to what was approved before nobody has said that it is to stay as it is.
  const isJudged = (one: Proposed): boolean =>
    before?.state !== 'accepted' ||
    one.suspicious === undefined ||
    one.approved === undefined ||
    wordOn(nameOf(one), words) !== undefined;
  await writeRows(vault, proposed, changes, isJudged, ports);
  const at = ports.now();
  const since = before?.state === 'accepted' ? before.since : at;
  await writeBaseline(ports.tables, vault, { state: 'accepted', since, at, by, record: accepted.id });
}

/** What the proposal approves by itself: everything that is not suspicious and not known yet. */
export async function approveProposed(
  vault: string,
  proposed: readonly Proposed[],
  record: (changes: readonly KeyChange[]) => Promise<void>,
  ports: Ports,
): Promise<void> {
  const { known } = await readKeys(ports.tables.keys, vault);
  const nothing: BaselineWords = { needed: [], retired: [] };
  const changes = proposed.flatMap((one) =>
    changesFor(one, nothing, proposed, known.get(one.key)?.record, ports.now()),
  );
  await record(changes);
  await writeRows(vault, proposed, changes, () => true, ports);
}

function changesFor(
  one: Proposed,
  words: BaselineWords,
  proposed: readonly Proposed[],
  record: KeyRecord | undefined,
  now: Date,
): readonly KeyChange[] {
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
  const word = wordOn(nameOf(one), words);
  if (suspicious !== undefined && word === undefined)
    return one.approved === undefined ? [[key, { kind: 'know-version', ...about, because: suspicious }]] : [];
  // Unnamed: what is approved as it is stays so, and what was made since is the guardian's to judge.
  if (word === undefined && record !== undefined && approvedVersions(record).length > 0) return [];
  const { enabled, notBefore, expiresOn } = shown;
  const operations = [...(read?.detail.operations ?? siblingOperations(key, proposed))];
  const asShown: Attributes = { enabled, notBefore, expiresOn, operations };
  const attributes = word === 'needed' ? usable(one.approved ?? asShown, now) : asShown;
  const accepted = { accepted: true, because: word === undefined ? 'baseline' : `baseline: ${word}` } as const;
  return [[key, { kind: 'approve-version', ...about, attributes, ...accepted }]];
}

/** A key that is not kept is guarded again once a version of it is accepted as one in use; those that went with it and are gone are not. */
const comingBack = (
  said: readonly KeyChange[],
  proposed: readonly Proposed[],
  known: ReadonlyMap<string, KnownKey>,
): readonly KeyChange[] =>
  [...known].flatMap(([key, { record }]): readonly KeyChange[] => {
    const isBack = proposed.some((one) => one.key === key && one.comesBack);
    const isAccepted = said.some(
      ([accepted, change]) => accepted === key && change.kind === 'approve-version' && change.attributes.enabled,
    );
    if (isKept(record) || !isBack || !isAccepted) return [];
    const because = 'it was gone when its key, which was not kept any more, was accepted again';
    return [
      [key, { kind: 'set-standing', standing: { kind: 'kept' } }],
      ...approvedVersions(record)
        .filter(([version]) => !proposed.some((one) => one.key === key && one.version === version))
        .map(([version]): KeyChange => [key, { kind: 'revoke-version', version, because }]),
    ];
  });

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

/** An inspection may write a row meanwhile: what it learned stays. */
async function writeRows(
  vault: string,
  proposed: readonly Proposed[],
  changes: readonly KeyChange[],
  isJudged: (one: Proposed) => boolean,
  ports: Ports,
): Promise<void> {
  const judged = proposed.filter(isJudged);
  const changesOf = changesByKey(changes);
  await inTurns(ROWS_AT_ONCE, [...new Set(proposed.map(({ key }) => key))], async (key) => {
    await changeKey(ports.tables.keys, { vault, key }, (record) =>
      withObservation(key, withChanges(record, changesOf.get(key) ?? []), judged),
    );
  });
}

/** The proposal is also the last observation: what is bad already and is said to be needed is a person's to restore. */
function withObservation(key: string, record: KeyRecord, proposed: readonly Proposed[]): KeyRecord {
  const versions = { ...record.observed.versions };
  let { current } = record.observed;
  for (const { read, listed, current: isCurrent, readAt } of proposed.filter((one) => one.key === key)) {
    const shown = read ?? listed;
    const known = shown === undefined ? undefined : record.approved.versions[shown.version];
    if (shown === undefined || known === undefined) continue;
    const { version, enabled, notBefore, expiresOn, updated } = shown;
    const operations = [...(read?.detail.operations ?? known.attributes?.operations ?? [])];
    const asApproved = known.attributes === undefined || sameOperations(operations, known.attributes.operations);
    // A list does not show operations: those that are to be put back are read with the next sweep.
    const inFullAt = asApproved ? readAt : updated;
    versions[version] = {
      at: readAt,
      updated,
      enabled,
      notBefore,
      expiresOn,
      operations,
      inFullAt,
    } satisfies LastObserved;
    if (isCurrent) current = version;
  }
  return { ...record, observed: { ...record.observed, versions, current } };
}
