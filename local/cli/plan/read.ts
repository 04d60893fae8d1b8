import { newestOf } from '../../../shared/domain/key.ts';
import {
  type DiagnosticSetting,
  MANAGEMENT_REFUSED,
  type ManagedKey,
  type ManagementAnswer,
  type ResourceManagerReads,
} from '../../../shared/domain/resource-manager.ts';
import type { RotationPolicy } from '../../../shared/domain/rotation-policy.ts';
import type { Answer, Refusal, VaultReads } from '../../../shared/domain/vault.ts';
import type { Workspace } from '../../../shared/domain/workspace.ts';
import { GraphRefused, GraphRowsUnreadable, WorkspaceUnreachable } from '../../../shared/errors.ts';
import type { Estate, EstateVault } from '../../../shared/estate/estate.ts';
import { estateReader } from '../../../shared/estate/estate-of.ts';
import type { Graph } from '../../../shared/estate/graph.ts';
import { type UsedKey, usedKeys, versionsNeeded } from '../../../shared/estate/key-uses.ts';
import type { GraphQuery } from '../../../shared/estate/rows.ts';
import { inTurns } from '../../../shared/in-turns.ts';
import {
  type Assigned,
  type KeyState,
  type Known,
  known,
  type Lock,
  unknown,
  type VersionFacts,
} from '../../../shared/posture/facts.ts';

import { type LastUse, lastUseIn } from './last-use.ts';

/** What is read, under the rights of the person who asks. Nothing here writes. */
export interface PlanSource {
  readonly graph: Graph;
  readonly management: Pick<ResourceManagerReads, 'locks' | 'vaultKeys' | 'vaultKeyVersions' | 'diagnosticSettings'>;
  readonly reads: (vault: string) => VaultReads;
  /** Where audit events of the vaults may be; none where nobody named one. */
  readonly workspaces: readonly Workspace[];
  /** Gets a line from time to time, since a large estate takes minutes. */
  readonly progress: (line: string) => void;
}

/** A key that something uses, as it was read. */
export interface ReadKey extends UsedKey {
  readonly state: Known<KeyState>;
  readonly rotationPolicy: Known<RotationPolicy | undefined>;
}

/** A vault with a key that something uses. */
export interface ReadVault {
  readonly name: string;
  /** `undefined` where Resource Graph does not show it. */
  readonly vault: EstateVault | undefined;
  /** Its keys that nothing uses; `undefined` where they could not be listed. */
  readonly otherKeys: number | undefined;
  /** Why Key Vault itself did not show its keys, where it did not. */
  readonly refused: string | undefined;
  readonly locks: Known<readonly Lock[]>;
  readonly diagnosticSettings: Known<readonly DiagnosticSetting[]>;
  readonly keys: readonly ReadKey[];
}

/** All that was read of some subscriptions. */
export interface Reading {
  readonly estate: Estate;
  /** Those that were asked for and are not shown. */
  readonly hidden: readonly string[];
  readonly vaults: readonly ReadVault[];
  readonly assigned: Known<Assigned>;
  /** `undefined` where no workspace was named. */
  readonly lastUse: Known<LastUse> | undefined;
}

/** The queries, in the order in which progress names them. */
const QUERIES = [
  'vaults',
  'sets',
  'storage-accounts',
  'sql-servers',
  'machines',
  'scale-sets',
  'images',
  'disks',
  'role-definitions',
  'role-assignments',
] as const satisfies readonly GraphQuery[];

/** Vaults that are read at a time. */
const VAULTS_AT_ONCE = 16;
/** Keys of a vault that are read at a time. */
const KEYS_AT_ONCE = 4;
/** Rows after which progress is shown again. */
const PROGRESS_ROWS = 20_000;

/** Reads some subscriptions and the keys that are used there. What cannot be read is noted as unknown. Throws `GraphRefused` where no query is answered. */
export async function readPlan(source: PlanSource, subscriptions: readonly string[]): Promise<Reading> {
  const reader = estateReader();
  await query('subscriptions');
  const refused = new Set<GraphQuery>();
  for (const name of QUERIES)
    await query(name).catch((error: unknown) => {
      if (!(error instanceof GraphRefused || error instanceof GraphRowsUnreadable)) throw error;
      refused.add(name);
      reader.unread(`Not all rows of ${name} could be read: ${error.message}`);
    });
  const estate = reader.estate();
  const used = Map.groupBy(usedKeys(estate), ({ vault }) => vault);
  const locks = await locksOf(
    [...used.keys()].flatMap((name) => estate.vaults.get(name) ?? []),
    source,
  );
  const vaults: ReadVault[] = [];
  let done = 0;
  await inTurns(VAULTS_AT_ONCE, [...used], async ([name, keys]) => {
    vaults.push(await readVault(name, keys, estate.vaults.get(name), locks, source));
    done += 1;
    if (done === used.size || done % 100 === 0) source.progress(`keys of ${done} of ${used.size} vaults`);
  });
  return {
    estate,
    hidden: subscriptions.filter((id) => !estate.subscriptions.has(id.toLowerCase())),
    vaults: vaults.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    assigned:
      refused.has('role-assignments') || refused.has('role-definitions')
        ? unknown('role assignments could not be read')
        : known({ assignments: estate.assignments, roles: estate.roles }),
    lastUse: await lastUseOf([...used.keys()], source),
  };

  async function query(name: GraphQuery): Promise<void> {
    let rows = 0;
    for await (const page of source.graph.rows(name, subscriptions)) {
      reader.add(name, page);
      if (Math.floor((rows + page.length) / PROGRESS_ROWS) > Math.floor(rows / PROGRESS_ROWS))
        source.progress(`${name}: ${rows + page.length} so far`);
      rows += page.length;
    }
    source.progress(`${name}: ${rows}`);
  }
}

