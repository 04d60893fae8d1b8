import { createLocalAzure, type LocalAzure } from '../../local/azure/azure.ts';
import { AUDIT_TABLE } from '../../local/azure/monitor/tables.ts';
import type { Resource } from '../../local/azure/resource-manager/store.ts';
import type { Behaviours, SeedIdentity, SeedVault } from '../../local/azure/types.ts';
import { turnClock } from '../../local/clock.ts';
import { identitiesFor } from '../../local/guardian-roles.ts';
import type { Channel } from '../../shared/alerts/channel.ts';
import { acceptBaseline, type BaselineWords } from '../../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../../shared/approvals/propose-baseline.ts';
import { resourceGraph } from '../../shared/azure/resource-graph.ts';
import { type Approval, approval } from '../../shared/domain/approval.ts';
import type { AuditRecord } from '../../shared/domain/audit-record.ts';
import { DEFAULT_HOLD_MS, type Hold, hold } from '../../shared/domain/hold.ts';
import type { AlertContent, Incident } from '../../shared/domain/incident.ts';
import { type Policy, policy as policySchema } from '../../shared/domain/policy.ts';
import type { SweepMessage } from '../../shared/domain/schedule.ts';
import type { SigningKey } from '../../shared/domain/signer.ts';
import { keyOf, vaultSubject } from '../../shared/domain/subject.ts';
import { unlessStorageIsAway } from '../../shared/errors.ts';
import { type Graph, graphOf } from '../../shared/estate/graph.ts';
import { readIncidents } from '../../shared/incidents/store.ts';
import type { Ports } from '../../shared/ports.ts';
import { readSweep } from '../../shared/register/vaults.ts';
import { auditLogSettings, inspectionsFromAuditLog } from '../../shared/senses/audit-log.ts';
import { inspectionsFromKeyVaultEvent } from '../../shared/senses/key-vault-event.ts';
import { queueSensed } from '../../shared/senses/queue-sensed.ts';
import { watch } from '../../shared/senses/sweep/tick.ts';
import { type FakeRows, fakeGraph, subscriptionRow } from '../fakes/graph.ts';
import { type FakeSigner, fakeSigner } from '../fakes/signer.ts';
import { type Client, clientOf } from './client.ts';
import { createDeliveries, type Interruption } from './deliveries.ts';
import { seededIds } from './ids.ts';
import { createInstance, type Instance, type Step } from './instance.ts';
import { withSharedPairs } from './pairs.ts';
import { retryAtOnce } from './retries.ts';
import { createStorage, recordsIn, type WorldStorage } from './storage.ts';

/** What a world is made of. Times are the process's `Date`, which the world turns. */
export interface WorldOptions {
  readonly vaults: readonly SeedVault[];
  readonly policy: unknown;
  readonly behaviours?: Partial<Behaviours>;
  /** For ids, orders and shares: the same seed gives the same run, but for the material of keys that are made on the way. Default 1. */
  readonly seed?: number;
  /** Called before each call of storage takes effect: `trail.append`, `tables.insert` …; what it throws fails the call. */
  readonly onStorage?: (name: string) => void | Promise<void>;
  /** Accept a baseline of every vault at the start. Default true. */
  readonly baseline?: boolean;
  readonly words?: BaselineWords;
  /** Time between two passes, in seconds. Default 60. */
  readonly sweepEverySeconds?: number;
  /** How many compositions share the work. Default 1. */
  readonly instances?: number;
  /**
   * Called around each call that an instance makes of storage and of the vaults, in the order they are made. What it
   * throws ends that instance there and then: nothing it calls from then on is done, its messages come again after 600 s,
   * and a fresh one takes its place.
   */
  readonly onStep?: (step: Step) => void;
  /** What Resource Graph shows; `of-the-azure`: what the local Azure has. Default: a subscription in which there is nothing. */
  readonly graph?: FakeRows | 'of-the-azure';
  /** What Resource Manager has besides the vaults. Default: nothing. */
  readonly resources?: readonly Resource[];
  /** Besides those that every world has. Default: none. */
  readonly identities?: readonly SeedIdentity[];
  /** The table to which the vaults send their audit events; the trail goes to the same workspace. Left out: there is no workspace. */
  readonly monitor?: 'AZKVAuditLogs' | 'AzureDiagnostics';
  /** The workspaces, by their ids, to which the vaults send in turn. Default: one. */
  readonly workspaces?: readonly string[];
  /** Signs the seals of the trail. Left out: it is not sealed. */
  readonly signingKey?: SigningKey;
  /** What the platform does to the n-th execution of a message, n from 1. Default: nothing. */
  readonly interrupts?: (execution: number) => Interruption | undefined;
}

