import * as z from 'zod';
import type { Answer, Conflict } from './vault.ts';

/** The last part of a resource id: the name of the resource. */
export const resourceName = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** The reasons why Resource Manager does not answer a read, each in the words of messages. */
const REFUSED = {
  /** The caller's identity got no token: nothing was sent. */
  'no-token': 'there is no token for Azure Resource Manager',
  forbidden: 'the permission to read there is missing',
  throttled: 'Azure Resource Manager is throttled',
  /** It refused the token. */
  unauthenticated: 'Azure Resource Manager does not accept the token',
  /** No answer, a broken connection, an answer that cannot be read, or an error of the service. */
  unreachable: 'Azure Resource Manager does not answer',
  /** Repeating the request unchanged is of no use. */
  rejected: 'Azure Resource Manager rejects the request as wrong',
} as const;

/** Why Resource Manager did not answer. None of these means that a resource is absent. */
export interface ManagementRefusal {
  readonly kind: keyof typeof REFUSED;
  readonly error: Error;
}

/** Why something cannot be read, in the words of messages, by the kind of a refusal. */
export const MANAGEMENT_REFUSED: Readonly<Record<ManagementRefusal['kind'], string>> = REFUSED;

/** The result of a read; `missing` where Resource Manager says that it is not there. Refusals are returned, not thrown. */
export type ManagementAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'missing' }
  | ManagementRefusal;

/** The identity of a resource, as Resource Manager and Resource Graph answer it. A resource without one has no such member. */
export const resourceIdentity = z.object({
  type: z.string().nullish(),
  principalId: z.string().nullish(),
  tenantId: z.string().nullish(),
  userAssignedIdentities: z
    .record(z.string(), z.object({ principalId: z.string().nullish(), clientId: z.string().nullish() }).nullish())
    .nullish(),
});

/** The access policies of a vault, as Resource Manager and Resource Graph answer them. One by roles may have no such member. */
export const accessPolicies = z
  .array(
    z.object({
      objectId: z.string(),
      applicationId: z.string().nullish(),
      permissions: z.object({ keys: z.array(z.string()).nullish() }).nullish(),
    }),
  )
  .nullish();

/** A subscription in which the caller has a role. */
export interface Subscription {
  /** In lower case. */
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly tenantId: string | undefined;
  /** `Enabled`, `Warned`, `Disabled`, as Azure spells it. */
  readonly state: string | undefined;
}

/** A lock on a resource, a group or a subscription. */
export interface ResourceLock {
  /** In lower case, as is the next. */
  readonly id: string;
  /** What it locks, with all that is in it. */
  readonly scope: string;
  /** `CanNotDelete` and `ReadOnly` forbid to delete it. As Azure spells it. */
  readonly level: string;
}

/** What Resource Manager shows of a key's current version, or of one version: no material, no operations. */
export interface ManagedKey {
  readonly enabled: boolean;
  readonly notBefore: Date | undefined;
  readonly expiresOn: Date | undefined;
  readonly createdOn: Date | undefined;
  readonly updatedOn: Date | undefined;
}

/** A vault as it is now, in the members of a row of the query `vaults`. */
export interface ManagedVault {
  /** In lower case. */
  readonly id: string;
  readonly name: string;
  readonly location: string | undefined;
  readonly subscriptionId: string;
  readonly rbac: boolean | undefined;
  readonly softDelete: boolean | undefined;
  readonly retentionDays: number | undefined;
  readonly purgeProtection: boolean | undefined;
  readonly publicNetworkAccess: string | undefined;
  readonly networkDefault: string | undefined;
  /** Whom its firewall lets in all the same: `AzureServices` or `None`. */
  readonly networkBypass: string | undefined;
  readonly accessPolicies: readonly {
    readonly objectId: string;
    readonly applicationId?: string | null | undefined;
    readonly permissions?: { readonly keys?: readonly string[] | null | undefined } | null | undefined;
  }[];
}

/** A vault that was deleted and can be recovered. */
export interface DeletedVault {
  /** The resource id that it had, in lower case. */
  readonly vaultId: string;
  readonly location: string | undefined;
  readonly deletedOn: Date | undefined;
  readonly scheduledPurgeOn: Date | undefined;
  /** Nobody can purge it before that. */
  readonly purgeProtection: boolean;
}

/** A role assignment, in the members of a row of the query `role-assignments`. */
export interface ManagedAssignment {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: string | undefined;
  readonly roleDefinitionId: string;
  readonly scope: string;
  readonly condition: string | undefined;
}

/** A role, in the members of a row of the query `role-definitions`. */
export interface ManagedRole {
  readonly id: string;
  readonly roleName: string | undefined;
  readonly permissions: readonly {
    readonly actions?: readonly string[] | null | undefined;
    readonly notActions?: readonly string[] | null | undefined;
    readonly dataActions?: readonly string[] | null | undefined;
    readonly notDataActions?: readonly string[] | null | undefined;
  }[];
}

