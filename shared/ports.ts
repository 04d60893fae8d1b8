import type { Channel } from './alerts/channel.ts';
import type { Approval } from './domain/approval.ts';
import type { Claim, IntentRow } from './domain/decision.ts';
import type { Inspection } from './domain/hint.ts';
import type { Hold } from './domain/hold.ts';
import type { AlertMessage, FailingChannel, Incident, OutboxRow } from './domain/incident.ts';
import type { KeyUse } from './domain/key-use.ts';
import type { Policy } from './domain/policy.ts';
import type { WatchedSet } from './domain/propagation.ts';
import type { BaselineState, KeyRecord, SweepState } from './domain/register.ts';
import type { ResourceManagerReads, ResourceManagerWrites } from './domain/resource-manager.ts';
import type { VaultAssignments } from './domain/role-assignment.ts';
import type { Due, ScheduledMessage } from './domain/schedule.ts';
import type { SurveyedVault, SurveyorMessage, SurveyState } from './domain/survey.ts';
import type { VaultReads, VaultWrites } from './domain/vault.ts';
import type { WaveState } from './domain/wave.ts';
import type {
  QueryState,
  ReadEvent,
  ShipCursor,
  ShippingState,
  TrailTable,
  VaultRecords,
  Workspace,
} from './domain/workspace.ts';
import type { Graph } from './estate/graph.ts';
import type { OwnNames } from './incidents/own-names.ts';
import type { Messages } from './register/messages.ts';
import type { Rotations } from './register/rotations.ts';
import type { Rows } from './register/rows.ts';
import type { Scope } from './register/scope.ts';
import type { SignedRows } from './register/signed-rows.ts';
import type { Documents, Streams } from './storage.ts';
import type { Trail } from './trail/trail.ts';

/** Everything that the guardian uses outside itself. Made by `compose`, or by a test from fakes. */
export interface Ports {
  /**
   * The policy of the file with the vaults that were found in its subscriptions, as `scope` last read them. Throws
   * `PolicyInvalid` where the file cannot be used: then nothing is written to any vault.
   */
  readonly policy: Policy;
  /** What the policy is made of, and what the surveys know. */
  readonly scope: Scope;
  readonly now: () => Date;
  /** A random UUID. */
  readonly newId: () => string;
  /** Under the watcher's identity. */
  readonly reads: (vault: string) => VaultReads;
  /** Under the keeper's identity. */
  readonly writes: (vault: string) => VaultWrites;
  /** Under the surveyor's identity. */
  readonly graph: Graph;
  /** Under the surveyor's identity. */
  readonly resourceManager: Omit<ResourceManagerReads, 'subscriptions' | 'locks' | 'vaultKeys' | 'vaultKeyVersions'>;
  /** Under the keeper's identity. */
  readonly resourceManagerWrites: ResourceManagerWrites;
  /** The alert channels that have their settings. */
  readonly channels: readonly Channel[];
  readonly tables: PortTables;
  readonly queues: {
    readonly sweeps: Messages<ScheduledMessage>;
    readonly inspections: Messages<Inspection>;
    readonly alerts: Messages<AlertMessage>;
    readonly surveys: Messages<SurveyorMessage>;
  };
  readonly trail: Trail;
  /** Where the records of the trail go besides its storage; left out where no table is set up. */
  readonly trailTable?: TrailTable;
  /** The streams of the trail, from which its table is filled. */
  readonly streams: Pick<Streams, 'changes' | 'bytes'>;
  /** The workspaces that are asked who did it; none where none is set up. */
  readonly workspaces: readonly Workspace[];
  /** What could not be parsed, in full. */
  readonly quarantine: Documents;
  readonly settings: {
    /** Time between two sweeps of a vault, in seconds. */
    readonly sweepEverySeconds: number;
    /** Object ids of the guardian's own identities, in lower case. */
    readonly ownObjectIds: readonly string[];
    /** The same by identity, where it is known which they are. */
    readonly objectIds?: { readonly watcher?: string | undefined; readonly keeper?: string | undefined };
    /** To one of these each guarded vault has to send its audit events: ids of workspaces and of rules of Event Hubs namespaces, in lower case. Left out, or empty: no diagnostic setting is needed. */
    readonly auditDestinations?: readonly string[];
    /** The Event Hub in these namespaces. */
    readonly auditHub?: string;
    /** Resource id of the app, in lower case, to whose function guarded vaults have to send events. Left out: no event subscription is needed. */
    readonly appId?: string | undefined;
    /** What commands of incidents call the guardian's own resources. Left out: such commands are left out. */
    readonly names?: OwnNames;
  };
}

