import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { answerCheck } from './answer-check.ts';
import { type AuditListener, createDeliveries, type EventListener } from './deliveries.ts';
import { createDisks, type Disks } from './disks.ts';
import { createTopic, type Topic } from './event-grid/topic.ts';
import { createFaultPlan } from './faults.ts';
import { createHttpClient } from './http-client.ts';
import {
  callerOf,
  createIdentityRegister,
  credentialOf,
  identityNamed,
  registerIdentity,
  tokenOf,
} from './identities.ts';
import { ISSUED_FOR_SECONDS, issuerAnswer, LOGIN_HOST } from './issuer.ts';
import { type Aged, createAging } from './key-vault/aging.ts';
import { auditRecord, ownRecord } from './key-vault/audit-record.ts';
import { type KeyEventType, keyEvent } from './key-vault/events.ts';
import { type HandlerContext, handle } from './key-vault/handler.ts';
import { createReplicas, type Replicas } from './key-vault/replicas.ts';
import {
  addKeyToVault,
  keyFromSeed,
  keyState,
  type Vault,
  type VaultDefaults,
  vaultFromSeed,
} from './key-vault/store.ts';
import { type Budget, createBudget } from './key-vault/throttling.ts';
import { createMonitor, type Monitor } from './monitor/monitor.ts';
import { seededChance } from './random.ts';
import { MANAGEMENT_HOST } from './resource-manager/handler.ts';
import { createResourceManager, type ResourceManager } from './resource-manager/resource-manager.ts';
import type { Resource } from './resource-manager/store.ts';
import type {
  Behaviours,
  Fault,
  Grant,
  Identity,
  KeyState,
  LoggedRequest,
  OperationName,
  SeedIdentity,
  SeedKey,
  SeedSubscription,
  SeedVault,
  TokenOptions,
  WireRequest,
  WireResponse,
} from './types.ts';

/** What a local Azure begins with. */
export interface LocalAzureOptions {
  readonly vaults: readonly SeedVault[];
  readonly identities: readonly SeedIdentity[];
  /** All resources but vaults. Default: none beside the built-in roles. */
  readonly resources?: readonly Resource[];
  readonly subscriptions?: readonly SeedSubscription[];
  /** What is left out has the default that its docstring names. */
  readonly behaviours?: Partial<Behaviours>;
  /** For ids, orders and shares; callers print it. Default: by chance. */
  readonly seed?: number;
  readonly tenantId?: string;
}

