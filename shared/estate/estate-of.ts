import { escaped } from '../domain/escaped.ts';
import { resourceName } from '../domain/resource-manager.ts';
import { type VaultObject, vaultObject } from '../domain/vault-object.ts';
import type {
  Assignment,
  DiskEncryption,
  DiskTally,
  Estate,
  EstateMachine,
  EstateUser,
  EstateVault,
  Holdings,
  Role,
} from './estate.ts';
import type { GraphQuery, GraphRow } from './rows.ts';
import { diskEncryptionOf, type NamedUser, setOf, sqlServerOf, storageAccountOf } from './users.ts';

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

/** Takes rows in any order, a page at a time. Disks and snapshots are counted, and not kept. */
export interface EstateReader {
  add<Query extends GraphQuery>(query: Query, rows: readonly GraphRow<Query>[]): void;
  /** Notes what could not be read, in a sentence. */
  unread(what: string): void;
  /** What was read until now. */
  estate(): Estate;
}

/** Makes a reader that has read nothing yet. */
export function estateReader(): EstateReader {
  const subscriptions = new Map<string, string>();
  const vaults = new Map<string, EstateVault>();
  const users = new Map<string, NamedUser>();
  const held = heldByUsers();
  const disks = countedDisks();
  const secrets = new Map<string, number>();
  const assignments: Assignment[] = [];
  const roles = new Map<string, Role>();
  const unread: string[] = [];

  /** The ids of the users that unlock by these settings: one for each key. */
  function unlocking(settings: readonly Unlocking[]): readonly string[] {
    const ids = new Set<string>();
    for (const url of settings.flatMap(unlockingUrl)) {
      const object = vaultObject(url);
      if (object === undefined) unread.push(`Azure Disk Encryption names neither a key nor a secret: ${escaped(url)}`);
      else if (object.kind === 'secret') secrets.set(object.vault, (secrets.get(object.vault) ?? 0) + 1);
      else ids.add(unlockingWith(object));
    }
    return [...ids];
  }

  function unlockingWith(key: VaultObject): string {
    const id = `azure-disk-encryption/${key.vault}/${key.name}`;
    const known = users.get(id)?.keys ?? [];
    if (!known.some(({ version }) => version === key.version)) users.set(id, diskEncryptionOf(id, [...known, key]));
    return id;
  }

  const takes: { readonly [Query in GraphQuery]: (row: GraphRow<Query>) => void } = {
    subscriptions: (row) => subscriptions.set(row.subscriptionId.toLowerCase(), row.name ?? row.subscriptionId),
    vaults: (row) => vaults.set(row.name.toLowerCase(), vaultOf(row)),
    sets: (row) => users.set(row.id.toLowerCase(), setOf(row)),
    'storage-accounts': (row) => users.set(row.id.toLowerCase(), storageAccountOf(row)),
    'sql-servers': (row) => users.set(row.id.toLowerCase(), sqlServerOf(row)),
    disks(row) {
      const isUnlocked = row.diskEncryption?.enabled === true;
      const by = isUnlocked ? unlocking(row.diskEncryption?.encryptionSettings ?? []) : [];
      const on = [...lowered([row.setId, row.confidentialSetId]), ...by];
      const isSnapshot = row.type.toLowerCase() === 'microsoft.compute/snapshots';
      disks.count(encryptionOf(row), isSnapshot, row.id);
      if (isSnapshot) held.snapshot(on);
      else held.disk(on, [row.managedBy, ...(row.shareInfo ?? []).map(({ vmUri }) => vmUri)]);
    },
    images: (row) => held.image([row.osDiskSetId, ...setsOf(row.dataDisks)]),
    machines(row) {
      const settings = row.diskEncryption ?? { enabled: false };
      held.machine(row, settings.enabled === false ? [] : unlocking([settings]));
    },
    'scale-sets': (row) => held.scaleSet(row, [row.osDiskSetId, row.confidentialSetId, ...setsOf(row.dataDisks)]),
    'role-assignments': (row) => assignments.push(assignmentOf(row)),
    'role-definitions': (row) => roles.set(resourceName(row.id.toLowerCase()), roleOf(row)),
  };

  return {
    add(query, rows) {
      for (const row of rows) takes[query](row);
    },
    unread: (what) => void unread.push(what),
    estate() {
      const all = [...users.values()].map((each): EstateUser => ({ ...each, holds: held.by(each.id) }));
      const hsms = all.flatMap(({ keys }) => keys.filter(({ at }) => at === 'managed-hsm').map(({ vault }) => vault));
      return {
        subscriptions,
        vaults,
        users: all,
        managedHsms: [...new Set(hsms)].toSorted(),
        secrets,
        disks: disks.counts,
        machines: held.machinesCounted,
        assignments,
        roles,
        unknown: [...unread, ...held.withoutRow(users), ...all.filter(({ keys }) => keys.length === 0).map(withoutKey)],
      };
    },
  };
}

