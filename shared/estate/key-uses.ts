import { type KeyUse, type KeyUser, runningFirst, type UsingMachine } from '../domain/key-use.ts';
import type { Estate, EstateMachine, EstateUser } from './estate.ts';

/** Machines that a row names at most, running ones first. */
const MOST_MACHINES = 50;

/** A key with all that uses it. */
export interface UsedKey {
  readonly vault: string;
  readonly key: string;
  readonly users: readonly EstateUser[];
}

/** The keys of vaults that something uses, by vault and key. A set in the middle of a move uses two; keys of Managed HSMs are left out. */
export function usedKeys({ users }: Pick<Estate, 'users'>): readonly UsedKey[] {
  const used = new Map<string, { vault: string; key: string; users: Set<EstateUser> }>();
  for (const user of users)
    for (const { at, vault, name } of user.keys) {
      if (at !== 'vault') continue;
      const id = `${vault}/${name}`;
      const known = used.get(id) ?? { vault, key: name, users: new Set() };
      known.users.add(user);
      used.set(id, known);
    }
  return [...used]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { vault, key, users: those }]) => ({ vault, key, users: [...those] }));
}

/** The versions of a key that a user names. Empty where it names none and takes the newest. */
export const versionsNeeded = (
  { keys }: EstateUser,
  { vault, key }: Pick<UsedKey, 'vault' | 'key'>,
): readonly string[] => [
  ...new Set(
    keys.flatMap((each) =>
      each.at === 'vault' && each.vault === vault && each.name === key && each.version !== undefined
        ? [each.version]
        : [],
    ),
  ),
];

/** Whether a user takes new versions of this key: of its active one, not of one that it leaves. */
export const isFollowing = (
  { keys: [active], follows }: EstateUser,
  { vault, key }: Pick<UsedKey, 'vault' | 'key'>,
): boolean => follows && active?.vault === vault && active.name === key;

/** What hangs on each used key, one at a time. */
export function* keyUses(
  estate: Estate,
  surveyedAt: Date,
): Iterable<Pick<UsedKey, 'vault' | 'key'> & { readonly use: KeyUse }> {
  for (const used of usedKeys(estate)) yield { vault: used.vault, key: used.key, use: keyUseOf(used, surveyedAt) };
}

function keyUseOf(used: UsedKey, surveyedAt: Date): KeyUse {
  const machines = machinesOn(used.users);
  return {
    surveyedAt,
    users: used.users.map((user) => ({
      kind: user.kind,
      id: user.id,
      name: user.name,
      versions: [...versionsNeeded(user, used)],
      follows: isFollowing(user, used),
      ...hindering(user),
      objectIds: [...user.callers.objectIds],
      ...(user.callers.applicationId === undefined ? {} : { applicationId: user.callers.applicationId }),
      disks: user.holds.disks,
      snapshots: user.holds.snapshots,
      images: user.holds.images,
      machines: user.holds.machines.size,
    })),
    machines: machines.slice(0, MOST_MACHINES).map(usingMachine),
    machineCount: machines.length,
    runningCount: machines.filter(({ power }) => power === 'running').length,
    unknown: used.users.flatMap(({ name, unknown }) => unknown.map((what) => `${name}: ${what}`)),
  };
}

/** What a disk encryption set shows that a rotation has to wait for. Its previous keys may be another key's: it is moving. */
function hindering(user: EstateUser): Pick<KeyUser, 'hinders'> {
  if (user.kind !== 'disk-encryption-set') return {};
  if (user.encryption === 'confidential') return { hinders: 'confidential-set' };
  if (user.rotationError !== undefined) return { hinders: 'set-error' };
  return user.keys.length > 1 ? { hinders: 'previous-keys' } : {};
}

/** The machines that hang on any of these users, each once, running ones first, then by name. */
export const machinesOn = (users: readonly EstateUser[]): readonly EstateMachine[] =>
  [...new Set(users.flatMap(({ holds }) => [...holds.machines.keys()]))].toSorted(
    (one, other) => runningFirst(one, other) || (one.name < other.name ? -1 : one.name > other.name ? 1 : 0),
  );

const usingMachine = ({ id, name, power, encryptionAtHost }: EstateMachine): UsingMachine => ({
  id,
  name,
  power,
  ...(encryptionAtHost === undefined ? {} : { encryptionAtHost }),
});