async function lastUseOf(vaults: readonly string[], { workspaces }: PlanSource): Promise<Reading['lastUse']> {
  if (workspaces.length === 0) return undefined;
  try {
    return known(await lastUseIn(workspaces, vaults, new Date()));
  } catch (error) {
    if (!(error instanceof WorkspaceUnreachable)) throw error;
    return unknown(`when keys were last used could not be read: ${error.message}`);
  }
}

type Locks = ReadonlyMap<string, Known<readonly Lock[]>>;

async function locksOf(vaults: readonly EstateVault[], { management }: PlanSource): Promise<Locks> {
  const locks = new Map<string, Known<readonly Lock[]>>();
  for (const id of new Set(vaults.map(({ subscriptionId }) => subscriptionId))) {
    const answer = await management.locks(id);
    locks.set(
      id,
      answer.kind === 'ok'
        ? known(
            answer.value.map(({ id: lock, level, scope }) => ({
              name: lock.slice(lock.lastIndexOf('/') + 1),
              level: levelOf(level),
              scope,
            })),
          )
        : unknown(`its locks could not be read: ${sayOf(answer)}`),
    );
  }
  return locks;
}

async function diagnosticSettingsOf(
  vault: EstateVault | undefined,
  { management }: PlanSource,
): Promise<ReadVault['diagnosticSettings']> {
  if (vault === undefined) return unknown('the vault is not shown, and its diagnostic settings with it');
  const answer = await management.diagnosticSettings(vault.id);
  return answer.kind === 'ok'
    ? known(answer.value)
    : unknown(`its diagnostic settings could not be read: ${sayOf(answer)}`);
}

const levelOf = (level: string): Lock['level'] =>
  (['CanNotDelete', 'ReadOnly'] as const).find((one) => one.toLowerCase() === level.toLowerCase()) ?? 'other';

async function readVault(
  name: string,
  used: readonly UsedKey[],
  vault: EstateVault | undefined,
  locks: Locks,
  source: PlanSource,
): Promise<ReadVault> {
  const [listed, deleted] = await Promise.all([source.reads(name).listKeys(), source.reads(name).listDeletedKeys()]);
  const about = {
    name,
    vault,
    locks: locks.get(vault?.subscriptionId ?? '') ?? unknown('the vault is not shown, and its locks with it'),
    diagnosticSettings: await diagnosticSettingsOf(vault, source),
  };
  if (listed.kind === 'ok') {
    const present = new Set([...listed.value.keys.map(({ key }) => key), ...listed.value.unclear]);
    const read = new Map<string, ReadKey>();
    await inTurns(KEYS_AT_ONCE, used, async (each) => {
      read.set(
        each.key,
        present.has(each.key) ? await readKey(each, source) : withoutPolicy(each, goneState(each, deleted)),
      );
    });
    const keys = used.flatMap(({ key }) => read.get(key) ?? []);
    return { ...about, otherKeys: others(present.keys(), used), refused: undefined, keys };
  }
  const refused = listed.kind === 'missing' ? 'it answers that it is not there' : REFUSED[listed.kind];
  const { otherKeys, keys } = await byResourceManager(used, vault, refused, source);
  return { ...about, otherKeys, refused, keys };
}

/** How many of a vault's keys nothing uses. */
const others = (listed: Iterable<string>, used: readonly UsedKey[]): number =>
  [...listed].filter((name) => used.every(({ key }) => key !== name)).length;

const withoutPolicy = (used: UsedKey, state: Known<KeyState>): ReadKey => ({
  ...used,
  state,
  rotationPolicy: unknown('its rotation policy could not be read'),
});

/** A key that is not among the vault's keys: deleted, or in neither list, or unknown where the deleted ones may not be listed. */
function goneState({ key }: UsedKey, deleted: Awaited<ReturnType<VaultReads['listDeletedKeys']>>): Known<KeyState> {
  if (deleted.kind !== 'ok')
    return unknown(
      `it is not among the keys, and deleted keys could not be read: ${deleted.kind === 'missing' ? 'the vault answers that it is not there' : REFUSED[deleted.kind]}`,
    );
  const found = deleted.value.find((each) => each.key === key);
  if (found === undefined) return known({ kind: 'absent', seenBy: 'Key Vault' });
  return known({ kind: 'deleted', deletedOn: found.deletedOn, scheduledPurgeOn: found.scheduledPurgeOn });
}