type Unlocking = NonNullable<GraphRow<'machines'>['diskEncryption']>;

/** The key that wraps the secret; the secret itself where none does. */
function unlockingUrl({ keyEncryptionKey, diskEncryptionKey }: Omit<Unlocking, 'enabled'>): readonly string[] {
  const url = keyEncryptionKey?.keyUrl ?? diskEncryptionKey?.secretUrl;
  return url === undefined || url === null ? [] : [url];
}

type DataDisks = GraphRow<'images'>['dataDisks'];

const setsOf = (dataDisks: DataDisks): readonly (string | undefined)[] =>
  (dataDisks ?? []).map((disk) => disk.diskEncryptionSet?.id ?? disk.managedDisk?.diskEncryptionSet?.id);

/** What hangs on each user, by the user's id, whether its own row was read or not. */
function heldByUsers() {
  type Held = Mutable<Holdings> & { readonly machines: Map<EstateMachine, number> };
  const held = new Map<string, Held>();
  const machines = new Map<string, Mutable<EstateMachine>>();
  const machinesCounted = { all: 0, running: 0, encryptedAtHost: 0 };

  function heldBy(user: string): Held {
    const known = held.get(user) ?? { ...NOTHING, machines: new Map<EstateMachine, number>() };
    held.set(user, known);
    return known;
  }

  /** A machine, known by its id alone until its row comes. The machines of a scale set count as the scale set. */
  function machineOf(id: string): Mutable<EstateMachine> {
    const [, scaleSet] = /^(.*\/virtualmachinescalesets\/[^/]+)\//.exec(id) ?? [];
    const own = scaleSet ?? id;
    const kind = own.includes('/virtualmachinescalesets/') ? 'scale-set' : 'machine';
    const known = machines.get(own) ?? {
      id: own,
      name: resourceName(own),
      kind,
      power: 'unknown',
      encryptionAtHost: undefined,
    };
    machines.set(own, known);
    return known;
  }

  function namedBy(machine: EstateMachine, users: readonly (string | undefined)[]): void {
    for (const user of lowered(users)) {
      const { machines: having } = heldBy(user);
      if (!having.has(machine)) having.set(machine, 0);
    }
  }

  return {
    machinesCounted,
    by: (user: string): Holdings => held.get(user) ?? NOTHING,
    snapshot(users: readonly string[]): void {
      for (const user of users) heldBy(user).snapshots += 1;
    },
    image(users: readonly (string | undefined)[]): void {
      for (const user of lowered(users)) heldBy(user).images += 1;
    },
    disk(users: readonly string[], owners: readonly (string | undefined)[]): void {
      if (users.length === 0) return;
      const having = new Set(lowered(owners).map(machineOf));
      for (const user of users) {
        const holds = heldBy(user);
        holds.disks += 1;
        if (having.size === 0) holds.unattached += 1;
        for (const machine of having) holds.machines.set(machine, (holds.machines.get(machine) ?? 0) + 1);
      }
    },
    machine(row: GraphRow<'machines'>, users: readonly string[]): void {
      const machine = machineOf(row.id.toLowerCase());
      machine.name = row.name;
      machine.power = powerOf(row.powerState);
      machine.encryptionAtHost = row.encryptionAtHost;
      machinesCounted.all += 1;
      if (machine.power === 'running') machinesCounted.running += 1;
      if (machine.encryptionAtHost === true) machinesCounted.encryptedAtHost += 1;
      namedBy(machine, users);
    },
    scaleSet(row: GraphRow<'scale-sets'>, users: readonly (string | undefined)[]): void {
      const machine = machineOf(row.id.toLowerCase());
      machine.name = row.name;
      machine.encryptionAtHost = row.encryptionAtHost;
      namedBy(machine, users);
    },
    /** A sentence for each user whose own row was not read. */
    withoutRow: (known: ReadonlyMap<string, unknown>): readonly string[] =>
      [...held].flatMap(([id, { disks }]) =>
        known.has(id)
          ? []
          : [
              `The disk encryption set ${resourceName(id)} is not shown, so that the key of its ${disks} disks is not known: ${id}`,
            ],
      ),
  };
}

/** A sentence for a user none of whose keys is known: nobody can say of any key that this user does not need it. */
const withoutKey = ({ kind, name, id }: EstateUser): string =>
  `The key of the ${kind.replaceAll('-', ' ')} ${name} could not be read, and may be any: ${id}`;