/** A whole guardian over a local Azure, with its queues turned by hand: no host, storage in memory. */
export interface World {
  readonly azure: LocalAzure;
  readonly ports: Ports;
  /** Of approvals and holds. */
  readonly signer: FakeSigner;
  /** Messages that failed five times. */
  readonly poisoned: readonly unknown[];
  /** What the one channel, `console`, was given. */
  readonly alerts: readonly AlertContent[];
  /** The tables as they lie in storage, whatever their rows hold. */
  readonly tables: WorldStorage['tables'];
  /** Errors that handlers threw. */
  readonly failures: readonly unknown[];
  as(identity: 'owner' | 'attacker' | 'disk'): Client;
  /** Turns the clock so far, in steps of a second, and lets everything that is due happen. */
  pass(seconds: number, stepSeconds?: number): Promise<void>;
  /** Lets everything happen that is due now. */
  settle(): Promise<void>;
  /** Queues a look at a key, as the sweep would. */
  wake(vault: string, key: string): Promise<void>;
  /** Delivers the audit records so far. @param times how often, since an Event Hub may deliver again; default 1. */
  audit(times?: number): Promise<void>;
  /** Delivers Event Hub messages that no call of the local Azure made. */
  auditMessages(messages: readonly unknown[]): Promise<void>;
  /** Delivers the Event Grid events so far. */
  events(): Promise<void>;
  /** Fires the timer of the sentry. From then on it fires by itself, twice a minute while time passes, until it dies. */
  sentry(): Promise<void>;
  /** From now on the timer of the sentry fires no more. */
  killTimer(): void;
  writes(): readonly { readonly operation: string; readonly key: string | undefined; readonly status: number }[];
  /** Writes of the guardian that changed what a vault holds. */
  changes(): number;
  incidents(vault: string, key?: string): Promise<readonly Incident[]>;
  trail(): Promise<readonly AuditRecord[]>;
  /** The trail as it lies in storage. */
  readonly streams: WorldStorage['streams'];
  approve(given: Partial<Approval> & Pick<Approval, 'vault' | 'key' | 'acts'>): Promise<Approval>;
  /** Sets a hold, on everything where neither vault nor key is named; given its id, in place of the one that stands. */
  hold(given?: Partial<Hold>): Promise<Hold>;
  /** Changes what Resource Graph shows. */
  changeGraph(rows: FakeRows): void;
  /** Deploys another policy, and the keeper's rights with it. */
  changePolicy(next: unknown): void;
}

/** The subscription of every world. */
export const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';

/** The workspace of a world that has one. */
export const WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';

const SENTRY_EVERY_MS = 30_000;

const DISK_ACTIONS = [
  'Microsoft.KeyVault/vaults/keys/read',
  'Microsoft.KeyVault/vaults/keys/wrap/action',
  'Microsoft.KeyVault/vaults/keys/unwrap/action',
];

