import * as z from 'zod';
import roles from '../../../infra/roles.json' with { type: 'json' };
import { keyPolicy, type Policy, vaultsRotated } from '../../../shared/domain/policy.ts';
import {
  diskEncryptions,
  type EstateMachine,
  type EstateSet,
  type EstateUser,
  type EstateVault,
} from '../../../shared/estate/estate.ts';
import { isFollowing, machinesOn, versionsNeeded } from '../../../shared/estate/key-uses.ts';
import { destroyersOf } from '../../../shared/posture/checks/nobody-may-destroy-keys.ts';
import type { Facts, KeyFacts, VaultFacts } from '../../../shared/posture/facts.ts';
import { harmOf, type Judged, judge } from '../../../shared/posture/judge.ts';
import { neededVersions } from '../../../shared/posture/versions.ts';
import type { LastUse } from './last-use.ts';
import type { Reading, ReadKey, ReadVault } from './read.ts';
import {
  MOST_MACHINES,
  PLAN_VERSION,
  type PlanFinding,
  type PlanKey,
  type PlanReport,
  type PlanUser,
  type PlanVault,
} from './schema.ts';

/**
 * The report of what was read.
 *
 * @param policy the guardian's, where there is one: what it guards, how long before an expiry it wants to know, what it demands of disks
 */
export function planReportOf(
  reading: Reading,
  asked: readonly string[],
  policy: Policy | undefined,
  now: Date,
): PlanReport {
  const { estate, hidden } = reading;
  const facts = factsOf(reading, policy);
  const judged = judge(facts, (each) => usersOf(each, reading), now);
  const findings = judged.flatMap(findingOf);
  const vaultFacts = new Map(
    facts.flatMap((each) => (each.kind === 'vault' ? [[each.vault.name, each] as const] : [])),
  );
  const unusable = new Set(
    findings.flatMap(({ check, subject }) => (check === 'used-version-usable' ? [subject] : [])),
  );
  const lastUse = reading.lastUse?.kind === 'known' ? reading.lastUse.value : undefined;
  const vaults = reading.vaults.map((vault) =>
    planVaultOf(vault, vaultFacts.get(vault.name), { unusable, policy, lastUse }),
  );
  return {
    version: PLAN_VERSION,
    at: now,
    subscriptions: asked.map((id) => {
      const name = estate.subscriptions.get(id.toLowerCase());
      return { id, ...(name === undefined ? {} : { name }), shown: !hidden.includes(id) };
    }),
    danger: findings.filter(isDanger),
    weak: findings.filter((each) => !isDanger(each)),
    inUse: {
      vaults: vaults.length,
      keys: vaults.reduce((sum, { keys }) => sum + keys.length, 0),
      ...harmOf([...new Set(reading.vaults.flatMap(({ keys }) => keys.flatMap(({ users }) => users)))]),
    },
    vaults,
    otherVaults: [...estate.vaults.keys()].filter((name) => vaults.every((vault) => vault.name !== name)).length,
    managedHsms: [...estate.managedHsms],
    secrets: [...estate.secrets].map(([vault, disks]) => ({ vault, disks })),
    machines: estate.machines,
    disks: diskEncryptions.map((encryption) => {
      const { disks, snapshots } = estate.disks[encryption];
      return { encryption, disks, snapshots };
    }),
    guard: guardOf(reading, vaults, policy),
    unknown: unknownOf(reading, judged),
  };
}

const isDanger = ({ severity }: PlanFinding): boolean => severity === 'critical' || severity === 'error';

/** What a policy that names no vault says of its keys. */
const NO_POLICY: Policy = { vaults: [], subscriptions: [], channels: [] };

