import type { KeyObject } from 'node:crypto';

/** What crosses the wire: the one handler of the local Azure takes and gives these. Header names are in lower case. */
export interface WireRequest {
  readonly method: string;
  /** Absolute, with the host the client meant (`https://{vault}.vault.azure.net[:port]/keys?...`). */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came, where it is packed; `body` is empty then. */
  readonly bytes?: Uint8Array;
  /** The caller's address as the service saw it. Default 127.0.0.1. */
  readonly address?: string;
  /** Set where a trusted service calls, as a disk does under its set: a firewall lets those in that it would keep out otherwise, and a perimeter none. */
  readonly isTrustedService?: true;
}

/** An answer as it leaves. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Compact JSON, or empty where the service sends no body. */
  readonly body: string;
  /** Set when a planned fault made this answer malformed on purpose, so that no schema is asked of it. */
  readonly malformedOnPurpose?: true;
  /** Set when a behaviour made the service refuse what every recording has it do, so that the refusal is not asked to be a published one. */
  readonly unrecordedOnPurpose?: true;
}

/** What a key may be used for, as `key_ops` spells it. */
export type KeyOperation = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrapKey' | 'unwrapKey' | 'import' | 'export';

/** A version to seed. Times are whole Unix seconds. What is left out gets the service's own default. */
export interface SeedVersion {
  readonly version?: string;
  readonly enabled?: boolean;
  readonly nbf?: number;
  readonly exp?: number;
  readonly created?: number;
  readonly updated?: number;
  readonly kty?: 'RSA' | 'RSA-HSM' | 'EC' | 'EC-HSM';
  readonly keySize?: 2048 | 3072 | 4096;
  readonly crv?: 'P-256' | 'P-384' | 'P-521' | 'P-256K';
  readonly keyOps?: readonly KeyOperation[];
  readonly tags?: Readonly<Record<string, string>>;
  /** The public part as published, where a recorded exchange has to be matched; made when first asked for otherwise. */
  readonly publicPart?: Readonly<Record<string, string>>;
  /** Gives the pair when it is first asked for, of the type above. Default: a new one by chance. */
  readonly privateKey?: () => KeyObject;
}

/** A key to begin with. */
export interface SeedKey {
  readonly name: string;
  /** Behind a certificate: listed and read with `managed: true`, without `exportable`. */
  readonly managed?: boolean;
  /** Oldest first; the last is current. Default: one version. */
  readonly versions?: readonly SeedVersion[];
  /** Whole Unix seconds: deleted then, the deletion settled. Its purge is the vault's retention later. Default: not deleted. */
  readonly deletedDate?: number;
}

/** A vault to begin with. What is left out gets the service's own default. */
export interface SeedVault {
  readonly name: string;
  readonly region?: string;
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly tenantId?: string;
  /** Default 'rbac'. */
  readonly accessModel?: 'rbac' | 'access-policy';
  /** Days a deleted key is kept, 7 to 90, or 0 for a vault without soft delete. Default 90. */
  readonly softDeleteDays?: number;
  /** Default true. */
  readonly purgeProtection?: boolean;
  /** What Resource Manager shows of it beside what follows from the rest: `sku`, `networkAcls`, `publicNetworkAccess`. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Default: none, shown as `{}`. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly keys?: readonly SeedKey[];
  /** By the names of keys, whether there are such keys or not. Default: none. */
  readonly rotationPolicies?: Readonly<Record<string, RotationPolicy>>;
}

/** What is done with the versions of a name as they age. Times are whole Unix seconds, periods ISO 8601. */
export interface RotationPolicy {
  readonly lifetimeActions: readonly {
    readonly trigger: { readonly timeAfterCreate?: string | undefined; readonly timeBeforeExpiry?: string | undefined };
    readonly action: { readonly type: 'Rotate' | 'Notify' };
  }[];
  /** How long after its making a version expires. Default: it does not. */
  readonly expiryTime?: string | undefined;
  readonly created: number;
  readonly updated: number;
}

