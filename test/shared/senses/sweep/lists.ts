import type { ListedVersion } from '../../../../shared/domain/key.ts';
import { type Policy, policy } from '../../../../shared/domain/policy.ts';
import type { ApprovedVersion, KeyRecord, LastObserved } from '../../../../shared/domain/register.ts';
import type { RotationPolicy } from '../../../../shared/domain/rotation-policy.ts';
import type { Surveyed } from '../../../../shared/domain/survey.ts';
import type { DeletedKey, ListedKey, ReadVersion } from '../../../../shared/domain/vault.ts';
import { compare } from '../../../../shared/senses/sweep/compare.ts';
import type { Listing } from '../../../../shared/senses/sweep/plan.ts';
import {
  approved,
  BORN,
  DETAIL,
  inDays,
  inMs,
  known,
  lastObserved,
  NOW,
  type Parts,
  recordOf,
  V1,
  V2,
  V3,
} from '../../guard/keys/situations.ts';

export const VAULT = 'prod-disks';
export const HOUR = 3_600_000;
/** From when on a version may have its turn, in ms since it was last observed. */
export const TURN = (2 * HOUR) / 3;
export const block = policy.parse({
  vaults: [
    {
      name: VAULT,
      mode: 'block',
      keys: [{ pattern: 'canary', guard: false }],
    },
  ],
});

const needed = { versions: [V1, V2, V3], callers: [] };
/** A survey found users of every version of these keys, and of none of the key `hourly`. */
export const surveyed: Surveyed = {
  at: NOW,
  vaults: new Map([[VAULT, { id: '/subscriptions/one', keys: { 'disk-a': needed, 'disk-b': needed }, unknown: [] }]]),
};

export const listedKey = (key: string, more: Partial<ListedKey> = {}): ListedKey => ({
  key,
  managed: false,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
export const listedVersion = (version: string, more: Partial<ListedVersion> = {}): ListedVersion => ({
  version,
  enabled: true,
  notBefore: undefined,
  expiresOn: undefined,
  created: BORN,
  updated: BORN,
  ...more,
});
export const readVersion = (version: string, more: Partial<ReadVersion> = {}): ReadVersion => ({
  ...listedVersion(version),
  managed: false,
  detail: DETAIL,
  ...more,
});

/** A version as the register has it. `last`: what was last observed of it; `undefined` where nothing was. */
export interface Registered {
  readonly known: ApprovedVersion;
  readonly last: LastObserved | undefined;
}
/** What was last observed of a version, so many milliseconds ago. */
export const observedAgo = (ms: number, more: Partial<LastObserved> = {}): LastObserved =>
  lastObserved({ at: inMs(-ms), inFullAt: inMs(-ms), ...more });
/** A version that was last observed so many milliseconds ago, sound but for what is given. */
export const registeredAgo = (ms: number, more: Partial<LastObserved> = {}): Registered => ({
  known: known(),
  last: observedAgo(ms, more),
});
export const fresh = registeredAgo(60_000);
export const older: Registered = { known: known({ created: inDays(-100) }), last: observedAgo(60_000) };
export const retired: Registered = {
  known: known({ created: inDays(-100), attributes: approved({ enabled: false }) }),
  last: observedAgo(60_000, { enabled: false }),
};
/** The register's row of a key with these versions. */
export const rowOf = (versions: Readonly<Record<string, Registered>>, more: Parts = {}): KeyRecord =>
  recordOf(Object.fromEntries(Object.entries(versions).map(([version, one]) => [version, one.known])), {
    ...more,
    observed: {
      versions: Object.fromEntries(
        Object.entries(versions).flatMap(([version, { last }]) => (last === undefined ? [] : [[version, last]])),
      ),
      ...more.observed,
    },
  });

/** What a sweep has before it. */
export interface Shown {
  readonly keys?: readonly ListedKey[];
  readonly unclear?: readonly string[];
  readonly deleted?: readonly DeletedKey[];
  readonly listed?: Readonly<Record<string, readonly ListedVersion[]>>;
  readonly read?: Readonly<Record<string, ReadVersion>>;
  readonly register?: Readonly<Record<string, KeyRecord>>;
  readonly policy?: Policy;
  /** Rotation policies that were read. */
  readonly policies?: ReadonlyMap<string, RotationPolicy | undefined>;
}
export const compared = ({
  keys = [],
  unclear = [],
  deleted = [],
  listed = {},
  read = {},
  register = {},
  ...more
}: Shown) =>
  compare(
    listing({
      lists: { keys, unclear, deleted },
      register: new Map(Object.entries(register)),
      ...(more.policy === undefined ? {} : { policy: more.policy }),
    }),
    new Map(Object.entries(listed)),
    new Map(Object.entries(read)),
    more.policies,
  );
/** What a sweep of the vault starts from when it begins now. */
export const listing = (of: Pick<Listing, 'lists' | 'register'> & Partial<Listing>): Listing => ({
  policy: block,
  vault: VAULT,
  surveyed,
  beganAt: NOW,
  sweepEverySeconds: 60,
  ...of,
});
export const lists = (...keys: readonly ListedKey[]) => ({ keys, unclear: [], deleted: [] });
