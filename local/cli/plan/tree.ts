import { duration } from '../../../shared/alerts/text.ts';
import { utc } from '../../../shared/domain/time.ts';
import { counted, countedAll, number, WIDTH } from './lines.ts';
import type { PlanKey, PlanReport, PlanUser, PlanVault } from './schema.ts';

/** A line of a tree with what is below it. */
interface Branch {
  readonly name: string;
  /** What it is; beside the name. */
  readonly what?: string;
  readonly below: readonly Branch[];
}

/** Lines of the tree after which no further vault is begun. */
const MOST_LINES = 100;
const MOST_KEYS = 8;
const MOST_USERS = 6;
const MOST_MACHINES = 5;
/** Where the second column begins. */
const COLUMN = 36;

/** Vaults, their used keys, what uses them, and what hangs on that, the most running machines first. Long lists are cut. */
export function tree({ vaults, at: now }: Pick<PlanReport, 'vaults' | 'at'>): readonly string[] {
  const lines: string[] = [];
  const inOrder = byHarm(vaults, ({ keys }) => harm(keys));
  for (const [at, vault] of inOrder.entries()) {
    if (lines.length >= MOST_LINES) {
      const left = inOrder.slice(at);
      const keys = left.reduce((sum, each) => sum + each.keys.length, 0);
      return [...lines, `… and ${counted(left.length, 'vault')} with ${counted(keys, 'used key')} more`];
    }
    lines.push(...drawn(vaultBranch(vault, now), '', ''));
  }
  return lines;
}

interface Harm {
  readonly running: number;
  readonly machines: number;
  readonly disks: number;
}

const harm = (keys: readonly PlanKey[]): Harm => ({
  running: keys.reduce((sum, { running }) => sum + running, 0),
  machines: keys.reduce((sum, { machines }) => sum + machines, 0),
  disks: keys.reduce((sum, { disks }) => sum + disks, 0),
});

/** In the order in which most people would care: by running machines, machines, disks. */
export const byHarm = <T>(items: readonly T[], harmOf: (item: T) => Harm): readonly T[] =>
  items.toSorted((a, b) => {
    const [one, other] = [harmOf(a), harmOf(b)];
    return other.running - one.running || other.machines - one.machines || other.disks - one.disks;
  });

/** The first few branches, and how many more there are. */
const cut = (branches: readonly Branch[], most: number, noun: string): readonly Branch[] =>
  branches.length <= most
    ? branches
    : [...branches.slice(0, most), { name: `… and ${counted(branches.length - most, noun)} more`, below: [] }];

const NETWORKS = { public: '', selected: ', selected networks', private: ', no public network' } as const;

function vaultBranch({ name, location, access, network, otherKeys, keys, eventsUntil }: PlanVault, now: Date): Branch {
  const where =
    access === undefined ? 'vault that is not shown' : `vault${location === undefined ? '' : ` in ${location}`}`;
  const by = access === 'access-policies' ? ', access policies' : '';
  const others = otherKeys === undefined || otherKeys === 0 ? '' : `, ${number(otherKeys)} not`;
  return {
    name,
    what: `${where}${by}${network === undefined ? '' : NETWORKS[network]}; ${counted(keys.length, 'key')} in use${others}`,
    below: [
      ...(eventsUntil === undefined ? [] : [{ name: `audit events up to ${utc(eventsUntil)}`, below: [] }]),
      ...cut(
        byHarm(keys, (key) => key).map((key) => keyBranch(key, now)),
        MOST_KEYS,
        'key',
      ),
    ],
  };
}

const STATES = { usable: '', unusable: ', UNUSABLE: see above', unknown: ', state not known' } as const;

function keyBranch({ name, type, sizeBits, expiresOn, state, users }: PlanKey, now: Date): Branch {
  const kind = type === undefined ? 'key' : `key, ${type}${sizeBits === undefined ? '' : ` ${sizeBits}`}`;
  const expiry = expiresOn === undefined ? '' : `, expires ${utc(expiresOn).slice(0, 'yyyy-mm-dd'.length)}`;
  return {
    name,
    what: `${kind}${STATES[state]}${expiry}`,
    below: cut(
      byHarm(users, ({ runningCount, machineCount, disks }) => ({
        running: runningCount,
        machines: machineCount,
        disks,
      })).map((user) => userBranch(user, now)),
      MOST_USERS,
      'user',
    ),
  };
}

const KINDS = {
  'disk-encryption-set': 'disk encryption set',
  'storage-account': 'storage account',
  'sql-server': 'SQL server',
  'azure-disk-encryption': 'disks and machines that it unlocks',
} as const;

function userBranch(user: PlanUser, now: Date): Branch {
  const { kind, name, follows, machines, machineCount, unattachedDisks, snapshots, images, lastUnwraps } = user;
  const rotates = kind === 'azure-disk-encryption' ? '' : follows ? ', takes new versions' : ', stays at its version';
  const machineBranches = machines
    .slice(0, MOST_MACHINES)
    .map(({ name: machine, kind: what, power, disks }): Branch => {
      const running = what === 'machine' && power !== 'unknown' ? `, ${power}` : '';
      return {
        name: machine,
        what: `${what === 'machine' ? 'machine' : 'scale set'}${running}${disks === 0 ? '' : `, ${counted(disks, 'disk')}`}`,
        below: [],
      };
    });
  const more = machineCount - machineBranches.length;
  const rest = countedAll(
    [unattachedDisks, 'disk without a machine'],
    [snapshots, 'snapshot'],
    [images, 'image'],
  ).replace('disk without a machines', 'disks without a machine');
  const below = [
    ...machineBranches,
    ...(more > 0 ? [{ name: `… and ${counted(more, 'machine')} more`, below: [] }] : []),
    ...(rest === '' ? [] : [{ name: rest, below: [] }]),
  ];
  const nothing = kind === 'disk-encryption-set' && below.length === 0 ? ', nothing found on it' : '';
  const [last] = lastUnwraps ?? [];
  const used =
    last === undefined
      ? []
      : [{ name: `last unwrapped ${duration(now.getTime() - last.at.getTime())} ago`, below: [] }];
  return { name, what: `${KINDS[kind]}${rotates}${nothing}`, below: [...used, ...below] };
}

/** A branch as lines. A name that reaches into the second column pushes it to the right. */
function drawn({ name, what, below }: Branch, lead: string, under: string): readonly string[] {
  const first = `${lead}${name}`;
  const line = what === undefined ? first : `${first.padEnd(COLUMN)}  ${what}`;
  return [
    line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line,
    ...below.flatMap((branch, at) => {
      const isLast = at === below.length - 1;
      return drawn(branch, `${under}${isLast ? '└─ ' : '├─ '}`, `${under}${isLast ? '   ' : '│  '}`);
    }),
  ];
}