/** Who may call. A data action is written as Azure writes it, `Microsoft.KeyVault/vaults/keys/read`, or ends in `*`. */
export interface SeedIdentity {
  readonly name: string;
  readonly kind: 'user' | 'application' | 'managed-identity';
  readonly oid?: string;
  readonly appid?: string;
  readonly upn?: string;
  /** Roles in tokens for applications other than vaults. Default: none. */
  readonly appRoles?: readonly string[];
  /** Object ids of the groups it is a member of. Default: none. */
  readonly groups?: readonly string[];
  /** Roles in Azure RBAC, each a role assignment of its own. They count for Resource Manager and for vaults under Azure RBAC. Default: none. */
  readonly roles?: readonly SeedRole[];
  readonly grants: readonly Grant[];
}

/** A role of an identity, from a scope on downwards. */
export interface SeedRole {
  /** A built-in role by its name, or one of the tenant's own. */
  readonly role:
    | string
    | { readonly name: string; readonly actions: readonly string[]; readonly dataActions?: readonly string[] };
  /** `/subscriptions/…`, a resource group, a resource, a management group, or `/`. */
  readonly scope: string;
}

/** A subscription to begin with. Those that vaults and resources are in need no seed of their own. */
export interface SeedSubscription {
  readonly subscriptionId: string;
  /** Default: its id. */
  readonly displayName?: string;
  /** Names of the management groups above it. Default: none. */
  readonly managementGroups?: readonly string[];
}

/** What an identity may do where. */
export interface Grant {
  /** Vault name, or `*`. */
  readonly vault: string;
  /** Only this key, where given. */
  readonly key?: string;
  readonly dataActions: readonly string[];
  /** Taken out of those. Default: none. */
  readonly notDataActions?: readonly string[];
  /** The role assignment that it follows from, 32 hexadecimal digits. Default: one that is made up from the grant. */
  readonly assignmentId?: string;
}

/** An identity with its token. */
export interface Identity {
  readonly name: string;
  readonly kind: SeedIdentity['kind'];
  readonly oid: string;
  readonly appid: string;
  readonly upn?: string;
  readonly appRoles: readonly string[];
  readonly groups: readonly string[];
  readonly tenantId: string;
  /** A JWT for vaults, signed with RS256 by the local issuer, new at every start. */
  readonly token: string;
}