const NOTHING: Holdings = { disks: 0, unattached: 0, snapshots: 0, images: 0, machines: new Map() };

/** Each id once, in lower case. */
const lowered = (ids: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(ids.flatMap((id) => (id === undefined || id === '' ? [] : [id.toLowerCase()]))),
];

/** Disks that are kept as examples of each way to encrypt them. */
const EXAMPLES = 5;

function countedDisks() {
  const none = (): Mutable<DiskTally> => ({ disks: 0, snapshots: 0, examples: [] });
  const counts = {
    'customer-key': none(),
    'platform-and-customer-keys': none(),
    confidential: none(),
    'azure-disk-encryption': none(),
    'platform-key': none(),
    unknown: none(),
  } satisfies Record<DiskEncryption, DiskTally>;
  return {
    counts,
    count(encryption: DiskEncryption, isSnapshot: boolean, id: string): void {
      const tally = counts[encryption];
      if (isSnapshot) tally.snapshots += 1;
      else tally.disks += 1;
      if (!isSnapshot && tally.examples.length < EXAMPLES) tally.examples = [...tally.examples, id.toLowerCase()];
    },
  };
}

const AT_REST = new Map<string, DiskEncryption>([
  ['encryptionatrestwithcustomerkey', 'customer-key'],
  ['encryptionatrestwithplatformandcustomerkeys', 'platform-and-customer-keys'],
  ['encryptionatrestwithplatformkey', 'platform-key'],
]);

/** How a disk is really encrypted: confidential disks and those under Azure Disk Encryption say "platform key" beside it. */
function encryptionOf(row: GraphRow<'disks'>): DiskEncryption {
  if (row.confidentialSetId !== undefined) return 'confidential';
  if (row.diskEncryption?.enabled === true) return 'azure-disk-encryption';
  return AT_REST.get(row.encryptionType?.toLowerCase() ?? '') ?? (row.setId === undefined ? 'unknown' : 'customer-key');
}

/** @see https://learn.microsoft.com/azure/virtual-machines/states-billing */
const POWER = new Map<string, EstateMachine['power']>([
  ['powerstate/running', 'running'],
  ['powerstate/starting', 'running'],
  ['powerstate/stopping', 'stopped'],
  ['powerstate/stopped', 'stopped'],
  ['powerstate/deallocating', 'stopped'],
  ['powerstate/deallocated', 'stopped'],
]);

const powerOf = (state: string | undefined): EstateMachine['power'] =>
  POWER.get(state?.toLowerCase() ?? '') ?? 'unknown';

const vaultOf = (row: GraphRow<'vaults'>): EstateVault => ({
  id: row.id.toLowerCase(),
  name: row.name.toLowerCase(),
  subscriptionId: row.subscriptionId.toLowerCase(),
  location: row.location?.toLowerCase(),
  sku: row.sku?.toLowerCase(),
  // A vault whose row says nothing of it was made before Azure RBAC.
  rbac: row.rbac === true,
  // Only vaults of before 2019 say false. @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-change
  softDelete: row.softDelete !== false,
  retentionDays: row.retentionDays,
  purgeProtection: row.purgeProtection === true,
  network: networkOf(row),
  accessPolicies: (row.accessPolicies ?? []).map(({ objectId, applicationId, permissions }) => ({
    objectId: objectId.toLowerCase(),
    applicationId: applicationId?.toLowerCase(),
    keys: (permissions?.keys ?? []).map((each) => each.toLowerCase()),
  })),
});

function networkOf({ publicNetworkAccess, networkDefault }: GraphRow<'vaults'>): EstateVault['network'] {
  if (publicNetworkAccess !== undefined && publicNetworkAccess.toLowerCase() !== 'enabled') return 'private';
  return networkDefault?.toLowerCase() === 'deny' ? 'selected' : 'public';
}

const assignmentOf = (row: GraphRow<'role-assignments'>): Assignment => ({
  id: row.id.toLowerCase(),
  principalId: row.principalId.toLowerCase(),
  principalType: row.principalType,
  role: resourceName(row.roleDefinitionId.toLowerCase()),
  scope: row.scope.toLowerCase(),
  isConditional: row.condition !== undefined,
});

const roleOf = (row: GraphRow<'role-definitions'>): Role => ({
  name: row.roleName ?? resourceName(row.id),
  permissions: (row.permissions ?? []).map(({ actions, notActions, dataActions, notDataActions }) => ({
    actions: actions ?? [],
    notActions: notActions ?? [],
    dataActions: dataActions ?? [],
    notDataActions: notDataActions ?? [],
  })),
});