/** A local Azure: any number of vaults under their real host names, Resource Manager, and the issuer of tokens, behind one request handler. */
export interface LocalAzure {
  /** The seed in use. */
  readonly seed: number;
  readonly tenantId: string;
  /** Serves one request, of the tokens' issuer too. Rejects with `ConnectionBroken` for a planned break and for a host that no vault has. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** For the real SDK clients, in process. Serves vaults, Resource Manager, Azure Monitor and Event Grid, and refuses any other host. */
  readonly httpClient: HttpClient;
  /** Azure Monitor: the data collection rule of the trail, and workspaces. */
  readonly monitor: Omit<Monitor, 'handle' | 'serves' | 'addAuditRecord'>;
  /** A custom topic of Event Grid. */
  readonly topic: Omit<Topic, 'handle' | 'serves'>;
  readonly identities: ReadonlyMap<string, Identity>;
  /** Throws where there is no identity of that name, as does the next. */
  credential(identity: string): TokenCredential;
  /** A token of the identity, signed by the local issuer, for whatever checks tokens. */
  token(identity: string, options?: TokenOptions): string;
  /** A run may change them at any time. */
  readonly behaviours: Behaviours;
  /** Every request the service saw, in the order they were served, by identity; 401 challenges too. One whose connection broke before is not here. */
  readonly log: readonly LoggedRequest[];
  /** Empties that of Resource Manager too. */
  clearLog(): void;
  readonly resourceManager: Omit<ResourceManager, 'handle' | 'settle' | 'grantsByRoles' | 'keyChanged'>;
  /** They do nothing by themselves before they are started. */
  readonly disks: Disks;
  /** Plans a fault, and gives its removal. */
  fault(fault: Fault): () => void;
  clearFaults(): void;
  /** Throws where the name is taken, as do the next two. */
  addVault(seed: SeedVault): void;
  addIdentity(seed: SeedIdentity): Identity;
  addKey(vault: string, seed: SeedKey): void;
  /** An event subscription for a vault that came back without. Throws where there is no such vault. */
  subscribeEvents(vault: string): void;
  /** In place of those it had, at once: the minutes a role assignment takes in Azure are not played. */
  setGrants(identity: string, grants: readonly Grant[]): void;
  /**
   * Takes the vault as it is now for its copy in the paired region; in Azure that lags minutes behind. Throws where there is
   * no such vault, as do the next two.
   */
  replicate(vault: string): void;
  /** Reads go on from the copy as last replicated (now, where it never was), and writes are refused. @see https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance */
  failOver(vault: string): void;
  /** The vault itself serves again, with what it held. */
  failBack(vault: string): void;
  /** What the vault holds, failed over or not, without a request. Throws where there is no such vault. */
  state(vault: string, key: string): KeyState;
  /** Payloads as an Event Hub gets them, one region each, `behaviours.auditDelayMs` late. Nobody listening means no log is written. */
  onAuditRecords(listener: AuditListener): () => void;
  /** Sends pending audit records at once. */
  flushAudit(): void;
  /** Deliveries as Event Grid makes them, `behaviours.eventDelayMs` late. */
  onEvent(listener: EventListener): () => void;
  /** Deliveries of the Activity Log's events, of every subscription, late, twice, out of order or never as the behaviours say. */
  onActivity(listener: EventListener): () => void;
  /** Sends pending events at once, those of the Activity Log too. */
  flushEvents(): void;
  /** Sends the audit records and events, and ends the changes in Resource Manager, that are due by the process's `Date`: for whoever turns the clock ahead, since timers do not follow it, and are not made while it is stopped. */
  deliverDue(): void;
  /** Every answer as it leaves, those whose connection then breaks too. */
  onAnswer(listener: AnswerListener): () => void;
}

/** Told of each answer as it leaves, with the request it answers. The operation is a vault's; undefined for Resource Manager. */
export type AnswerListener = (
  request: WireRequest,
  response: WireResponse,
  operation: OperationName | undefined,
) => void;

const defaultTenantId = '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20';
/** A subscription may do five vaults' worth. @see https://learn.microsoft.com/azure/key-vault/general/service-limits */
const VAULTS_WORTH_PER_SUBSCRIPTION = 5;

const defaultBehaviours: Behaviours = {
  disabledKeyRead: 200,
  missingKeyVersions: 200,
  recoveringKeyDelete: 200,
  settleMs: 2000,
  settleLongestMs: 0,
  writesSettleMs: 0,
  parallelWritesMs: 0,
  emptyPages: 0,
  correlationIdIsClientRequestId: true,
  enabledInAuditRecord: { resulting: 1, absent: 0, wrong: 0 },
  operationsMoveUpdated: true,
  writtenSecond: 'nearest',
  unchangedMovesUpdated: false,
  objectIdInAuditRecord: true,
  claimSpelling: 'by-kind',
  scheduledRotationOffMs: { least: 0, longest: 21_600_000 },
  auditDelayMs: 1000,
  eventDelayMs: 200,
  activityDelivery: { leastMs: 200, longestMs: 5_000, repeated: 0, dropped: 0 },
  eventSchema: 'EventGridSchema',
  graphLagMs: 0,
  graphWithoutRights: 403,
  logsShowAfterMs: { least: 120_000, longest: 300_000 },
  cappedLogTables: [],
  monitorRightsMs: 0,
  mostLogRows: 500_000,
  throttling: true,
  missingSet: 'provider',
  setChangeMs: 600,
  setFollowsAfterMs: { least: 300_000, longest: 3_000_000 },
  rewrapMs: 600_000,
  diskUnwrapsEveryMs: 60_000,
  diskFailsAfterMs: 3_600_000,
  expiredKeyStopsDisks: true,
};