/** What a token is asked for with. */
export interface TokenOptions {
  /** Default: vaults. */
  readonly audience?: string;
  /** Default: ten years. */
  readonly validForSeconds?: number;
  /** Further claims, or other values for these. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Behaviour that the facts leave unconfirmed, or that a run turns on or off. Tests run both ways. */
export interface Behaviours {
  /** Status that GET gives for a disabled key. Default 200 (recorded to 2022); 403 is what emulators answer. */
  disabledKeyRead: 200 | 403;
  /** Status of a list of versions of a key that is not there. Default 200 with an empty list (told of vaults in 2020); 404 is what a Managed HSM answered. */
  missingKeyVersions: 200 | 404;
  /** Status that DELETE gives for a key whose recovery has not settled. Default 200 (recorded, 1 s after the recovery); UNCONFIRMED is 409. */
  recoveringKeyDelete: 200 | 409;
  /** How long deleting and recovering take to show, in ms. Default 2000; 22 s and 24 s were recorded (`recordings-estate/keys/delete-and-recover.json`). */
  settleMs: number;
  /** Where longer than `settleMs`: each deletion and recovery takes a drawn time between both, in ms. Default 0; minutes are told of. @see https://github.com/hashicorp/terraform-provider-azurerm/issues/19749 */
  settleLongestMs: number;
  /** How long after a recovery has settled for readers making and changing versions goes on being a conflict, in ms. Default 0; seen of secrets, sometimes. @see https://github.com/Azure/azure-sdk-for-net/issues/31581 */
  writesSettleMs: number;
  /** How long after a write another on the same key is taken for parallel to it and is a conflict, in ms. Default 0: none is. @see https://github.com/Azure/azure-sdk-for-net/issues/51761 */
  parallelWritesMs: number;
  /** Share of list pages that come empty with a nextLink, 0 to 1. Default 0. */
  emptyPages: number;
  /** Whether the audit record's correlationId is the request's x-ms-client-request-id. Default true. */
  correlationIdIsClientRequestId: boolean;
  /** How `enabled` shows in KeyUpdate records: as it results, left out, or wrong. Share by weight, seeded. */
  enabledInAuditRecord: { readonly resulting: number; readonly absent: number; readonly wrong: number };
  /** Whether a PATCH that changes nothing but `key_ops` moves `updated`. Nobody confirmed it. Default true. */
  operationsMoveUpdated: boolean;
  /** Whether times that the vault writes are the last whole second or the nearest, which may be half a second ahead. Default 'nearest' (recorded: all of `sequences`). */
  writtenSecond: 'last' | 'nearest';
  /** Whether a PATCH that changes nothing at all moves `updated`. UNCONFIRMED; default false. */
  unchangedMovesUpdated: boolean;
  /** Whether audit records name the caller's object id. Default true. */
  objectIdInAuditRecord: boolean;
  /** Spelling of identity claims in audit records: by the kind of identity (applications with URIs, the others short), or one for all. Default 'by-kind'. */
  claimSpelling: 'by-kind' | 'short' | 'uri';
  /** How long after its time a rotation policy makes a version, in ms: a drawn time for each. Default 0 to 6 hours: no precision is documented. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
  scheduledRotationOffMs: { readonly least: number; readonly longest: number };
  /** Delay of audit records in ms. Default 1000. */
  auditDelayMs: number;
  /** Delay of Event Grid events in ms. Default 200. */
  eventDelayMs: number;
  /** How events of the Activity Log come: a drawn time late in ms, so out of order, and which shares of them twice and never. Default 200 ms to 5 s, none twice, none lost; no bound is documented. @see https://learn.microsoft.com/azure/event-grid/delivery-and-retry */
  activityDelivery: {
    readonly leastMs: number;
    readonly longestMs: number;
    readonly repeated: number;
    readonly dropped: number;
  };
  /** Wire schema of Event Grid events. */
  eventSchema: 'EventGridSchema' | 'CloudEventSchemaV1_0';
  /** How long a change takes to show in Resource Graph, in ms. Default 0: no page gives a bound. @see https://learn.microsoft.com/azure/governance/resource-graph/overview#how-resource-graph-is-kept-current */
  graphLagMs: number;
  /** Status that Resource Graph gives where no subscription that is asked for can be read. Default 403 (documented); 400 is told of, see `resource-graph/answers.ts`. */
  graphWithoutRights: 403 | 400;
  /** How long a row of a workspace takes to show, in ms: a drawn time for each. Default 2 to 5 minutes. @see https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time */
  logsShowAfterMs: { readonly least: number; readonly longest: number };
  /** Rows that an answer of a workspace has at most. Default 500,000. @see https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#log-queries-and-language */
  mostLogRows: number;
  /** Tables that have reached the daily cap, which drops their rows. Default: none. @see https://learn.microsoft.com/azure/azure-monitor/logs/daily-cap */
  cappedLogTables: readonly string[];
  /** How long a new right on a workspace or a data collection rule takes, in ms. Default 0; up to 10 minutes are documented. @see https://learn.microsoft.com/azure/role-based-access-control/troubleshooting */
  monitorRightsMs: number;
  /** Whether the budgets per vault and 10 s, and those of Resource Manager, are enforced with 429. Default true. */
  throttling: boolean;
  /** Who answers that a disk encryption set is not there. Default 'provider' (recorded after a deletion); for other types the gateway does. */
  missingSet: 'provider' | 'gateway';
  /** How long a change of a disk encryption set goes on after its 202, in ms. Default 600 (recorded: most less, the longest 21 s). */
  setChangeMs: number;
  /** How long after a new version of its key a set with auto-rotation has it as its active key, in ms: a drawn time for each. Default 5 to 50 minutes; that with the re-wrapping it is an hour at most is documented. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys */
  setFollowsAfterMs: { readonly least: number; readonly longest: number };
  /** How long a set with disks shows its previous keys after its key changed, in ms. Default 10 minutes; at most an hour is documented. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys */
  rewrapMs: number;
  /** How often a disk unwraps its key, in ms. Default 1 minute; nothing is documented. */
  diskUnwrapsEveryMs: number;
  /** How long a disk's key may be unusable before its I/O fails and its machine stops, in ms. Default 1 hour. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys */
  diskFailsAfterMs: number;
  /** Whether a key that has expired counts as unusable for a disk that is in use. Default true (documented); in the field machines went on until their next start. @see https://github.com/MicrosoftDocs/azure-docs/issues/121652 */
  expiredKeyStopsDisks: boolean;
}

/** A fault that a run plans. Matches are ANDed; left out matches anything. */
export interface Fault {
  readonly match: {
    readonly vault?: string;
    readonly key?: string;
    readonly operation?: OperationName;
    readonly identity?: string;
    readonly method?: string;
    /** Requests to Resource Manager whose path begins with it, without case; none to a vault. */
    readonly path?: string;
  };
  readonly answer:
    | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number } // in s, by Resource Manager alone; default 5
    | { readonly kind: 'busy' } // Resource Manager alone: another operation is changing the resource
    | { readonly kind: 'unauthorized'; readonly because: 'unknown-token' | 'expired-token' } // 401 and the challenge for a token that is good
    | { readonly kind: 'unreachable' } // the connection breaks before the service sees the request
    | { readonly kind: 'lost-answer' } // the service does it, the connection breaks before the answer
    | { readonly kind: 'forbidden-by-permission' }
    | { readonly kind: 'forbidden-by-firewall' }
    | { readonly kind: 'read-only' } // failover: reads go on, writes are refused
    | { readonly kind: 'internal-error' }
    | { readonly kind: 'conflict' }
    | { readonly kind: 'malformed'; readonly body: string }
    | { readonly kind: 'slow'; readonly ms: number };
  /** How many times; default for ever, until `clear`. */
  readonly times?: number;
}

