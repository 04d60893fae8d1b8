import type { Finding, Situation } from '../../domain/finding.ts';
import type { ListedVersion, ObservedKey, ObservedVersion } from '../../domain/key.ts';
import { keyPolicy } from '../../domain/policy.ts';
import { approvedVersions, EMPTY_KEY_RECORD, type KeyRecord } from '../../domain/register.ts';
import { sameMoment } from '../../domain/time.ts';
import type { ReadVersion } from '../../domain/vault.ts';
import { hasCalmed } from '../../guard/contested.ts';
import { wasBadBefore } from '../../guard/decide.ts';
import { findings } from '../../guard/findings.ts';
import { guarded, isTurn, type Lists, listedKeys, type Sight, versionsShown } from './plan.ts';

/** What a pass came to. */
export interface Pass {
  /** Keys to inspect. */
  readonly differing: readonly string[];
  /** Versions that were bad before the last look and would be undone now. */
  readonly badBefore: number;
  /** Rows to write: what was seen of keys that are as approved. */
  readonly seen: ReadonlyMap<string, KeyRecord>;
}

/**
 * Compares a vault's lists with the register. Pure: a key differs where a rule finds something, where a version is not
 * known, or where something of it is still settling.
 */
export function compare(
  sight: Sight,
  listed: ReadonlyMap<string, readonly ListedVersion[]>,
  read: ReadonlyMap<string, ReadVersion>,
): Pass {
  const { policy, vault, lists, register, beganAt } = sight;
  const differing: string[] = [];
  const seen = new Map<string, KeyRecord>();
  let badBefore = 0;
  const names = new Set([
    ...guarded(sight).map(({ key }) => key),
    ...[...lists.unclear, ...register.keys()].filter((key) => keyPolicy(policy, vault, key).guarded),
  ]);
  for (const key of names) {
    const record = register.get(key) ?? EMPTY_KEY_RECORD;
    const observed = observedIn(key, lists, listed.get(key), read, record);
    const situation = {
      vault,
      key,
      observed,
      record,
      policy: keyPolicy(policy, vault, key),
      now: beganAt,
      listedKeys: listedKeys(lists),
    };
    const found = lists.unclear.includes(key) ? 'unclear' : foundIn(situation);
    if (found === 'unclear') {
      differing.push(key);
      if (situation.policy.mode === 'block') badBefore += leftBad(record);
      continue;
    }
    // What is behind a certificate is never written to.
    if (situation.policy.mode === 'block' && !(observed.kind !== 'absent' && observed.managed))
      badBefore += versionsOf(
        found.filter((finding) => wasBadBefore(finding, situation)),
        record,
      );
    if (found.length > 0 || hasNews(observed, record, beganAt)) differing.push(key);
    else if (observed.kind === 'present') seen.set(key, seenNow(observed, record, read, beganAt));
  }
  return { differing, badBefore, seen };
}

/**
 * What is found of a key; `unclear` where a rule breaks on what the vault shows of it: that costs the sight of no other key,
 * and its own look, which meets the same, fails aloud.
 */
function foundIn(situation: Situation): readonly Finding[] | 'unclear' {
  try {
    return findings(situation);
  } catch {
    return 'unclear';
  }
}

/** How many versions of a key that nobody could see now were left as they were at the last look: they wait for a person still. */
const leftBad = (record: KeyRecord): number =>
  record.leftDeleted === undefined
    ? Object.values(record.versions).filter(
        ({ approved, seen }) => approved !== undefined && (seen === undefined || seen.verdict === 'left'),
      ).length
    : approvedVersions(record).length;

/** How many versions some findings are about: a deletion takes all of them. */
function versionsOf(found: readonly Finding[], record: KeyRecord): number {
  if (found.some(({ version }) => version === undefined)) return approvedVersions(record).length;
  return new Set(found.map(({ version }) => version)).size;
}

