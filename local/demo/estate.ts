import { createHash } from 'node:crypto';
import type { Resource } from '../azure/resource-manager/store.ts';
import type { SeedIdentity, SeedVault } from '../azure/types.ts';
import { approvers, daysAgo, diskEncryptionSet, type Estate, people } from '../estate.ts';
import { LOCAL_TENANT } from '../estate-resources.ts';
import {
  diskEncryptionSetResource,
  diskResource,
  groupId,
  machineId,
  machineResource,
  type Place,
} from '../resources.ts';

/** The demo's steps, each with the key it plays on: few enough on the keys of a vault that their incidents are no wave. */
export const STEP_KEYS = {
  disable: ['demo-disks', 'disk-disable'],
  delete: ['demo-keys', 'disk-delete'],
  'delete-again': ['demo-keys', 'disk-delete-again'],
  expire: ['demo-keys', 'disk-expire'],
  'not-before': ['demo-data', 'disk-not-before'],
  'strip-operations': ['demo-data', 'disk-strip'],
  'approval-lets-a-disable-stand': ['demo-disks', 'disk-approved'],
  'other-person-is-told': ['demo-data', 'disk-by-other'],
  'hold-by-api': ['demo-disks', 'disk-held'],
  'forged-token-refused': ['demo-data', 'disk-forged'],
  'alert-mode-writes-nothing': ['demo-alert', 'disk-alert'],
  'restore-by-a-person': ['demo-alert', 'disk-by-person'],
  'teams-card-received': ['demo-disks', 'disk-teams'],
  'channel-down-next-used': ['demo-alert', 'disk-channel'],
  'recreated-is-told': ['demo-reused', 'disk-recreated'],
  'purge-is-told': ['demo-open', 'disk-purged'],
  'access-cut-named': ['demo-cut', 'disk-cut'],
  'vault-deleted-told': ['demo-gone', 'disk-gone'],
  'plan-names-what-hangs-on-a-key': ['demo-disks', 'disk-planned'],
  'plan-writes-nothing': ['demo-disks', 'disk-untouched'],
  'unguarded-key-found': ['demo-forgotten', 'disk-forgotten'],
  'alert-names-what-dies-and-when': ['demo-alert', 'disk-named-in-time'],
  'wave-is-one-page': ['demo-wave', 'disk-wave-1'],
} as const;

/** All keys of the vault in which a wave is played. */
export const WAVE_KEYS = Array.from({ length: 8 }, (_, at) => `disk-wave-${at + 1}`);

/** The keys of the steps on the turned clock, which play in a process of their own. */
export const TURNED_KEYS = {
  machine: ['demo-disks', 'disk-machine'],
  named: ['demo-disks', 'disk-named'],
  purgeTried: ['demo-disks', 'disk-purge-tried'],
  outage: ['demo-disks', 'disk-outage'],
  unanswered: ['demo-alert', 'disk-unanswered'],
} as const;

const SUBSCRIPTION = 'd3300000-0000-4000-8000-000000000001';
const GROUP = groupId(SUBSCRIPTION, 'rg-demo');
const place = (kind: string, key: string): Place => ({ group: GROUP, name: `${kind}-${key}` });

/** The keys of the steps that play rotations, in another process: on each hangs a set that takes new versions by itself. */
export const ROTATION_KEYS = {
  'rotation-followed-and-proven': ['demo-rotated', 'disk-followed'],
  'rotation-late-then-followed': ['demo-rotated', 'disk-late'],
  'rotation-stuck-cause-named': ['demo-rotated', 'disk-stuck'],
  'rotation-reverted-told': ['demo-rotated', 'disk-reverted'],
  'set-moved-told': ['demo-rotated', 'disk-moved'],
} as const;

/** The keys of the steps that play a rotation schedule, in the same process. */
export const SCHEDULED_KEYS = {
  'overdue-rotated': ['demo-scheduled', 'disk-overdue'],
  'policy-set-once': ['demo-scheduled', 'disk-scheduled'],
} as const;

/** The machine that lives through an attack. */
export const MACHINE_PLACE = place('vm', TURNED_KEYS.machine[1]);
/** Its disk. */
export const MACHINE_DISK = place('osdisk', TURNED_KEYS.machine[1]);

type VaultAndKey = readonly [vault: string, key: string];