/** A key that is there: its versions, those that something needs in full, and its rotation policy. */
async function readKey(used: UsedKey, source: PlanSource): Promise<ReadKey> {
  const { vault, key } = used;
  const reads = source.reads(vault);
  const [versions, current, policy] = await Promise.all([
    reads.listVersions(key),
    reads.read(key),
    reads.rotationPolicy(key),
  ]);
  const rotationPolicy: ReadKey['rotationPolicy'] =
    policy.kind === 'ok'
      ? known(policy.value)
      : unknown(`its rotation policy could not be read: ${sayRefused(policy)}`);
  if (versions.kind !== 'ok')
    return { ...used, rotationPolicy, state: unknown(`its versions could not be read: ${sayRefused(versions)}`) };
  const facts = new Map<string, VersionFacts>(
    versions.value.map((each) => [each.version, { ...each, operations: undefined }]),
  );
  const newest = current.kind === 'ok' ? current.value : undefined;
  const needed = new Set(used.users.flatMap((user) => versionsNeeded(user, used)));
  if (newest !== undefined) facts.set(newest.version, { ...newest, operations: newest.detail.operations });
  let detail = newest?.detail;
  for (const version of needed) {
    if (version === newest?.version || !facts.has(version)) continue;
    const answer = await reads.read(key, version);
    if (answer.kind !== 'ok') continue;
    detail ??= answer.value.detail;
    facts.set(version, { ...answer.value, operations: answer.value.detail.operations });
  }
  return {
    ...used,
    rotationPolicy,
    state: known({
      kind: 'present',
      seenBy: 'Key Vault',
      keyType: detail?.keyType,
      keySizeBits: detail?.keySizeBits,
      // Where a disabled version is not shown in full, the list has everything but its operations.
      current: (newest ?? newestOf(versions.value))?.version,
      versions: facts,
    }),
  };
}

/** The keys as Resource Manager shows them to every Reader: without operations, types, rotation policies and deleted keys. */
async function byResourceManager(
  used: readonly UsedKey[],
  vault: EstateVault | undefined,
  refused: string,
  { management }: PlanSource,
): Promise<Pick<ReadVault, 'otherKeys' | 'keys'>> {
  const nothing = (because: string) => ({
    otherKeys: undefined,
    keys: used.map((each) => withoutPolicy(each, unknown(because))),
  });
  if (vault === undefined) return nothing(`${refused}, and no subscription that was read has the vault`);
  const listed = await management.vaultKeys(vault.id);
  if (listed.kind !== 'ok') return nothing(`${refused}; ${sayOf(listed)}`);
  const keys: ReadKey[] = [];
  for (const each of used) {
    if (!listed.value.has(each.key)) {
      keys.push(withoutPolicy(each, known({ kind: 'absent', seenBy: 'Resource Manager' })));
      continue;
    }
    const versions = await management.vaultKeyVersions(vault.id, each.key);
    keys.push(
      withoutPolicy(each, versions.kind === 'ok' ? known(managedState(versions.value)) : unknown(sayOf(versions))),
    );
  }
  return { otherKeys: others(listed.value.keys(), used), keys };
}

function managedState(versions: ReadonlyMap<string, ManagedKey>): KeyState {
  const byAge = [...versions].toSorted(
    ([, one], [, other]) => (other.createdOn?.getTime() ?? 0) - (one.createdOn?.getTime() ?? 0),
  );
  return {
    kind: 'present',
    seenBy: 'Resource Manager',
    keyType: undefined,
    keySizeBits: undefined,
    current: byAge[0]?.[0],
    versions: new Map(
      byAge.map(([version, { enabled, notBefore, expiresOn, updatedOn }]) => [
        version,
        { enabled, notBefore, expiresOn, updated: updatedOn, operations: undefined },
      ]),
    ),
  };
}

/** Why a vault does not show its keys to the person who asks. */
const REFUSED: Readonly<Record<Refusal['kind'], string>> = {
  'no-token': 'you got no token for it',
  'forbidden-by-permission': 'you have no right to read its keys',
  'forbidden-by-firewall': 'its firewall refuses this machine',
  throttled: 'it is throttled',
  unauthenticated: 'it does not accept your token',
  unreachable: 'it does not answer',
  'read-only': 'it is failing over',
  rejected: 'it rejects the request as wrong',
  'date-rejected': 'it rejects the request as wrong',
  'refused-by-policy': 'a policy refuses the request',
};

const sayRefused = (answer: Exclude<Answer<unknown>, { kind: 'ok' }>): string =>
  answer.kind === 'missing' ? 'the vault answers that it is not there' : REFUSED[answer.kind];

const sayOf = (answer: Exclude<ManagementAnswer<unknown>, { kind: 'ok' }>): string =>
  answer.kind === 'missing' ? 'Azure Resource Manager answers that it is not there' : MANAGEMENT_REFUSED[answer.kind];