function observedIn(
  key: string,
  lists: Lists,
  listed: readonly ListedVersion[] | undefined,
  read: ReadonlyMap<string, ReadVersion>,
  record: KeyRecord,
): ObservedKey {
  const present = lists.keys.find((candidate) => candidate.key === key);
  if (present === undefined) {
    const deleted = lists.deleted.find((candidate) => candidate.key === key);
    return deleted === undefined
      ? { kind: 'absent' }
      : {
          kind: 'deleted',
          managed: deleted.managed,
          deletedOn: deleted.deletedOn,
          scheduledPurgeOn: deleted.scheduledPurgeOn,
        };
  }
  const shown = versionsShown(present, listed, record);
  const versions = shown.map(
    (version): ObservedVersion => read.get(`${key}/${version.version}`) ?? { ...version, detail: undefined },
  );
  const unlisted = listed === undefined ? unwatched(record) : [];
  const current =
    listed?.find((version) => version.created.getTime() === present.created.getTime())?.version ?? record.current ?? '';
  return { kind: 'present', managed: present.managed, current, versions: [...versions, ...unlisted] };
}

/** The versions that this pass did not list stand as they were last seen. */
function unwatched(record: KeyRecord): readonly ObservedVersion[] {
  return Object.entries(record.versions).flatMap(([version, { created, seen }]) =>
    version === record.current || seen === undefined
      ? []
      : [
          {
            version,
            created,
            updated: seen.updated,
            enabled: seen.enabled,
            notBefore: seen.notBefore,
            expiresOn: seen.expiresOn,
            detail: undefined,
          },
        ],
  );
}

/** Whether there is anything that only an inspection can settle. */
function hasNews(observed: ObservedKey, record: KeyRecord, now: Date): boolean {
  switch (observed.kind) {
    case 'present':
      return (
        record.absentSince !== undefined ||
        record.recovering !== undefined ||
        record.failing !== undefined ||
        record.lastLookFound === true ||
        hasCalmed(record, now) ||
        observed.versions.some((version) => record.versions[version.version] === undefined) ||
        approvedVersions(record).length === 0
      );
    case 'deleted':
      return record.lastLookFound === true || record.absentSince !== undefined;
    case 'absent':
      return record.lastLookFound === true || mayBePurgedEarly(record, now);
    default:
      return observed satisfies never;
  }
}

/** Whether a key that was deleted with approval is gone before its time, for all that the register knows for the first time. */
const mayBePurgedEarly = ({ approvedDeletion, absentSince }: KeyRecord, now: Date): boolean =>
  absentSince === undefined && (approvedDeletion?.scheduledPurgeOn?.getTime() ?? 0) > now.getTime();

/** The register's row with what this pass saw. A version that was not read keeps the operations it was last seen with. */
function seenNow(
  observed: Extract<ObservedKey, { kind: 'present' }>,
  record: KeyRecord,
  read: ReadonlyMap<string, ReadVersion>,
  now: Date,
): KeyRecord {
  const readNow = new Set([...read.values()].map(({ version }) => version));
  const changed = observed.versions.filter((version) => {
    const seen = record.versions[version.version]?.seen;
    return (
      readNow.has(version.version) ||
      (seen !== undefined && !sameMoment(seen.updated, version.updated)) ||
      (!version.enabled && isTurn(seen, now))
    );
  });
  if (changed.length === 0) return record;
  const versions = { ...record.versions };
  for (const { version, updated, enabled, notBefore, expiresOn, detail } of changed) {
    const known = versions[version];
    // What is disabled may not be shown in full: then its list is all that there is to see until it is enabled.
    const operations = detail?.operations ?? (enabled ? undefined : known?.approved?.operations);
    if (known === undefined || operations === undefined) continue;
    versions[version] = {
      ...known,
      seen: {
        at: now,
        updated,
        enabled,
        notBefore,
        expiresOn,
        operations: [...operations],
        inFullAt: now,
        verdict: 'good',
      },
    };
  }
  return { ...record, versions };
}