/** Makes a local Azure. Throws where a seed is none that the service could have given. */
export function createLocalAzure(options: LocalAzureOptions): LocalAzure {
  const seed = options.seed ?? Math.floor(Math.random() * 0x1_0000_0000);
  const tenantId = options.tenantId ?? defaultTenantId;
  const chance = seededChance(seed);
  const behaviours: Behaviours = { ...defaultBehaviours, ...options.behaviours };
  const register = createIdentityRegister(tenantId);
  const faults = createFaultPlan();
  const deliveries = createDeliveries(behaviours, chance.ids);
  const vaults = new Map<string, Vault>();
  const replicas = createReplicas(vaults);
  const monitor = createMonitor({ register, behaviours, chance });
  const topic = createTopic(register);
  const answerListeners = new Set<AnswerListener>();
  const log: LoggedRequest[] = [];

  const resourceManager = createResourceManager(
    {
      ...{ register, faults, behaviours, chance, tenantId },
      vaults: () => replicas.serving.values(),
      setServed(vault, isServed) {
        const host = hostOf(vault.name);
        if (isServed) replicas.add(host, vault);
        else replicas.remove(host);
      },
      activity: deliveries.addActivity,
      answered(request, response) {
        for (const listener of answerListeners) listener(request, response, undefined);
      },
    },
    { resources: options.resources ?? [], subscriptions: options.subscriptions ?? [] },
  );
  const { schedule } = resourceManager.world;
  const addEvent = (type: KeyEventType, { vault, key, version }: Omit<Aged, 'type' | 'nowMs'>, nowMs: number): void => {
    if (!deliveries.hasEventListeners || !vault.hasEventSubscriptions) return;
    deliveries.addEvent(
      keyEvent(type, vault, { key, version }, { id: chance.ids.uuid(), schema: behaviours.eventSchema, nowMs }),
    );
  };
  const aging = createAging({
    ...{ schedule, behaviours, random: chance.random },
    aged(aged) {
      const { vault, key, type, nowMs } = aged;
      const record = ownRecord(aged, behaviours, chance);
      if (deliveries.hasAuditListeners) deliveries.addAuditRecord(vault.region, record);
      monitor.addAuditRecord(vault.name, () => record);
      addEvent(type, aged, nowMs);
      if (type === 'KeyNewVersionCreated') resourceManager.keyChanged(vault, key.name, nowMs);
    },
  });
  const context: HandlerContext = {
    vaults: replicas.serving,
    register,
    faults,
    behaviours,
    chance,
    backups: new Map(),
    grantsByRoles: resourceManager.grantsByRoles,
    subscriptionBudget: subscriptionBudgets(),
    served(call, logged, response, answer) {
      log.push(logged);
      for (const listener of answerListeners) listener(call.request, response, call.operation);
      const { vault } = call;
      let record: unknown;
      const recorded = (): unknown => {
        record ??= auditRecord(call, behaviours, chance);
        return record;
      };
      if (deliveries.hasAuditListeners) deliveries.addAuditRecord(vault.region, recorded());
      monitor.addAuditRecord(vault.name, recorded);
      if (!answer.changed || call.key === undefined) return;
      const nowMs = Date.now();
      resourceManager.keyChanged(vault, call.key, nowMs);
      aging.plan(vault, call.key, nowMs, answer.made?.version);
      if (answer.made !== undefined) addEvent('KeyNewVersionCreated', { vault, ...answer.made }, nowMs);
    },
  };

  async function serve(request: WireRequest): Promise<WireResponse> {
    const host = new URL(request.url).hostname.toLowerCase();
    if (monitor.serves(host)) return monitor.handle(request);
    if (topic.serves(host)) return topic.handle(request);
    switch (host) {
      case LOGIN_HOST:
        return issuerAnswer(request, tenantId, (assertion, audience) => {
          const caller = callerOf(register, `Bearer ${assertion}`);
          if (caller.kind !== 'known') return undefined;
          return tokenOf(caller.identity, { audience, validForSeconds: ISSUED_FOR_SECONDS });
        });
      case MANAGEMENT_HOST:
        return resourceManager.handle(request);
      default:
        schedule.settle(Date.now());
        return handle(context, request);
    }
  }

  const azure: LocalAzure = {
    seed,
    tenantId,
    handle: serve,
    httpClient: createHttpClient(serve, (host) => monitor.serves(host) || topic.serves(host)),
    monitor,
    topic,
    identities: register.byName,
    credential: (name) => credentialOf(identityNamed(register, name)),
    token: (name, tokenOptions = {}) => tokenOf(identityNamed(register, name), tokenOptions),
    behaviours,
    log,
    clearLog() {
      log.length = 0;
      resourceManager.log.length = 0;
    },
    resourceManager,
    disks: createDisks({ world: resourceManager.world, serve }),
    fault: faults.add,
    clearFaults: faults.clear,
    ...vaultHands(vaults, replicas, { tenantId, random: chance.random }, (vault) => {
      for (const name of vault.rotationPolicies.keys()) aging.plan(vault, name, Date.now());
    }),
    addIdentity(identitySeed) {
      const identity = registerIdentity(register, identitySeed, chance.random);
      for (const role of identitySeed.roles ?? []) resourceManager.assignRole(identity.name, role);
      return identity;
    },
    setGrants(name, grants) {
      register.grants.set(identityNamed(register, name).name, grants);
    },
    onAuditRecords: deliveries.onAuditRecords,
    flushAudit: deliveries.flushAudit,
    onEvent: deliveries.onEvent,
    onActivity: deliveries.onActivity,
    flushEvents: deliveries.flushEvents,
    deliverDue() {
      resourceManager.settle();
      deliveries.deliverDue();
    },
    onAnswer(listener) {
      answerListeners.add(listener);
      return () => answerListeners.delete(listener);
    },
  };
  if (answerCheck !== undefined) azure.onAnswer(answerCheck);
  for (const vault of options.vaults) azure.addVault(vault);
  for (const identity of options.identities) azure.addIdentity(identity);
  resourceManager.world.graph.showAll();
  return azure;
}