const USER = (number: number): string => `d15cd15c-0000-4000-8000-${String(100 + number).padStart(12, '0')}`;
const versionOf = ([vault, key]: VaultAndKey): string =>
  createHash('sha256').update(`${vault}/${key}`).digest('hex').slice(0, 32);

/** Guarded vaults in `block` and in `alert`, one of them without purge protection, where keys can be destroyed. One beside them, which the policy does not name. */
export function demoEstate(): Estate {
  const wave = WAVE_KEYS.slice(1).map((key): VaultAndKey => [STEP_KEYS['wave-is-one-page'][0], key]);
  const estate = estateOf([...Object.values(STEP_KEYS), ...wave]);
  const attackers = [...new Set(Object.values(STEP_KEYS).map(([vault]) => vault))].flatMap((vault, at) =>
    estate.identities
      .filter(({ name }) => name === 'attacker')
      .map((attacker) => ({ ...attacker, name: attackerOf(vault), oid: ATTACKER(at) })),
  );
  return { ...estate, identities: [...estate.identities.map(ofTakenVaults), ...attackers] };
}

/** Who attacks the keys of a vault: what one identity did to all of them would be one wave, and no step would have alerts of its own. */
export const attackerOf = (vault: string): string => `attacker-${vault}`;
const ATTACKER = (at: number): string => `0f0e0d0c-0000-4000-8000-${String(200 + at).padStart(12, '0')}`;

/** The vaults that somebody takes from disks through Resource Manager. */
const TAKEN = [STEP_KEYS['access-cut-named'], STEP_KEYS['vault-deleted-told']].map(([vault, key]) => ({
  id: `${groupId(SUBSCRIPTION, 'rg-keys')}/providers/Microsoft.KeyVault/vaults/${vault}`,
  set: `des-${key}`,
}));

/** There the attacker is the owner, and the set of each has its right by a role. */
function ofTakenVaults(identity: SeedIdentity): SeedIdentity {
  const taken = TAKEN.find(({ set }) => set === identity.name);
  if (taken !== undefined)
    return { ...identity, grants: [], roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: taken.id }] };
  if (identity.name !== 'attacker') return identity;
  const owned = TAKEN.map(({ id }) => ({ role: 'Owner', scope: id }));
  return { ...identity, roles: [{ role: 'Reader', scope: `/subscriptions/${SUBSCRIPTION}` }, ...owned] };
}

/** The vaults of the steps on the turned clock, one in `block` and one in `alert`. */
export const turnedEstate = (): Estate => estateOf(Object.values(TURNED_KEYS), {}, 'pagerduty');

/** The time until one of them is near its expiry, by a schedule with P30D: after the guardian has begun to guard it. */
const NEAR_EXPIRY_AFTER_MS = 30 * 60_000;

/** Neither of its keys is due at first. */
function scheduled(vault: SeedVault): SeedVault {
  if (vault.name !== 'demo-scheduled') return vault;
  const exp = daysAgo(-30) + NEAR_EXPIRY_AFTER_MS / 1_000;
  const [, overdue] = SCHEDULED_KEYS['overdue-rotated'];
  return {
    ...vault,
    keys: (vault.keys ?? []).map((key) => ({
      ...key,
      versions: (key.versions ?? []).map((version) => ({
        ...version,
        ...(key.name === overdue
          ? { created: daysAgo(60), updated: daysAgo(60), exp }
          : { created: daysAgo(10), updated: daysAgo(10) }),
      })),
    })),
  };
}

/** Two guarded vaults with those keys, a vault that nothing guards, and somebody who may change sets. */
export function rotationEstate(): Estate {
  const keys = [...Object.values(ROTATION_KEYS), ...Object.values(SCHEDULED_KEYS)];
  const estate = estateOf(keys, { rotationToLatestKeyVersionEnabled: true });
  return {
    ...estate,
    vaults: [
      ...estate.vaults.map(scheduled),
      { name: 'demo-elsewhere', subscriptionId: SUBSCRIPTION, keys: [seedKey(ELSEWHERE)] },
    ],
    identities: [...estate.identities.map(byRole), pipeline],
  };
}

