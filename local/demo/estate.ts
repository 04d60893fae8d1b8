import { approvers, daysAgo, diskEncryptionSet, type Estate, people } from '../estate.ts';

/** The demo's steps, each with the key it plays on. */
export const STEP_KEYS = {
  disable: ['demo-disks', 'disk-disable'],
  delete: ['demo-disks', 'disk-delete'],
  'delete-again': ['demo-disks', 'disk-delete-again'],
  expire: ['demo-disks', 'disk-expire'],
  'not-before': ['demo-disks', 'disk-not-before'],
  'strip-operations': ['demo-disks', 'disk-strip'],
  'approval-lets-a-disable-stand': ['demo-disks', 'disk-approved'],
  'other-person-is-told': ['demo-disks', 'disk-by-other'],
  'hold-by-api': ['demo-disks', 'disk-held'],
  'forged-token-refused': ['demo-disks', 'disk-forged'],
  'alert-mode-writes-nothing': ['demo-alert', 'disk-alert'],
  'restore-by-a-person': ['demo-alert', 'disk-by-person'],
  'teams-card-received': ['demo-disks', 'disk-teams'],
  'channel-down-next-used': ['demo-alert', 'disk-channel'],
  'recreated-is-told': ['demo-open', 'disk-recreated'],
  'purge-is-told': ['demo-open', 'disk-purged'],
} as const;

const USER = (number: number): string => `d15cd15c-0000-4000-8000-${String(100 + number).padStart(12, '0')}`;

/** Three vaults: one in `block`, one in `alert`, and one in `block` without purge protection, where keys can be destroyed. */
export function demoEstate(): Estate {
  const keysOf = (vault: string) =>
    Object.values(STEP_KEYS)
      .filter(([named]) => named === vault)
      .map(([, name]) => ({
        name,
        versions: [{ created: daysAgo(90), updated: daysAgo(90), keyOps: ['wrapKey', 'unwrapKey'] as const }],
      }));
  const users = Object.values(STEP_KEYS).map(([vault, key], number) =>
    diskEncryptionSet(`des-${key}`, vault, key, USER(number)),
  );
  const knownUsers = users.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  return {
    vaults: [
      { name: 'demo-disks', region: 'westeurope', keys: keysOf('demo-disks') },
      { name: 'demo-alert', region: 'westeurope', keys: keysOf('demo-alert') },
      { name: 'demo-open', region: 'westeurope', purgeProtection: false, keys: keysOf('demo-open') },
    ],
    identities: [...people, ...users],
    policy: {
      vaults: [
        { name: 'demo-disks', mode: 'block', knownUsers, approvers: [...approvers] },
        { name: 'demo-alert', mode: 'alert', knownUsers },
        { name: 'demo-open', mode: 'block', knownUsers },
      ],
      // The channel console, which is the app's log, is not named: it stands by.
      channels: ['webhook', 'teams'],
    },
  };
}