export async function createWorld(options: WorldOptions): Promise<World> {
  retryAtOnce();
  let policy: Policy = policySchema.parse(options.policy);
  const seed = options.seed ?? 1;
  const ids = seededIds(seed);
  const { newId } = ids;
  const served = createLocalAzure({
    vaults: withSharedPairs(options.vaults),
    identities: [
      ...identitiesFor(policy),
      { name: 'owner', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }] },
      { name: 'attacker', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }] },
      { name: 'disk', kind: 'managed-identity', grants: [{ vault: '*', dataActions: DISK_ACTIONS }] },
      ...(options.identities ?? []),
    ],
    resources: options.resources ?? [],
    behaviours: { settleMs: 0, ...options.behaviours },
    seed,
  });
  const azure = { ...served, httpClient: ids.named(served.httpClient) };
  const workspaces = options.monitor === undefined ? [] : (options.workspaces ?? [WORKSPACE]);
  if (options.monitor !== undefined) {
    azure.monitor.workspace(WORKSPACE).addTable(AUDIT_TABLE);
    azure.monitor.grant('watcher', { kind: 'send' });
    for (const workspace of workspaces) azure.monitor.grant('watcher', { kind: 'query', workspace });
    for (const [at, { name }] of options.vaults.entries())
      azure.monitor.sendLogs(name, {
        workspace: workspaces[at % workspaces.length] ?? WORKSPACE,
        table: options.monitor,
      });
  }
  const storage = createStorage((name) => options.onStorage?.(name));
  const { tables } = storage;
  const own = ['watcher', 'keeper'].map((name) => azure.identities.get(name)?.oid ?? '');

  const signer = fakeSigner();
  let graphRows: FakeRows =
    options.graph === undefined || options.graph === 'of-the-azure'
      ? { subscriptions: [subscriptionRow(SUBSCRIPTION)] }
      : options.graph;
  const alerts: AlertContent[] = [];
  const channel: Channel = { id: 'console', send: async (alert) => void alerts.push(alert) };

  const composed = (onStep: WorldOptions['onStep']): Instance =>
    createInstance({
      azure,
      newId,
      storage,
      channels: [channel],
      policy: () => policy,
      settings: { sweepEverySeconds: options.sweepEverySeconds ?? 60, ownObjectIds: own },
      signer,
      graph: options.graph === 'of-the-azure' ? graphOfThe(azure) : fakeGraph(() => graphRows),
      signingKey: options.signingKey,
      workspaces,
      onStep,
    });
  const compositions = Array.from({ length: options.instances ?? 1 }, () => composed(options.onStep));
  // Where instances end, the test's own hands need one that does not.
  const ports = (options.onStep === undefined ? compositions[0] : undefined)?.ports ?? composed(undefined).ports;
  if (options.baseline !== false) {
    for (const vault of policy.vaults) {
      const proposed = await proposeBaseline(vault.name, ports);
      await acceptBaseline(
        vault.name,
        proposed,
        options.words ?? { needed: [], retired: [] },
        { oid: 'person' },
        ports,
      );
    }
  }
  azure.clearLog();

  const { poisoned, failures, settle } = createDeliveries({
    queues: storage.queues,
    compositions,
    compose: (afterSteps) => composed(endingAfter(afterSteps, options.onStep)),
    interrupts: (execution) => options.interrupts?.(execution),
  });
  let sentryAt: number | undefined;
  const sentry = async (): Promise<void> => {
    sentryAt = Date.now() + SENTRY_EVERY_MS;
    await watch(ports);
    await settle();
  };
  const pending: { region: string; body: unknown }[] = [];
  azure.onAuditRecords((region, body) => pending.push({ region, body }));
  const events: unknown[] = [];
  azure.onEvent(({ body }) => events.push(...eventsIn(body)));
  const heard = async (messages: readonly unknown[]): Promise<void> => {
    await queueSensed(inspectionsFromAuditLog(messages, auditLogSettings(ports)), 'audit-log', ports);
    await settle();
  };

  return {
    azure,
    ports,
    signer,
    streams: storage.streams,
    poisoned,
    alerts,
    tables,
    failures,
    as: (identity) => clientOf(azure, identity),
    settle,
    async pass(seconds, stepSeconds = 1) {
      for (let passed = 0; passed < seconds; passed += stepSeconds) {
        turnClock(stepSeconds * 1000);
        if (sentryAt !== undefined && Date.now() >= sentryAt) await unlessStorageIsAway(sentry);
        await settle();
      }
    },
    async wake(vault, key) {
      await ports.queues.inspections.send({
        subject: keyOf({ vault, key }),
        hints: [{ id: newId(), sense: 'sweep', sensedAt: new Date(), says: { kind: 'differs' } }],
        attempt: 0,
      });
      await settle();
    },
    async audit(times = 1) {
      azure.flushAudit();
      const messages = pending.splice(0).map(({ body }) => body);
      for (let time = 0; time < times; time += 1) await heard(messages);
    },
    auditMessages: heard,
    async events() {
      azure.flushEvents();
      for (const event of events.splice(0))
        await queueSensed(inspectionsFromKeyVaultEvent(event, policy, new Date()), 'key-vault-event', ports);
      await settle();
    },
    sentry,
    killTimer() {
      sentryAt = undefined;
    },
    writes: () =>
      azure.log
        .filter(({ identity, method }) => (identity === 'keeper' || identity === 'watcher') && method !== 'GET')
        .map(({ operation, key, status }) => ({ operation, key, status })),
    changes: () =>
      azure.log.filter(({ identity, changed }) => (identity === 'keeper' || identity === 'watcher') && changed).length,
    async incidents(vault, key) {
      const subject = key === undefined ? vaultSubject(vault) : keyOf({ vault, key });
      return (await readIncidents(ports, subject)).stored.map(({ value }) => value);
    },
    trail: () => recordsIn(storage),
    async approve(given) {
      const now = Date.now();
      const granted = approval.parse({
        id: newId(),
        version: '*',
        by: 'anyone',
        from: new Date(now - 60_000),
        until: new Date(now + 3_600_000),
        why: 'a test',
        asked: { by: { oid: 'asker' }, at: new Date(now - 60_000) },
        granted: { by: { oid: 'granter' }, at: new Date(now - 60_000) },
        ...given,
      });
      await ports.tables.approvals.put(granted.vault, granted.id, granted);
      return granted;
    },
    async hold(given = {}) {
      const set = hold.parse({
        id: newId(),
        by: { oid: 'responder' },
        why: 'a test',
        from: new Date(),
        until: new Date(Date.now() + DEFAULT_HOLD_MS),
        ...given,
      });
      await ports.tables.holds.put('holds', set.id, set);
      return set;
    },
    changeGraph(rows) {
      graphRows = rows;
    },
    changePolicy(next) {
      policy = policySchema.parse(next);
      const identities = identitiesFor(policy);
      for (const { name, grants } of identities) azure.setGrants(name, grants);
    },
  };
}