/** A disk encryption set as it is now, in the members of a row of the query `sets`. */
export interface DiskEncryptionSet {
  /** In lower case. */
  readonly id: string;
  readonly name: string;
  readonly location: string | undefined;
  readonly subscriptionId: string;
  readonly encryptionType: string | undefined;
  readonly keyUrl: string | undefined;
  readonly previousKeys: readonly { readonly keyUrl?: string | null | undefined }[] | null | undefined;
  readonly autoRotation: boolean | undefined;
  readonly rotatedAt: string | undefined;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  /** Absent: it has none, as after `None`. */
  readonly identity: SetIdentity | null | undefined;
  readonly federatedClientId: string | undefined;
  readonly provisioningState: string | undefined;
}

/** The identity by which a set calls its vault. */
export interface SetIdentity {
  readonly type?: string | null | undefined;
  readonly principalId?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly userAssignedIdentities?:
    | Readonly<
        Record<
          string,
          { principalId?: string | null | undefined; clientId?: string | null | undefined } | null | undefined
        >
      >
    | null
    | undefined;
}

/** A diagnostic setting of a resource: what it sends where. Its ids are in lower case. */
export interface DiagnosticSetting {
  /** The categories of logs that it sends, and the groups of categories, in lower case. */
  readonly logs: readonly string[];
  readonly workspaceId: string | undefined;
  /** The rule of an Event Hubs namespace by which it may send there. */
  readonly hubRuleId: string | undefined;
  /** In lower case; `undefined`: a hub for each category, called `insights-logs-` and its name. */
  readonly hubName: string | undefined;
}

/** A system topic of Event Grid: the events of one resource. In lower case. */
export interface SystemTopic {
  readonly id: string;
  /** Id of the resource. */
  readonly source: string | undefined;
}

/** An event subscription of a system topic. */
export interface EventSubscription {
  /** The function that gets the events, by its resource id in lower case; `undefined` where something else does. */
  readonly functionId: string | undefined;
  /** `undefined`: events of every type. */
  readonly eventTypes: readonly string[] | undefined;
}

/** The write of Azure Resource Manager, under the keeper's identity. `requestId` travels as `x-ms-client-request-id`. Never retried by the client. */
export interface ResourceManagerWrites {
  /** Points a disk encryption set at a version of its key, and leaves the rest of it as it is. 'ok' means that the change has begun. */
  pointSet(id: string, keyUrl: string, requestId: string): Promise<Answer<undefined> | Conflict>;
}

/** The reads of Azure Resource Manager, under one identity. Lists include all pages. */
export interface ResourceManagerReads {
  /** Those in which the identity has a role, at any scope. */
  subscriptions(): Promise<ManagementAnswer<readonly Subscription[]>>;
  /** All locks on and in a subscription: Resource Graph has no table of them. */
  locks(subscriptionId: string): Promise<ManagementAnswer<readonly ResourceLock[]>>;
  /** The keys of a vault as Resource Manager shows them, by name: whoever may read the vault's resource may. No deleted ones. */
  vaultKeys(vaultId: string): Promise<ManagementAnswer<ReadonlyMap<string, ManagedKey>>>;
  /** The versions of a key, by their id. */
  vaultKeyVersions(vaultId: string, key: string): Promise<ManagementAnswer<ReadonlyMap<string, ManagedKey>>>;
  diskEncryptionSet(id: string): Promise<ManagementAnswer<DiskEncryptionSet>>;
  /** 'missing' where it was deleted. */
  vault(id: string): Promise<ManagementAnswer<ManagedVault>>;
  /** Those of a subscription. */
  deletedVaults(subscriptionId: string): Promise<ManagementAnswer<readonly DeletedVault[]>>;
  /** Those at a scope, below it and above it. */
  roleAssignments(scope: string): Promise<ManagementAnswer<readonly ManagedAssignment[]>>;
  roleDefinition(id: string): Promise<ManagementAnswer<ManagedRole>>;
  /** A user-assigned identity; 'missing' where it was deleted. */
  userAssignedIdentity(id: string): Promise<ManagementAnswer<{ readonly id: string }>>;
  /** Those of a resource: Resource Graph has no table of them. */
  diagnosticSettings(resourceId: string): Promise<ManagementAnswer<readonly DiagnosticSetting[]>>;
  /** Those of a subscription. Resource Graph leaves out what the caller may not read, so that a topic that it does not show may be there. */
  systemTopics(subscriptionId: string): Promise<ManagementAnswer<readonly SystemTopic[]>>;
  /** Those of a system topic: Resource Graph has no table of them. */
  eventSubscriptions(topicId: string): Promise<ManagementAnswer<readonly EventSubscription[]>>;
}
