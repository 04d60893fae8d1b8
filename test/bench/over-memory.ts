import { seededRandom } from '../../local/azure/random.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { Ports } from '../../shared/ports.ts';
import { messagesOf } from '../../shared/register/messages.ts';
import { createScope } from '../../shared/register/scope.ts';
import { typedTables } from '../../shared/register/tables.ts';
import type { Table } from '../../shared/storage.ts';
import { createTrail } from '../../shared/trail/trail.ts';
import { fakeSigner } from '../fakes/signer.ts';
import { type FakeQueue, fakeDocuments, fakeQueue, fakeStreams, fakeTable } from '../fakes/storage.ts';

/** The queues of a guardian over memory, turned by hand. */
export type Queues = Readonly<Record<'sweeps' | 'inspections' | 'alerts' | 'surveys', FakeQueue>>;

export interface OverMemory
  extends Pick<Ports, 'reads' | 'writes' | 'graph' | 'resourceManager' | 'resourceManagerWrites'> {
  readonly policy: Policy;
  readonly ownObjectIds: readonly string[];
  /** Waited for before each call of storage takes effect. Default: nothing. */
  readonly beforeStorage?: (() => Promise<void>) | undefined;
  /** The table of what hangs on keys. Default: one in memory. */
  readonly uses?: Table;
}

/** The ports of a guardian whose storage is in memory. */
export function overMemory(of: OverMemory): { readonly ports: Ports; readonly queues: Queues } {
  const { beforeStorage, policy, ownObjectIds, reads, writes, graph, resourceManager, resourceManagerWrites } = of;
  const hook = beforeStorage === undefined ? {} : { onCall: beforeStorage };
  const queues = {
    sweeps: fakeQueue(hook),
    inspections: fakeQueue(hook),
    alerts: fakeQueue(hook),
    surveys: fakeQueue(hook),
  };
  const untyped = {
    claims: fakeTable(hook),
    keys: fakeTable(hook),
    vaults: fakeTable(hook),
    approvals: fakeTable(hook),
    holds: fakeTable(hook),
    incidents: fakeTable(hook),
    outbox: fakeTable(hook),
    intents: fakeTable(hook),
    schedule: fakeTable(hook),
    uses: of.uses ?? fakeTable(hook),
    sets: fakeTable(hook),
    workspaces: fakeTable(hook),
  };
  const trailStreams = fakeStreams(hook);
  const now = (): Date => new Date();
  const newId = seededRandom(1).uuid;
  const tables = typedTables((name) => untyped[name], fakeSigner());
  const scope = createScope(() => policy, tables, now);
  const ports: Ports = {
    get policy() {
      return scope.policy;
    },
    ...{ scope, now, newId, reads, writes, graph, resourceManager, resourceManagerWrites, tables },
    channels: [{ id: 'console', send: async () => {} }],
    queues: {
      sweeps: messagesOf(queues.sweeps),
      inspections: messagesOf(queues.inspections),
      alerts: messagesOf(queues.alerts),
      surveys: messagesOf(queues.surveys),
    },
    streams: trailStreams,
    workspaces: [],
    trail: createTrail({ streams: trailStreams, spool: fakeTable(hook), now, newId }),
    quarantine: fakeDocuments(hook),
    settings: { sweepEverySeconds: 60, ownObjectIds },
  };
  return { ports, queues };
}
