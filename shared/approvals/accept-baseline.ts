import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import { type Attributes, sameOperations, VITAL_OPERATIONS } from '../domain/key.ts';
import { approvedVersions, type KeyRecord, type VersionRecord } from '../domain/register.ts';
import { NotAllowed } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import type { Ports } from '../ports.ts';
import { changesByKey, type KeyChange, withChanges } from '../register/changes.ts';
import { changeKey, type KeyRow, ROWS_AT_ONCE, readKeys } from '../register/keys.ts';
import { writeBaseline } from '../register/vaults.ts';
import { entry, registerEntry } from '../trail/entries.ts';
import { nameOf, type Proposed, unusable } from './proposal.ts';

/**
 * What a person says of suspicious versions, each as `key/version`. What nobody names stays as it was approved, or is known
 * and not approved.
 */
export interface BaselineWords {
  /** Needed: approved as usable, so that the guardian makes it so. */
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

/** What became unusable since a person looked is none that they meant as being in use. */
function refuseUnusable(proposed: readonly Proposed[], { asShown = [] }: BaselineWords, now: Date): void {
  const faults = proposed.flatMap((one) => {
    const fault = asShown.includes(nameOf(one)) ? unusable(one, now) : undefined;
    return fault === undefined ? [] : [`${nameOf(one)}: ${fault}`];
  });
  if (faults.length > 0)
    throw new NotAllowed(
      `What cannot be used is not accepted as shown: ${faults.join(', ')}. Say that it is needed, or retired.`,
    );
}

/**
 * Makes what a person has looked at the approved state, records it, and lets the guardian write. Throws `NotAllowed`, and
 * accepts nothing, where a version that is to be as shown cannot be used.
 */
export async function acceptBaseline(
  vault: string,
  proposed: readonly Proposed[],
  words: BaselineWords,
  by: Actor,
  ports: Ports,
): Promise<void> {
  refuseUnusable(proposed, words, ports.now());
  const standing = await readKeys(ports.tables.keys, vault);
  const said = proposed.flatMap((one): readonly KeyChange[] => {
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
    if (suspicious !== undefined && word === undefined) {
      return one.approved === undefined ? [[key, { kind: 'know-version', ...about, because: suspicious }]] : [];
    }
    // Unnamed: what is approved as it is stays so, and what was born since is the guardian's to judge.
    const record = standing.get(key)?.record;
    if (word === undefined && record !== undefined && approvedVersions(record).length > 0) return [];
    const { enabled, notBefore, expiresOn } = shown;
    const operations = [...(read?.detail.operations ?? siblingOperations(key, proposed))];
    const asShown: Attributes = { enabled, notBefore, expiresOn, operations };
    const approved = word === 'needed' ? usable(one.approved ?? asShown, ports.now()) : asShown;
    const because = word === undefined ? 'baseline' : `baseline: ${word}`;
    return [[key, { kind: 'approve-version', ...about, approved, accepted: true, because }]];
  });
  const changes = [...comingBack(said, proposed, standing), ...said];
  const accepted = entry('baseline', { vault }, { state: 'accepted', versions: changes.length }, ports, { who: by });
  const entries: AuditEntry[] = changes.map(([key, change]) => registerEntry({ vault, key }, change, ports));
  await ports.trail.appendRegister(vault, [...entries, accepted]);
  await ports.trail.append(vault, [accepted]);
  // What nobody named and is held to what was approved before is as it was: nobody has said that it is to be undone.
  const isJudged = (one: Proposed): boolean =>
    one.suspicious === undefined || one.approved === undefined || wordOn(nameOf(one), words) !== undefined;
  const judged = proposed.filter(isJudged);
  const changesOf = changesByKey(changes);
  // A look may write a row meanwhile: what it learned stays.
  await inTurns(ROWS_AT_ONCE, [...new Set(proposed.map(({ key }) => key))], async (key) => {
    await changeKey(ports.tables.keys, { vault, key }, (record) =>
      withSight(key, withChanges(record, changesOf.get(key) ?? []), judged),
    );
  });
  await writeBaseline(ports.tables.vaults, vault, { state: 'accepted', at: ports.now(), by, record: accepted.id });
}

/** A key that was let go is guarded again once a version of it is accepted as one in use; those that went with it and are gone are not. */
const comingBack = (
  said: readonly KeyChange[],
  proposed: readonly Proposed[],
  standing: ReadonlyMap<string, KeyRow>,
): readonly KeyChange[] =>
  [...standing].flatMap(([key, { record }]): readonly KeyChange[] => {
    const isBack = proposed.some((one) => one.key === key && one.letGo);
    const isAccepted = said.some(
      ([accepted, change]) => accepted === key && change.kind === 'approve-version' && change.approved.enabled,
    );
    if (record.approvedDeletion === undefined || !isBack || !isAccepted) return [];
    const because = 'it was gone when its key, deleted with approval, was accepted again';
    return [
      [key, { kind: 'forget-deletion' }],
      ...approvedVersions(record)
        .filter(([version]) => !proposed.some((one) => one.key === key && one.version === version))
        .map(([version]): KeyChange => [key, { kind: 'distrust-version', version, because }]),
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

/** The accepted state is also the last that was seen: what is bad already and is said to be needed is to be undone. */
function withSight(key: string, record: KeyRecord, proposed: readonly Proposed[]): KeyRecord {
  let next = record;
  for (const { read, listed, current, readAt } of proposed.filter((one) => one.key === key)) {
    const shown = read ?? listed;
    const known = shown === undefined ? undefined : next.versions[shown.version];
    if (shown === undefined || known === undefined) continue;
    const { version, enabled, notBefore, expiresOn, updated } = shown;
    const operations = [...(read?.detail.operations ?? known.approved?.operations ?? [])];
    const asApproved = known.approved === undefined || sameOperations(operations, known.approved.operations);
    const seen: VersionRecord['seen'] = {
      at: readAt,
      updated,
      enabled,
      notBefore,
      expiresOn,
      operations,
      // A list does not show operations: those that are to be put back are read with the next pass.
      inFullAt: asApproved ? readAt : updated,
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
