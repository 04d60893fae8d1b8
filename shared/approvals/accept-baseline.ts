import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import { type Attributes, materialOf, newestOf, sameOperations, VITAL_OPERATIONS } from '../domain/key.ts';
import { approvedVersions, isKept, type KeyRecord } from '../domain/register.ts';
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
 * What a person says of single versions, each named as `key/version`. A suspicious version that is not named stays as it was
 * approved; where it was not approved, it stays unapproved.
 */
export interface BaselineWords {
  /** In use: approved as usable. A version that is not usable now has to be restored by a person. */
  readonly needed: readonly string[];
  /** No longer in use: approved as it is. */
  readonly retired: readonly string[];
  /** In use and right as it is now: approved as it is. Default: none. */
  readonly asShown?: readonly string[];
}

/** What a person said of a version, in the words of the trail; `undefined` where the person did not name it. */
function wordOn(name: string, { needed, retired, asShown = [] }: BaselineWords): string | undefined {
  if (needed.includes(name)) return 'needed';
  if (retired.includes(name)) return 'retired';
  return asShown.includes(name) ? 'as shown' : undefined;
}

/** Throws `NotAllowed` where what a person said of a version does not fit its present state. */
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
    return 'it is as approved: there is nothing to accept.';
  if (word === 'retired' && fault === undefined)
    return `it is in use. Approve its disablement instead:\n  key-guardian approve ask ${vault}/${nameOf(one)} --act disable --why "…"`;
  return undefined;
}

/**
 * Accepts the baseline of a vault: approves the proposed state, records that, and lets the guardian write to the vault.
 * Throws `NotAllowed`, and accepts nothing, where what a person said of a version does not fit its present state.
 */
export async function acceptBaseline(
  vault: string,
  proposed: readonly Proposed[],
  words: BaselineWords,
  by: Actor,
  ports: Ports,
): Promise<void> {
  refuseWrong(vault, proposed, words, ports.now());
  const before = await readBaseline(ports.tables, vault);
  // A version that keeps its earlier approval is not settled by this: nobody said that it stays as it is.
  const isJudged = (one: Proposed): boolean =>
    before?.state !== 'accepted' ||
    one.suspicious === undefined ||
    one.approved === undefined ||
    wordOn(nameOf(one), words) !== undefined;
  const { id } = await approveProposal(vault, proposed, words, { state: 'accepted' }, { who: by }, isJudged, ports);
  const at = ports.now();
  const since = before?.state === 'accepted' ? before.since : at;
  await writeBaseline(ports.tables, vault, { state: 'accepted', since, at, by, record: id });
}

/**
 * Approves what the proposal and a person's words say: recorded, in the register's stream with the record of the baseline
 * last, then written. Without words, every version that is neither suspicious nor known yet. Returns that record.
 *
 * @param detail of that record
 * @param isJudged whether its present state was judged, and is no difference that is still to be found
 */
export async function approveProposal(
  vault: string,
  proposed: readonly Proposed[],
  words: BaselineWords,
  detail: object,
  more: Pick<AuditEntry, 'who'>,
  isJudged: (one: Proposed) => boolean,
  ports: Ports,
): Promise<AuditEntry> {
  const { known } = await readKeys(ports.tables.keys, vault);
  const said = proposed.flatMap((one) => changesFor(one, words, proposed, known.get(one.key)?.record, ports.now()));
  const changes = [...comingBack(said, proposed, known), ...said];
  const baseline = entry('baseline', vaultSubject(vault), { ...detail, versions: changes.length }, ports, more);
  await ports.trail.append([baseline]);
  const entries = changes.map(([key, change]) => registerEntry({ vault, key }, change, ports));
  await ports.trail.appendRegister([...entries, baseline]);
  await writeRows(vault, proposed, changes, isJudged, ports);
  return baseline;
}

function changesFor(
  one: Proposed,
  words: BaselineWords,
  proposed: readonly Proposed[],
  record: KeyRecord | undefined,
  now: Date,
): readonly KeyChange[] {
  const { key, shown, suspicious } = one;
  if (shown === undefined) return [];
  const { version, created, enabled, notBefore, expiresOn, detail } = shown;
  const about = { version, created, ...materialOf(detail) };
  const word = wordOn(nameOf(one), words);
  if (suspicious !== undefined && word === undefined)
    return one.approved === undefined ? [[key, { kind: 'know-version', ...about, because: suspicious }]] : [];
  // Not named: an approved version stays approved, and the guardian judges a version that was made since.
  if (word === undefined && record !== undefined && approvedVersions(record).length > 0) return [];
  const operations = [...(detail?.operations ?? siblingOperations(key, proposed))];
  const asShown: Attributes = { enabled, notBefore, expiresOn, operations };
  const attributes = word === 'needed' ? usable(one.approved ?? asShown, now) : asShown;
  const accepted = { accepted: true, because: word === undefined ? 'baseline' : `baseline: ${word}` } as const;
  return [[key, { kind: 'approve-version', ...about, attributes, ...accepted }]];
}

/** The changes by which a key that was deleted with approval or abandoned is guarded again: a person accepted one of its versions as in use. Approved versions that are gone are no longer approved. */
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
    const because = 'it was gone when its key, which had been deleted with approval or abandoned, was accepted again';
    return [
      [key, { kind: 'set-standing', standing: { kind: 'kept' } }],
      ...approvedVersions(record)
        .filter(([version]) => !proposed.some((one) => one.key === key && one.shown?.version === version))
        .map(([version]): KeyChange => [key, { kind: 'revoke-version', version, because }]),
    ];
  });

/** The attributes of a version that is in use: enabled, within its dates, and with wrapKey and unwrapKey. */
const usable = ({ notBefore, expiresOn, operations }: Attributes, now: Date): Attributes => ({
  enabled: true,
  notBefore: notBefore !== undefined && notBefore.getTime() > now.getTime() ? undefined : notBefore,
  expiresOn: expiresOn !== undefined && expiresOn.getTime() <= now.getTime() ? undefined : expiresOn,
  operations: [...new Set([...operations, ...VITAL_OPERATIONS])],
});

/** The operations of a disabled version that cannot be read in full: those of the key's newest version that can be read. */
const siblingOperations = (key: string, proposed: readonly Proposed[]): readonly string[] =>
  newestOf(proposed.flatMap((one) => (one.key === key && one.shown?.detail !== undefined ? [one.shown] : [])))?.detail
    ?.operations ?? VITAL_OPERATIONS;

/** Writes the rows of keys. What an inspection wrote meanwhile stays. */
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

/** The record with the proposal as its last observation: a needed version that is unusable already was so before, and has to be restored by a person. */
function withObservation(key: string, record: KeyRecord, proposed: readonly Proposed[]): KeyRecord {
  const versions = { ...record.observed.versions };
  let { current } = record.observed;
  for (const { shown, current: isCurrent, readAt } of proposed.filter((one) => one.key === key)) {
    const known = shown === undefined ? undefined : record.approved.versions[shown.version];
    if (shown === undefined || known === undefined) continue;
    const { version, enabled, notBefore, expiresOn, updated, detail } = shown;
    const operations = [...(detail?.operations ?? known.attributes?.operations ?? [])];
    const asApproved = known.attributes === undefined || sameOperations(operations, known.attributes.operations);
    // A list does not show operations: the next sweep reads those that are to be restored.
    const inFullAt = asApproved ? readAt : updated;
    versions[version] = { at: readAt, updated, enabled, notBefore, expiresOn, operations, inFullAt };
    if (isCurrent) current = version;
  }
  return { ...record, observed: { ...record.observed, versions, current } };
}