/** Resource Graph as the app asks it. */
const graphOfThe = (azure: LocalAzure): Graph =>
  graphOf(
    resourceGraph({
      credential: azure.credential('surveyor'),
      identity: "the guardian's identity surveyor",
      httpClient: azure.httpClient,
      sleep: async () => {},
    }),
  );

/** The steps of an instance that ends after so many; of one that does not where there is no such number. */
function endingAfter(afterSteps: number | undefined, onStep: WorldOptions['onStep']): WorldOptions['onStep'] {
  if (afterSteps === undefined) return onStep;
  let left = afterSteps;
  return (step) => {
    if (left === 0) throw new Error('the instance is drained');
    left -= 1;
    onStep?.(step);
  };
}

/** The Event Grid schema comes as an array, CloudEvents 1.0 as one event. */
const eventsIn = (body: string): readonly unknown[] => [JSON.parse(body)].flat();

/** The message that sweeps a vault now, as if it had just been planned. */
export async function nextSweep({ ports: { tables } }: World, vault: string): Promise<SweepMessage> {
  const { stored } = await tables.schedule.list();
  const generations = stored.map(({ value }) => value.generation);
  const started = (await readSweep(tables, vault))?.value.startedGeneration ?? 0;
  return { kind: 'sweep', generation: Math.max(0, started, ...generations) + 1, vaults: [vault] };
}
