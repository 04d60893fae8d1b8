import type { LocalAzure } from '../../local/azure/azure.ts';
import { INGESTION_HOST, RULE_ID, STREAM } from '../../local/azure/monitor/monitor.ts';
import { callsMadeBy } from '../../local/host/calls.ts';
import { keyVaultReads, keyVaultWrites } from '../../shared/azure/key-vault.ts';
import { trailTable, workspaceOf } from '../../shared/azure/log-analytics.ts';
import { resourceManagerReads } from '../../shared/azure/resource-manager.ts';
import { resourceManagerWrites } from '../../shared/azure/resource-manager-writes.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { Signer, SigningKey } from '../../shared/domain/signer.ts';
import type { Graph } from '../../shared/estate/graph.ts';
import type { Ports } from '../../shared/ports.ts';
import { messagesOf } from '../../shared/register/messages.ts';
import { createScope } from '../../shared/register/scope.ts';
import { typedTables } from '../../shared/register/tables.ts';
import { createTrail } from '../../shared/trail/trail.ts';
import type { WorldStorage } from './storage.ts';

export interface Step {
  /** `claims.insert`, `trail.append`, `vault.PATCH` … */
  readonly name: string;
  /** Whether the call has taken effect. */
  readonly when: 'before' | 'after';
}

/** What all instances share. */
export interface Shared {
  readonly azure: LocalAzure;
  /** Of the world's seed. */
  readonly newId: () => string;
  readonly storage: WorldStorage;
  /** The alert channels. */
  readonly channels: Ports['channels'];
  /** The policy as it is now. */
  readonly policy: () => Policy;
  readonly settings: Ports['settings'];
  /** Signs approvals and holds. */
  readonly signer: Signer;
  readonly graph: Graph;
  /** Signs the seals of the trail; left out where it is not sealed. */
  readonly signingKey?: SigningKey | undefined;
  /** The workspaces that audit events come from, by their ids; the trail goes to the first one. None where left out. */
  readonly workspaces?: readonly string[];
  /** Called around each call; what it throws ends the instance. */
  readonly onStep: ((step: Step) => void) | undefined;
}

/** One composition of the guardian, which may end in the middle of its work. */
export interface Instance {
  readonly ports: Ports;
  readonly ended: boolean;
}

/** Composes the real guardian over storage in memory and the local Azure. */
export function createInstance({
  azure,
  newId,
  storage,
  channels,
  policy,
  settings,
  signer,
  graph,
  signingKey,
  workspaces = [],
  onStep,
}: Shared): Instance {
  const instance = { ended: false };
  const steps = (step: Step): void => {
    if (instance.ended) throw new InstanceEnded(step);
    try {
      onStep?.(step);
    } catch (error) {
      instance.ended = true;
      throw error;
    }
  };
  const stepped = <T extends object>(port: string, called: T): T =>
    onStep === undefined
      ? called
      : callsMadeBy(called, async (of, call) => {
          const name = `${port}.${of}`;
          steps({ name, when: 'before' });
          const answer = await call();
          steps({ name, when: 'after' });
          return answer;
        });
  const httpClient = stepped('vault', azure.httpClient);
  const connection = (vault: string, identity: string) => ({
    url: `https://${vault}.vault.azure.net`,
    credential: azure.credential(identity),
    httpClient,
  });
  const reads = new Map<string, ReturnType<typeof keyVaultReads>>();
  const writes = new Map<string, ReturnType<typeof keyVaultWrites>>();
  const now = (): Date => new Date();
  const { tables, queues } = storage;
  const typed = typedTables((name) => stepped(name, tables[name]), signer);
  const scope = createScope(policy, typed, now);
  const ports: Ports = {
    get policy() {
      return scope.policy;
    },
    scope,
    now,
    newId,
    reads: (vault) => kept(reads, vault, () => keyVaultReads(connection(vault, 'watcher'))),
    writes: (vault) => kept(writes, vault, () => keyVaultWrites(connection(vault, 'keeper'))),
    graph,
    resourceManager: resourceManagerReads({
      credential: azure.credential('surveyor'),
      identity: "the guardian's identity surveyor",
      httpClient: stepped('management', azure.httpClient),
      longestPauseMs: 0,
    }),
    resourceManagerWrites: resourceManagerWrites({
      credential: azure.credential('keeper'),
      identity: "the guardian's identity keeper",
      httpClient: stepped('management', azure.httpClient),
    }),
    channels,
    tables: typed,
    queues: {
      sweeps: messagesOf(stepped('sweeps', queues.sweeps)),
      inspections: messagesOf(stepped('inspections', queues.inspections)),
      alerts: messagesOf(stepped('alerts', queues.alerts)),
      surveys: messagesOf(stepped('surveys', queues.surveys)),
    },
    trail: createTrail({
      streams: stepped('trail', storage.streams),
      spool: stepped('spool', storage.spool),
      now,
      newId,
      signingKey: signingKey && (async () => signingKey),
      // By the steady clock, and storage in memory is never silent: what a busy machine needs must not read as a failure.
      timeoutMs: 60_000,
    }),
    streams: stepped('trail', storage.streams),
    ...(workspaces.length === 0 ? { workspaces: [] } : monitorPorts(workspaces, azure)),
    quarantine: stepped('quarantine', storage.quarantine),
    settings,
  };
  return Object.assign(instance, { ports });
}

/** Azure Monitor as the app reaches it. */
function monitorPorts(workspaces: readonly string[], azure: LocalAzure): Pick<Ports, 'trailTable' | 'workspaces'> {
  const connection = { credential: azure.credential('watcher'), httpClient: azure.httpClient };
  return {
    trailTable: trailTable({ endpoint: `https://${INGESTION_HOST}`, rule: RULE_ID, stream: STREAM }, connection),
    workspaces: workspaces.map((id) => workspaceOf(id, connection)),
  };
}

/** What an instance that has ended gets from every call. */
class InstanceEnded extends Error {
  override readonly name = 'InstanceEnded';
  readonly step: Step;
  constructor(step: Step) {
    super(`The instance ended before ${step.name}.`);
    this.step = step;
  }
}

function kept<T>(made: Map<string, T>, name: string, make: () => T): T {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}