/** What is known of each vault, used key, disk encryption set, and of all disks. */
function factsOf({ estate, vaults, assigned }: Reading, policy: Policy | undefined): readonly Facts[] {
  const vaultFacts = vaults.flatMap(({ vault, locks, diagnosticSettings }): readonly VaultFacts[] =>
    vault === undefined ? [] : [{ kind: 'vault', vault, locks, diagnosticSettings, assigned }],
  );
  const byName = new Map(vaultFacts.map((facts) => [facts.vault.name, facts]));
  const keyFacts = vaults.flatMap(({ keys }) =>
    keys.map((key): KeyFacts => {
      const { notifyBeforeExpiryDays } = keyPolicy(policy ?? NO_POLICY, key.vault, key.key);
      return { kind: 'key', ...key, notifyBeforeExpiryDays };
    }),
  );
  const sets = estate.users.filter((user): user is EstateSet => user.kind === 'disk-encryption-set');
  return [
    ...vaultFacts,
    ...keyFacts,
    ...sets.map((set) => ({ kind: 'set', set, vault: byName.get(set.keys[0]?.vault ?? '') }) as const),
    { kind: 'disks', disks: estate.disks, customerKeysDemanded: policy?.customerManagedKeys === true },
  ];
}

/** What hangs on the subject of facts. */
function usersOf(facts: Facts, { vaults }: Reading): readonly EstateUser[] {
  switch (facts.kind) {
    case 'vault':
      return [
        ...new Set(
          vaults.filter(({ vault }) => vault === facts.vault).flatMap(({ keys }) => keys.flatMap(({ users }) => users)),
        ),
      ];
    case 'key':
      return facts.users;
    case 'set':
      return [facts.set];
    case 'disks':
      return [];
    default:
      return facts satisfies never;
  }
}

function findingOf({
  kind,
  check,
  severity,
  subject,
  disks,
  machines,
  running,
  ...said
}: Judged): readonly PlanFinding[] {
  if (!('says' in said)) return [];
  const { says, date, commands = [] } = said;
  return [
    {
      ...{ check, severity, subject, says, commands: [...commands], disks, machines, running },
      ...(date === undefined ? {} : { date }),
    },
  ];
}

/** What is known beside what was read of a vault. */
interface About {
  /** Used keys that are unusable, as `vault/key`. */
  readonly unusable: ReadonlySet<string>;
  readonly policy: Policy | undefined;
  readonly lastUse: LastUse | undefined;
}

function planVaultOf(
  { name, vault, otherKeys, refused, keys }: ReadVault,
  facts: VaultFacts | undefined,
  about: About,
): PlanVault {
  const eventsUntil = about.lastUse?.arrived.get(name);
  return {
    name,
    ...(vault === undefined ? {} : shownOf(vault)),
    ...(eventsUntil === undefined ? {} : { eventsUntil }),
    ...(otherKeys === undefined ? {} : { otherKeys }),
    ...(refused === undefined ? {} : { refused }),
    keys: keys.map((key) => planKeyOf(key, about)),
    destroyers: (facts === undefined ? [] : destroyersOf(facts)).map(
      ({ principalId, principalType, through, from, key, isConditional, acts }) => ({
        principalId,
        ...(principalType === undefined ? {} : { principalType }),
        through,
        from,
        ...(key === undefined ? {} : { key }),
        conditional: isConditional,
        acts: [...acts],
      }),
    ),
  };
}

const shownOf = ({ id, subscriptionId, location, sku, rbac, network }: EstateVault) => ({
  id,
  subscriptionId,
  ...(location === undefined ? {} : { location }),
  ...(sku === undefined ? {} : { sku }),
  access: rbac ? ('roles' as const) : ('access-policies' as const),
  network,
});

