import { guardedVaults, keyPolicy, type Policy } from '../shared/domain/policy.ts';
import type { SeedIdentity, SeedVault } from './azure/types.ts';
import { approvers, DISK_ACTIONS, type Estate, oneVersion, startEstate } from './estate.ts';

/** What a person's own policy is tried on. */
export interface PolicyEstate extends Estate {
  readonly policy: Policy;
  /** Those that were made since the policy names them. */
  readonly made: readonly SeedVault[];
  /** Names of those that the policy does not name: nobody watches them. */
  readonly unnamed: readonly string[];
}

/** Keys that each made vault has; a page of a vault holds 25. */
const KEYS = ['disk-web', 'disk-app'];
const MOST_KEYS = 25;
const LONGEST_KEY = 127;
/** Days since they were made: long enough that the guardian takes them for settled. */
const AGE_DAYS = 90;

/** The vaults of `npm start`, and beside them each that the policy names and they lack, with a few keys. */
export function policyEstate(policy: Policy): PolicyEstate {
  const { vaults, identities, resources = [], subscriptions = [] } = startEstate();
  const there = vaults.map(({ name }) => name.toLowerCase());
  const guarded = guardedVaults(policy);
  const missing = policy.vaults.filter(({ name }) => !there.includes(name.toLowerCase()));
  const made = missing.map(madeVault);
  const everybody = [...identities];
  for (const vault of missing) everybody.push(diskIdentity(vault, everybody));
  return {
    vaults: [...vaults, ...made],
    resources,
    subscriptions,
    identities: everybody,
    // The local people approve beside those whom the policy names, who are not there.
    policy: {
      ...policy,
      vaults: policy.vaults.map((vault) => ({ ...vault, approvers: [...vault.approvers, ...approvers] })),
    },
    made,
    unnamed: there.filter((name) => !guarded.includes(name)),
  };
}

/** The keys of an estate that its policy guards, as `vault/key`, in the order of the policy. */
export const guardedKeys = ({ vaults }: Pick<Estate, 'vaults'>, policy: Policy): readonly string[] =>
  guardedVaults(policy).flatMap((vault) =>
    (vaults.find(({ name }) => name.toLowerCase() === vault)?.keys ?? []).flatMap(({ name }) =>
      keyPolicy(policy, vault, name).guarded ? [`${vault}/${name}`] : [],
    ),
  );

const madeVault = ({ name, keys }: Policy['vaults'][number]): SeedVault => ({
  name: name.toLowerCase(),
  region: 'westeurope',
  keys: [...new Set([...KEYS, ...keys.flatMap(({ pattern }) => keyThatFits(pattern))])]
    .slice(0, MOST_KEYS)
    .map((key) => oneVersion(key, AGE_DAYS)),
});

/** So that each pattern has a key to be seen on. */
function keyThatFits(pattern: string): readonly string[] {
  const name = pattern.toLowerCase().replaceAll('*', 'one');
  return /^\*+$/.test(pattern) || name.length > LONGEST_KEY ? [] : [name];
}

/** Whoever uses the keys of a made vault: its first known user, where the policy has one for it alone. */
function diskIdentity({ name, knownUsers }: Policy['vaults'][number], taken: readonly SeedIdentity[]): SeedIdentity {
  const vault = name.toLowerCase();
  const oid = knownUsers.find((known) => taken.every((other) => other.oid !== known));
  return {
    name: `disks-of-${vault}`,
    kind: 'managed-identity',
    ...(oid === undefined ? {} : { oid }),
    grants: [{ vault, dataActions: DISK_ACTIONS }],
  };
}