/** What a run does to the vaults themselves, without a request. */
function vaultHands(
  vaults: ReadonlyMap<string, Vault>,
  replicas: Replicas,
  defaults: VaultDefaults,
  added: (vault: Vault) => void,
): Pick<LocalAzure, 'addVault' | 'addKey' | 'replicate' | 'failOver' | 'failBack' | 'state' | 'subscribeEvents'> {
  const vaultNamed = (name: string): Vault => {
    const vault = vaults.get(hostOf(name));
    if (vault === undefined) throw new Error(`The local Azure has no vault ${name}.`);
    return vault;
  };
  const hostNamed = (name: string): string => hostOf(vaultNamed(name).name);
  return {
    addVault(seed) {
      const host = hostOf(seed.name);
      if (vaults.has(host)) throw new Error(`The local Azure has a vault ${seed.name} already.`);
      const vault = vaultFromSeed(seed, defaults);
      replicas.add(host, vault);
      added(vault);
    },
    addKey(vaultName, seed) {
      const vault = vaultNamed(vaultName);
      if (keyState(vault, seed.name, Date.now()).kind !== 'none') {
        throw new Error(`The vault ${vaultName} has a key ${seed.name} already.`);
      }
      addKeyToVault(vault, keyFromSeed(seed, vault.softDeleteDays, defaults.random));
    },
    subscribeEvents(vault) {
      vaultNamed(vault).hasEventSubscriptions = true;
    },
    replicate: (vault) => replicas.replicate(hostNamed(vault)),
    failOver: (vault) => replicas.failOver(hostNamed(vault)),
    failBack: (vault) => replicas.failBack(hostNamed(vault)),
    state: (vault, key) => keyState(vaultNamed(vault), key, Date.now()),
  };
}

/** The budget of each subscription, made when it is first asked for. */
function subscriptionBudgets(): HandlerContext['subscriptionBudget'] {
  const budgets = new Map<string, Budget>();
  return (subscriptionId) => {
    const budget = budgets.get(subscriptionId) ?? createBudget(VAULTS_WORTH_PER_SUBSCRIPTION);
    budgets.set(subscriptionId, budget);
    return budget;
  };
}

function hostOf(vault: string): string {
  return `${vault.toLowerCase()}.vault.azure.net`;
}
