import { type Attributes, type ListedVersion, sameOperations, spell, VITAL_OPERATIONS } from '../domain/key.ts';
import { keyPolicy } from '../domain/policy.ts';
import type { VersionRecord } from '../domain/register.ts';
import { DAY_MS, sameMoment, utc } from '../domain/time.ts';
import type { Answer, ReadVersion } from '../domain/vault.ts';
import { BaselineImpossible } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readSoundKeys } from './keys.ts';

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
  /** Whether its key was deleted with approval, and is back. */
  readonly letGo: boolean;
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
  const listedNow = got(keys, vault);
  const isGuardedName = (key: string): boolean => keyPolicy(ports.policy, vault, key).guarded;
  for (const key of listedNow.unclear.filter(isGuardedName))
    throw new BaselineImpossible(spell({ vault, key }), 'its item in the list of keys does not hold what it should');
  for (const { key } of listedNow.keys.filter((listed) => isGuardedName(listed.key))) {
    const [versions, current] = await Promise.all([reads.listVersions(key), reads.read(key)]);
    const listing = got(versions, spell({ vault, key }));
    const newest = listing.toSorted((one, other) => other.created.getTime() - one.created.getTime())[0]?.version;
    const currentVersion = current.kind === 'ok' ? current.value.version : newest;
    for (const listed of listing) {
      const { version } = listed;
      const answer = version === currentVersion ? current : await reads.read(key, version);
      const read = answer.kind === 'undetailed' ? undefined : got(answer, spell({ vault, key, version }));
      const isCurrent = version === currentVersion;
      const record = standing.get(key)?.record;
      const known = record?.versions[version];
      const approved = known?.approved;
      proposed.push({
        key,
        version,
        read,
        listed,
        current: isCurrent,
        approved,
        letGo: record?.approvedDeletion !== undefined,
        suspicious:
          record?.approvedDeletion === undefined
            ? (suspicion(read ?? listed, read?.detail.operations, isCurrent, approved, ports.now()) ?? refused(known))
            : 'its key was deleted with approval and is back',
        changedAt: changedLately(listed, ports.now()) ? listed.updated : undefined,
      });
    }
  }
  for (const { key } of got(deleted, vault).filter((gone) => isGuardedName(gone.key))) {
    proposed.push({
      key,
      version: undefined,
      read: undefined,
      listed: undefined,
      current: false,
      approved: undefined,
      letGo: false,
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

/** Why the guardian did not approve a version that it knows. */
const refused = (known: VersionRecord | undefined): string | undefined =>
  known === undefined || known.approved !== undefined
    ? undefined
    : (known.distrusted ?? 'it was not approved when it was first seen');

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