/** What a request asks for; `unknown` where the service has no such path. */
export type OperationName =
  | 'create'
  | 'import'
  | 'get'
  | 'get-version'
  | 'list'
  | 'list-versions'
  | 'update'
  | 'delete'
  | 'rotate'
  | 'list-deleted'
  | 'get-deleted'
  | 'recover'
  | 'purge'
  | 'get-rotation-policy'
  | 'put-rotation-policy'
  | 'backup'
  | 'restore'
  | 'encrypt'
  | 'decrypt'
  | 'sign'
  | 'verify'
  | 'wrapkey'
  | 'unwrapkey'
  | 'unknown';

/** One request as it was served. */
export interface LoggedRequest {
  readonly at: Date;
  /** Name of the identity, or undefined where no valid token came. */
  readonly identity: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly operation: OperationName;
  readonly vault: string;
  readonly key: string | undefined;
  readonly version: string | undefined;
  readonly status: number;
  /** Whether it changed what the vault holds: a PATCH that changes nothing does not. */
  readonly changed: boolean;
  readonly clientRequestId: string | undefined;
}

/** What the vault holds, read by tests and the demo without a request. */
export type KeyState =
  | { readonly kind: 'present'; readonly settled: boolean; readonly versions: readonly VersionState[] }
  | {
      readonly kind: 'deleted';
      readonly settled: boolean;
      readonly deletedDate: number;
      readonly scheduledPurgeDate: number;
      readonly versions: readonly VersionState[];
    }
  | { readonly kind: 'none' };

/** A version as the vault holds it. Times are whole Unix seconds. */
export interface VersionState {
  readonly version: string;
  readonly enabled: boolean;
  readonly nbf: number | undefined;
  readonly exp: number | undefined;
  readonly created: number;
  readonly updated: number;
  readonly keyOps: readonly KeyOperation[];
  readonly kty: string;
}

/** One request as Resource Manager served it. */
export interface LoggedManagementRequest {
  readonly at: Date;
  /** Name of the identity, or undefined where no valid token came. */
  readonly identity: string | undefined;
  readonly method: string;
  readonly url: string;
  /** What the caller needed a permission for; undefined where the request ended before that. */
  readonly action: string | undefined;
  readonly status: number;
  /** Whether it changed a resource. */
  readonly changed: boolean;
  readonly clientRequestId: string | undefined;
}