/** The identity of a set with its right as a role assignment, by which a cause is found. */
const byRole = (identity: SeedIdentity): SeedIdentity =>
  identity.kind === 'managed-identity'
    ? {
        ...{ ...identity, grants: [] },
        roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: `/subscriptions/${SUBSCRIPTION}` }],
      }
    : identity;

/** A key of a vault that nothing guards. */
const ELSEWHERE = ['demo-elsewhere', 'disk-elsewhere'] as const;
/** Its address. */
export const ELSEWHERE_URL = keyUrlOf(ELSEWHERE);

/** What deploys the subscription. */
const pipeline: SeedIdentity = {
  name: 'pipeline',
  kind: 'application',
  oid: '0f0e0d0c-0000-4000-8000-000000000006',
  grants: [],
  roles: [{ role: 'Contributor', scope: `/subscriptions/${SUBSCRIPTION}` }],
};

/** The places of the set and of the disk that hang on a key. */
export const placesOn = (key: string) => ({ set: place('des', key), disk: place('osdisk', key) });

/** Who asks for a plan, with the two roles that it needs. */
const planner: SeedIdentity = {
  name: 'planner',
  kind: 'user',
  oid: '0f0e0d0c-0000-4000-8000-000000000005',
  upn: 'planner@contoso.example',
  grants: [],
  roles: ['Reader', 'Key Vault Reader'].map((role) => ({ role, scope: `/subscriptions/${SUBSCRIPTION}` })),
};

function estateOf(
  keys: readonly VaultAndKey[],
  ofSets: Readonly<Record<string, unknown>> = {},
  pages: 'teams' | 'pagerduty' = 'teams',
): Estate {
  const users = keys.map(([vault, key], number) => diskEncryptionSet(`des-${key}`, vault, key, USER(number)));
  const knownUsers = users.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  const vaults = [...new Set(keys.map(([vault]) => vault))];
  const modes = {
    'demo-disks': 'block',
    'demo-data': 'block',
    'demo-keys': 'block',
    'demo-alert': 'alert',
    'demo-open': 'block',
    'demo-reused': 'block',
    'demo-rotated': 'block',
    'demo-scheduled': 'block',
    'demo-cut': 'block',
    'demo-gone': 'alert',
    'demo-wave': 'alert',
  } as const;
  return {
    vaults: vaults.map(
      (name): SeedVault => ({
        name,
        region: 'westeurope',
        subscriptionId: SUBSCRIPTION,
        ...(name === 'demo-open' || name === 'demo-reused' ? { purgeProtection: false } : {}),
        keys: keys.filter(([vault]) => vault === name).map((each) => seedKey(each)),
      }),
    ),
    resources: keys.flatMap((each, number) => hangingOn(each, USER(number), ofSets)),
    identities: [...people, planner, ...users],
    policy: {
      vaults: Object.entries(modes)
        .filter(([name]) => vaults.includes(name))
        .map(([name, mode]) => ({
          ...{ name, mode, knownUsers },
          ...(mode === 'block' ? { approvers: [...approvers] } : {}),
          ...(name === 'demo-scheduled' ? { rotation: { every: 'P90D', notifyBefore: 'P30D' } } : {}),
        })),
      // The channel console, which is the app's log, is not named: it stands by.
      channels: ['webhook', pages],
    },
  };
}

const seedKey = (of: VaultAndKey) => ({
  name: of[1],
  versions: [
    {
      version: versionOf(of),
      created: daysAgo(90),
      updated: daysAgo(90),
      keyOps: ['wrapKey', 'unwrapKey'] as const,
    },
  ],
});

/** A set on the key, with a disk of a running machine. */
function hangingOn(
  [vault, key]: VaultAndKey,
  principalId: string,
  more: Readonly<Record<string, unknown>>,
): readonly Resource[] {
  const set = place('des', key);
  const machine = place('vm', key);
  const keyUrl = keyUrlOf([vault, key]);
  return [
    diskEncryptionSetResource(set, { keyUrl, principalId, tenantId: LOCAL_TENANT, more }),
    machineResource(machine),
    diskResource(place('osdisk', key), { encryption: { kind: 'set', set }, machines: [machineId(machine)] }),
  ];
}

/** The address of the version that a key has at first. */
export function keyUrlOf([vault, key]: VaultAndKey): string {
  return `https://${vault}.vault.azure.net/keys/${key}/${versionOf([vault, key])}`;
}