function planKeyOf(read: ReadKey, { unusable, policy, lastUse }: About): PlanKey {
  const isUnusable = unusable.has(`${read.vault}/${read.key}`);
  const by = policy === undefined ? undefined : keyPolicy(policy, read.vault, read.key);
  const state = read.state.kind === 'known' ? read.state.value : undefined;
  const present = state?.kind === 'present' ? state : undefined;
  const expiries =
    present === undefined ? [] : neededVersions(read, present).flatMap(({ facts }) => facts?.expiresOn ?? []);
  const expiresOn = expiries.toSorted((one, other) => one.getTime() - other.getTime())[0];
  return {
    name: read.key,
    state: state === undefined ? 'unknown' : isUnusable ? 'unusable' : 'usable',
    readFrom: readFromOf(state),
    ...(present?.keyType === undefined ? {} : { type: present.keyType }),
    ...(present?.keySizeBits === undefined ? {} : { sizeBits: present.keySizeBits }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
    ...(by === undefined ? {} : { guarded: by.guarded ? by.mode : 'no' }),
    ...harmOf(read.users),
    users: read.users.map((user) => planUserOf(user, read, lastUse)),
  };
}

function readFromOf(state: Extract<ReadKey['state'], { kind: 'known' }>['value'] | undefined): PlanKey['readFrom'] {
  if (state === undefined) return 'nowhere';
  return state.kind !== 'deleted' && state.seenBy === 'Resource Manager' ? 'resource-manager' : 'key-vault';
}

function planUserOf(user: EstateUser, key: ReadKey, lastUse: LastUse | undefined): PlanUser {
  const { kind, id, name, holds, unknown } = user;
  const lastUnwraps = lastUse?.of(key.vault, key.key, user.callers) ?? [];
  const machines = machinesOn([user]);
  return {
    ...{ kind, id, name, versions: [...versionsNeeded(user, key)], follows: isFollowing(user, key) },
    ...(lastUnwraps.length === 0 ? {} : { lastUnwraps: [...lastUnwraps] }),
    disks: holds.disks,
    unattachedDisks: holds.unattached,
    snapshots: holds.snapshots,
    images: holds.images,
    machineCount: machines.length,
    runningCount: machines.filter(({ power }) => power === 'running').length,
    machines: machines
      .slice(0, MOST_MACHINES)
      .map((machine) => planMachineOf(machine, holds.machines.get(machine) ?? 0)),
    unknown: [...unknown],
  };
}

const planMachineOf = ({ id, name, kind, power, encryptionAtHost }: EstateMachine, disks: number) => ({
  ...{ id, name, kind, power, disks },
  ...(encryptionAtHost === undefined ? {} : { encryptionAtHost }),
});

/** What the guardian would do with the used keys of the vaults that are shown. */
function guardOf(reading: Reading, vaults: readonly PlanVault[], policy: Policy | undefined): PlanReport['guard'] {
  const shown = vaults.filter(({ id }) => id !== undefined);
  const keys = shown.flatMap((vault) => vault.keys.map((key) => ({ ...key, spelled: `${vault.name}/${key.name}` })));
  const inState = (state: PlanKey['state']) => keys.filter((key) => key.state === state).map(({ spelled }) => spelled);
  return {
    vaults: shown.length,
    keys: keys.length,
    ...(policy === undefined ? {} : { alreadyGuarded: keys.filter(({ guarded }) => guarded !== 'no').length }),
    block: {
      nothingToUndo: inState('usable').length,
      leftToPeople: inState('unusable'),
      unknown: inState('unknown'),
      cannotUndo: reading.vaults.flatMap(({ name, vault }) => (vault?.purgeProtection === false ? [name] : [])),
    },
    rights: rightsOf(reading, policy === undefined ? [] : vaultsRotated(policy)),
  };
}

const identities = z.record(
  z.string(),
  z.object({
    scope: z.string(),
    actions: z.array(z.object({ action: z.string() })),
    dataActions: z.array(z.object({ action: z.string() })),
  }),
);

/**
 * The rights that the guardian's identities need, and where no role of a guardian gives them: in a vault, or in its
 * subscription for what is not decided by vaults. The templates call its roles "Key Guardian <identity> (…)".
 *
 * @param rotated names of the vaults whose keys the guardian rotates: the right to is needed there alone
 */
function rightsOf({ estate, vaults }: Reading, rotated: readonly string[]): PlanReport['guard']['rights'] {
  const all = vaults.flatMap(({ vault }) => vault ?? []);
  const subscriptions = [...new Set(all.map(({ subscriptionId }) => subscriptionId))].map((id) => ({
    id: `/subscriptions/${id}`,
    name: estate.subscriptions.get(id) ?? id,
  }));
  return Object.entries(identities.parse(roles.identities)).flatMap(([identity, { scope, actions, dataActions }]) => {
    const isOfVaults = dataActions.length > 0;
    const isRotator = identity === 'rotator';
    const shown = isRotator ? all.filter(({ name }) => rotated.includes(name.toLowerCase())) : all;
    if (isRotator && shown.length === 0) return [];
    const held = estate.assignments.filter(({ role }) => isRoleOf(identity, estate.roles.get(role)?.name));
    const lacks = ({ id }: { readonly id: string }): boolean => !held.some((each) => isWithin(id, each.scope));
    const where = isOfVaults ? shown.filter(({ rbac }) => rbac) : subscriptions;
    const missing = where.filter(lacks).map(({ name }) => name);
    const byPolicy = isOfVaults ? shown.flatMap(({ rbac, name }) => (rbac ? [] : [name])) : [];
    return [{ identity, scope, actions: [...actions, ...dataActions].map(({ action }) => action), missing, byPolicy }];
  });
}

const isRoleOf = (identity: string, name = ''): boolean =>
  name === `Key Guardian ${identity}` || name.startsWith(`Key Guardian ${identity} (`);

/** Whether something is a scope or lies below it. The scopes above subscriptions that are shown are above all of them. */
const isWithin = (id: string, scope: string): boolean =>
  id === scope || !scope.startsWith('/subscriptions/') || id.startsWith(`${scope}/`);

/** The subject of what could not be read of them. */
const SUBSCRIPTIONS = 'subscriptions';

/** What could not be read, each once. */
function unknownOf({ estate, hidden, vaults, lastUse }: Reading, judged: readonly Judged[]): PlanReport['unknown'] {
  const all = [
    ...hidden.map((id) => ({
      subject: id,
      because: 'the subscription is not shown to you: you need the role Reader there',
    })),
    ...estate.unknown.map((because) => ({ subject: SUBSCRIPTIONS, because })),
    ...(lastUse?.kind === 'unknown' ? [{ subject: 'workspaces', because: lastUse.because }] : []),
    ...vaults.flatMap(({ name, vault, refused }) => [
      ...(vault === undefined ? [{ subject: name, because: 'no subscription that was read has this vault' }] : []),
      ...(refused === undefined ? [] : [{ subject: name, because: refused }]),
    ]),
    ...estate.users.flatMap(({ name, unknown }) => unknown.map((because) => ({ subject: name, because }))),
    ...judged.flatMap(({ subject, ...said }) => (said.kind === 'unknown' ? [{ subject, because: said.because }] : [])),
  ];
  return [...new Map(all.map((each) => [`${each.subject}: ${each.because}`, each])).values()];
}

/** 3 where something is in danger, 1 where it cannot be said of every used key that it is not, or which those are; 0 otherwise. */
export function exitStatusOf({ danger, subscriptions, vaults, unknown }: PlanReport): 0 | 1 | 3 {
  if (danger.length > 0) return 3;
  const isUnsure =
    subscriptions.some(({ shown }) => !shown) ||
    unknown.some(({ subject }) => subject === SUBSCRIPTIONS) ||
    vaults.some(({ keys }) => keys.some(({ state }) => state === 'unknown'));
  return isUnsure ? 1 : 0;
}

/** The content of a policy that guards every vault with a used key, in `alert`; `undefined` where there is none. */
export function foundPolicy({ vaults }: PlanReport): unknown {
  const shown = vaults.filter(({ id }) => id !== undefined);
  if (shown.length === 0) return undefined;
  return {
    $schema: './policy.schema.json',
    vaults: shown.map(({ name }) => ({ name, mode: 'alert' })),
    channels: ['console'],
  };
}
