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

/** The demo's steps, each with the key it plays on. */
export const STEP_KEYS = {
  disable: ['demo-disks', 'disk-disable'],
  delete: ['demo-disks', 'disk-delete'],
  'delete-again': ['demo-more', 'disk-delete-again'],
  expire: ['demo-disks', 'disk-expire'],
  'not-before': ['demo-disks', 'disk-not-before'],
  'strip-operations': ['demo-more', 'disk-strip'],
  'approval-lets-a-disable-stand': ['demo-people', 'disk-approved'],
  'other-person-is-told': ['demo-people', 'disk-by-other'],
  'hold-by-api': ['demo-people', 'disk-held'],
  'forged-token-refused': ['demo-more', 'disk-forged'],
  'alert-mode-writes-nothing': ['demo-alert', 'disk-alert'],
  'restore-by-a-person': ['demo-alert', 'disk-by-person'],
  'teams-card-received': ['demo-more', 'disk-teams'],
  'channel-down-next-used': ['demo-alert', 'disk-channel'],
  'recreated-is-told': ['demo-open', 'disk-recreated'],
  'purge-is-told': ['demo-open', 'disk-purged'],
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

/** The machine that lives through an attack. */
export const MACHINE_PLACE = place('vm', TURNED_KEYS.machine[1]);
/** Its disk. */
export const MACHINE_DISK = place('osdisk', TURNED_KEYS.machine[1]);

type VaultAndKey = readonly [vault: string, key: string];

const USER = (number: number): string => `d15cd15c-0000-4000-8000-${String(100 + number).padStart(12, '0')}`;
const versionOf = ([vault, key]: VaultAndKey): string =>
  createHash('sha256').update(`${vault}/${key}`).digest('hex').slice(0, 32);

/**
 * Guarded vaults in `block` and in `alert`, and one in `block` without purge protection, where keys can be destroyed; beside
 * them one that the policy does not name. No more than five incidents come in any but the one of the wave: from the sixth on
 * a vault's incidents have one alert.
 */
export const demoEstate = (): Estate =>
  estateOf([
    ...Object.values(STEP_KEYS),
    ...WAVE_KEYS.slice(1).map((key): VaultAndKey => [STEP_KEYS['wave-is-one-page'][0], key]),
  ]);

/** The vaults of the steps on the turned clock, one in `block` and one in `alert`. */
export const turnedEstate = (): Estate => estateOf(Object.values(TURNED_KEYS), 'pagerduty');

/** Who asks for a plan, with the two roles that it needs. */
const planner: SeedIdentity = {
  name: 'planner',
  kind: 'user',
  oid: '0f0e0d0c-0000-4000-8000-000000000005',
  upn: 'planner@contoso.example',
  grants: [],
  roles: ['Reader', 'Key Vault Reader'].map((role) => ({ role, scope: `/subscriptions/${SUBSCRIPTION}` })),
};

function estateOf(keys: readonly VaultAndKey[], pages: 'teams' | 'pagerduty' = 'teams'): Estate {
  const users = keys.map(([vault, key], number) => diskEncryptionSet(`des-${key}`, vault, key, USER(number)));
  const knownUsers = users.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  const vaults = [...new Set(keys.map(([vault]) => vault))];
  const modes = {
    'demo-disks': 'block',
    'demo-more': 'block',
    'demo-people': 'block',
    'demo-alert': 'alert',
    'demo-open': 'block',
    'demo-wave': 'alert',
  } as const;
  return {
    vaults: vaults.map(
      (name): SeedVault => ({
        name,
        region: 'westeurope',
        subscriptionId: SUBSCRIPTION,
        ...(name === 'demo-open' ? { purgeProtection: false } : {}),
        keys: keys.filter(([vault]) => vault === name).map((each) => seedKey(each)),
      }),
    ),
    resources: keys.flatMap((each, number) => hangingOn(each, USER(number))),
    identities: [...people, planner, ...users],
    policy: {
      vaults: Object.entries(modes)
        .filter(([name]) => vaults.includes(name))
        .map(([name, mode]) => ({
          ...{ name, mode, knownUsers },
          ...(name === 'demo-people' ? { approvers: [...approvers] } : {}),
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
function hangingOn([vault, key]: VaultAndKey, principalId: string): readonly Resource[] {
  const set = place('des', key);
  const machine = place('vm', key);
  const keyUrl = `https://${vault}.vault.azure.net/keys/${key}/${versionOf([vault, key])}`;
  return [
    diskEncryptionSetResource(set, { keyUrl, principalId, tenantId: LOCAL_TENANT }),
    machineResource(machine),
    diskResource(place('osdisk', key), { encryption: { kind: 'set', set }, machines: [machineId(machine)] }),
  ];
}