/** The tables of the register's storage, each by what its rows hold. */
export interface PortTables {
  /** Partition and row: those of the subject. One worker for each subject. */
  readonly claims: Rows<Claim>;
  /** The register. Partition: vault, row: key. */
  readonly keys: Rows<KeyRecord>;
  /** Partition: `baseline`, row: vault. */
  readonly baselines: Rows<BaselineState>;
  /** Partition: `sweep`, row: vault. */
  readonly sweeps: Rows<SweepState>;
  /** One row: the policy that the guardian ran by last. */
  readonly policies: Rows<Policy>;
  /** One row: how the surveys went. */
  readonly surveys: Rows<SurveyState>;
  /** Partition: `surveyed`, row: vault. */
  readonly surveyed: Rows<SurveyedVault>;
  /** Partition: `assignments`, row: vault. */
  readonly assignments: Rows<VaultAssignments>;
  /** What hangs on each key. Partition: vault, row: key. */
  readonly uses: Rows<KeyUse>;
  /** Partition: `waves`, row: the vault, or `actor,` and an id. */
  readonly waves: Rows<WaveState>;
  /** One row: since when each queue of dead letters has held something. */
  readonly deadLetters: Rows<{ since: Record<string, Date> }>;
  /** Disk encryption sets, each with the newest version of its key that it is to follow. Partition and row: those of the subject. */
  readonly sets: Rows<WatchedSet>;
  /** Partition: vault, row: id. */
  readonly approvals: SignedRows<Approval>;
  /** Partition: `holds`, row: id. */
  readonly holds: SignedRows<Hold>;
  /** The subject's partition, row: id. */
  readonly incidents: Rows<Incident>;
  /** The subject's partition, row: id of the incident, its revision, and the channel. */
  readonly outbox: Rows<OutboxRow>;
  /** Partition: `failing-channels`, row: the channel. */
  readonly failing: Rows<FailingChannel>;
  /** The subject's partition, row: id. The guardian's writes; each explains one audit record. */
  readonly intents: Rows<IntentRow>;
  /** Partition: `ticks`, row: the chain, or `sentry`. Partition: `sweeps`, row: the number of a chunk of vaults. Partition: `surveys`, one row. Partition: `sealing`, row: `seal` or `anchor`. Partition: `shipping`, row: `all`. Partition: `querying`, row: the workspace. Partition: `escalations`, row: partition and id of an incident. Partition: `waves`, row: as in `waves`. Partition: `propagation`, row: `next`. Partition: `access`, row: a hash of what is to be read until it is good. */
  readonly schedule: Rows<Due>;
  /** The keys of each subscription that were rotated within the hour. Partition: `rotations`, row: the subscription. */
  readonly rotations: Rows<Rotations>;
  /** The table `workspaces`. Partition: `shipping`, row: `all`. */
  readonly shipping: Rows<ShippingState>;
  /** How far each stream of the trail has been sent. Partition: `cursor`, row: the stream, its slashes as colons. */
  readonly cursors: Rows<ShipCursor>;
  /** Partition: `query`, row: the workspace. */
  readonly queried: Rows<QueryState>;
  /** Partition: `records`, row: the vault. */
  readonly vaultRecords: Rows<VaultRecords>;
  /** Partition: `read-` and the workspace, row: the id of the hint. */
  readonly readEvents: Rows<ReadEvent>;
}
