import * as z from 'zod';
import { type KeyUse, type KeyUser, runningFirst, type UserKind, usingMachine } from './key-use.ts';
import { type Surveyed, surveyedVaultOf } from './survey.ts';
import { utc } from './time.ts';

/** What hangs on a key, or on one of its versions, as the last survey found it. */
export const hanging = z.object({
  /** `disks`: disks fail without it. `others`: something else needs it. `unknown`: nobody has read what does. */
  kind: z.enum(['disks', 'others', 'nothing', 'unknown']),
  /** The same in words, no whole sentence. */
  says: z.string(),
  /** Set where a SQL server needs it: its databases become inaccessible 30 minutes after the act. */
  databases: z.literal(true).optional(),
  /** Set where machines under Azure Disk Encryption need it: they run on, and do not start again without it. */
  atRestart: z.literal(true).optional(),
  /** Machines with a disk that hangs on it, running ones first, ten at most; absent where not known which. */
  machines: z.array(usingMachine.pick({ id: true, name: true, power: true })).optional(),
  /** The resource id of its vault, where a survey found it. */
  vaultId: z.string().optional(),
});
export type Hanging = z.infer<typeof hanging>;

/** What is asked about: a key, and where only one version of it is meant, which. */
export interface Asked {
  readonly vault: string;
  readonly key: string;
  readonly version?: string | undefined;
  /** The version that is current, as far as it is known. */
  readonly current?: string | undefined;
}

/**
 * What hangs on a key or a version.
 *
 * @param use the row of the key; `undefined` where there is none, `unreadable` where it cannot be read
 */
export function hangingOn(asked: Asked, use: KeyUse | 'unreadable' | undefined, surveyed: Surveyed): Hanging {
  const vaultId = surveyedVaultOf(surveyed, asked.vault)?.id;
  return { ...hangingFrom(asked, use, surveyed), ...(vaultId === undefined ? {} : { vaultId }) };
}

function hangingFrom(asked: Asked, use: KeyUse | 'unreadable' | undefined, surveyed: Surveyed): Hanging {
  if (use === 'unreadable') return unknownBecause('its row cannot be read');
  const users = (use?.users ?? []).filter((user) => isNeededBy(user, asked));
  if (use !== undefined && users.length > 0) {
    // The survey knows the machines of a key, not of each of its versions.
    const isAll = users.length === use.users.length;
    const says = [...wordsFor(users), ...(isAll ? machinesIn(use) : [])].join(', ');
    const rest = use.unknown.length === 0 ? '' : `, and what could not be read (${use.unknown[0]})`;
    const machines = use.machines
      .toSorted(runningFirst)
      .slice(0, MOST_MACHINES)
      .map(({ id, name, power }) => ({ id, name, power }));
    return {
      kind: stopsDisks(users, use) ? 'disks' : 'others',
      says: `${says}${rest}`,
      ...(users.some(({ kind }) => kind === 'sql-server') ? { databases: true } : {}),
      ...(users.some(({ kind }) => kind === 'azure-disk-encryption') ? { atRestart: true } : {}),
      ...(isAll && machines.length > 0 ? { machines } : {}),
    };
  }
  const vault = surveyedVaultOf(surveyed, asked.vault);
  if (vault === undefined) return unknownBecause('no survey has read its vault');
  const [unread] = [...vault.unknown, ...(use?.unknown ?? [])];
  if (unread !== undefined) return unknownBecause(unread);
  const follower = use?.users.find(({ versions }) => versions.length === 0);
  if (follower !== undefined)
    return unknownBecause(`${follower.name} names no version, and may not have the newest yet`);
  return { kind: 'nothing', says: `nothing is known to use it, as of ${utc(surveyed.at)}` };
}

/** Machines that an alert names at most. */
const MOST_MACHINES = 10;

const unknownBecause = (because: string): Hanging => ({
  kind: 'unknown',
  says: `what hangs on it is not known: ${because.replace(/\.$/, '')}`,
});

/** A user that names no version takes the current one. */
const isNeededBy = ({ versions }: KeyUser, { version, current }: Asked): boolean =>
  version === undefined ||
  (versions.length === 0 ? current === undefined || current === version : versions.includes(version));

/** The disks of a scale set are no resources of their own, so that only its model shows them. */
const stopsDisks = (users: readonly KeyUser[], { machineCount }: KeyUse): boolean =>
  users.some(
    ({ kind, disks, machines = machineCount }) => kind === 'disk-encryption-set' && (disks > 0 || machines > 0),
  );

/** One and several of each kind of user. */
const NAMES: Readonly<Record<UserKind, readonly [one: string, several: string]>> = {
  'disk-encryption-set': ['disk encryption set', 'disk encryption sets'],
  'storage-account': ['storage account', 'storage accounts'],
  'sql-server': ['SQL server', 'SQL servers'],
  'azure-disk-encryption': ['use by Azure Disk Encryption', 'uses by Azure Disk Encryption'],
};

const counted = (count: number, [one, several]: readonly [one: string, several: string]): string =>
  `${count} ${count === 1 ? one : several}`;

function wordsFor(users: readonly KeyUser[]): readonly string[] {
  const byKind = Map.groupBy(users, ({ kind }) => kind);
  return [...byKind].map(([kind, those]) => {
    const parts = (['disks', 'snapshots', 'images'] as const).flatMap((what) => {
      const count = those.reduce((sum, user) => sum + user[what], 0);
      return count === 0 ? [] : [counted(count, [what.slice(0, -1), what])];
    });
    const all = kind === 'sql-server' ? [...parts, 'inaccessible after 30 min without it'] : parts;
    return `${counted(those.length, NAMES[kind])}${all.length === 0 ? '' : ` (${all.join(', ')})`}`;
  });
}

const machinesIn = ({ machineCount, runningCount }: KeyUse): readonly string[] =>
  machineCount === 0 ? [] : [`${counted(machineCount, ['machine', 'machines'])}, ${runningCount} running`];
