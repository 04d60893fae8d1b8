import type { Resource } from './azure/resource-manager/store.ts';

/** A resource group, by its id. */
export const groupId = (subscriptionId: string, name: string): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${name}`;

/** Where a resource is, and what it is called. */
export interface Place {
  /** Its resource group's id. */
  readonly group: string;
  readonly name: string;
  readonly location?: string;
}

const COMPUTE = 'Microsoft.Compute';
const idOf = (type: string, { group, name }: Place): string => `${group}/providers/${type}/${name}`;
const head = (type: string, place: Place) => ({
  id: idOf(type, place),
  name: place.name,
  type,
  location: place.location ?? 'westeurope',
  tags: {},
});

/** The id of a disk encryption set. */
export const setId = (place: Place): string => idOf(`${COMPUTE}/diskEncryptionSets`, place);
/** The id of a machine. */
export const machineId = (place: Place): string => idOf(`${COMPUTE}/virtualMachines`, place);
/** The id of a disk. */
export const diskId = (place: Place): string => idOf(`${COMPUTE}/disks`, place);

/** The id of a set as disks and snapshots name it: with its group in upper case (recorded in `recordings-estate/compute`). */
export const setIdOnDisks = ({ group, name }: Place): string =>
  setId({
    group: group.replace(/(\/resourceGroups\/)(.+)$/, (_, word: string, of: string) => word + of.toUpperCase()),
    name,
  });

/** How a disk encryption set encrypts. */
export type EncryptionType =
  | 'EncryptionAtRestWithCustomerKey'
  | 'EncryptionAtRestWithPlatformAndCustomerKeys'
  | 'ConfidentialVmEncryptedWithCustomerKey';

/** A disk encryption set. `more` are further properties. */
export const diskEncryptionSetResource = (
  place: Place,
  {
    keyUrl,
    principalId,
    tenantId,
    encryptionType = 'EncryptionAtRestWithCustomerKey',
    more = {},
  }: {
    readonly keyUrl: string;
    /** Object id of its system-assigned identity. */
    readonly principalId: string;
    readonly tenantId: string;
    readonly encryptionType?: EncryptionType;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): Resource => ({
  ...head(`${COMPUTE}/diskEncryptionSets`, place),
  identity: { type: 'SystemAssigned', principalId, tenantId },
  properties: { activeKey: { keyUrl }, encryptionType, provisioningState: 'Succeeded', ...more },
});

/** How the disk itself is encrypted, as `encryption` or beside it. */
export type DiskEncryption =
  | { readonly kind: 'platform-key' }
  | { readonly kind: 'set' | 'platform-key-and-set' | 'confidential'; readonly set: Place }
  /** Azure Disk Encryption: the URLs of the secret that unlocks the disk and of the key that wraps the secret. */
  | {
      readonly kind: 'azure-disk-encryption';
      readonly secretUrl: string;
      readonly keyUrl: string;
      readonly vaultId: string;
    };

/** A disk, attached to a machine where one is named. */
export const diskResource = (
  place: Place,
  {
    encryption,
    machines = [],
    isRunning = true,
    sku = 'Premium_LRS',
  }: {
    readonly encryption: DiskEncryption;
    /** Ids of the machines that it is attached to; several for a shared disk. */
    readonly machines?: readonly string[];
    /** Whether its machine has its resources: those of one that was deallocated are kept. */
    readonly isRunning?: boolean;
    readonly sku?: string;
  },
): Resource => ({
  ...head(`${COMPUTE}/disks`, place),
  sku: { name: sku, tier: sku.split('_')[0] },
  ...(machines[0] === undefined ? {} : { managedBy: machines[0] }),
  ...(machines.length > 1 ? { managedByExtended: machines } : {}),
  properties: {
    creationData: { createOption: 'Empty' },
    diskSizeGB: 128,
    ...encryptionMembers(encryption),
    ...(machines.length > 1 ? { maxShares: machines.length, shareInfo: machines.map((vmUri) => ({ vmUri })) } : {}),
    networkAccessPolicy: 'DenyAll',
    publicNetworkAccess: 'Disabled',
    provisioningState: 'Succeeded',
    diskState: machines.length === 0 ? 'Unattached' : isRunning ? 'Attached' : 'Reserved',
  },
});

function encryptionMembers(encryption: DiskEncryption): Readonly<Record<string, unknown>> {
  const platform = { type: 'EncryptionAtRestWithPlatformKey' };
  switch (encryption.kind) {
    case 'platform-key':
      return { encryption: platform };
    case 'set':
      return {
        encryption: {
          type: 'EncryptionAtRestWithCustomerKey',
          diskEncryptionSetId: setIdOnDisks(encryption.set),
        },
      };
    case 'platform-key-and-set':
      return {
        encryption: {
          type: 'EncryptionAtRestWithPlatformAndCustomerKeys',
          diskEncryptionSetId: setIdOnDisks(encryption.set),
        },
      };
    case 'confidential':
      // Recorded: the set is in the security profile alone, as its owner wrote it.
      return {
        encryption: platform,
        securityProfile: {
          securityType: 'ConfidentialVM_DiskEncryptedWithCustomerKey',
          secureVMDiskEncryptionSetId: setId(encryption.set),
        },
      };
    case 'azure-disk-encryption': {
      const { secretUrl, keyUrl, vaultId } = encryption;
      const sourceVault = { id: vaultId };
      const settings = {
        diskEncryptionKey: { sourceVault, secretUrl },
        keyEncryptionKey: { sourceVault, keyUrl },
      };
      return {
        encryption: platform,
        encryptionSettingsCollection: {
          enabled: true,
          encryptionSettings: [settings],
          encryptionSettingsVersion: '1.1',
        },
      };
    }
    default:
      return encryption satisfies never;
  }
}

/** A snapshot of a disk under a set. */
export const snapshotResource = (place: Place, set: Place): Resource => ({
  ...head(`${COMPUTE}/snapshots`, place),
  sku: { name: 'Standard_LRS', tier: 'Standard' },
  properties: {
    creationData: { createOption: 'Empty' },
    diskSizeGB: 128,
    encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: setIdOnDisks(set) },
    incremental: true,
    provisioningState: 'Succeeded',
    diskState: 'Unattached',
  },
});

/** An image whose system disk is under a set. */
export const imageResource = (place: Place, set: Place): Resource => ({
  ...head(`${COMPUTE}/images`, place),
  properties: {
    storageProfile: {
      osDisk: { osType: 'Linux', osState: 'Generalized', diskEncryptionSet: { id: setId(set) } },
      dataDisks: [],
    },
    hyperVGeneration: 'V2',
    provisioningState: 'Succeeded',
  },
});

/** A machine. Its power state is what Resource Graph alone shows. */
export const machineResource = (
  place: Place,
  {
    isRunning = true,
    encryptionAtHost,
    securityType,
  }: {
    readonly isRunning?: boolean;
    readonly encryptionAtHost?: boolean;
    readonly securityType?: 'TrustedLaunch' | 'ConfidentialVM';
  } = {},
): Resource => ({
  ...head(`${COMPUTE}/virtualMachines`, place),
  properties: {
    hardwareProfile: { vmSize: securityType === 'ConfidentialVM' ? 'Standard_DC4as_v5' : 'Standard_D4s_v5' },
    ...(encryptionAtHost === undefined && securityType === undefined
      ? {}
      : {
          securityProfile: {
            ...(encryptionAtHost === undefined ? {} : { encryptionAtHost }),
            ...(securityType === undefined ? {} : { securityType }),
          },
        }),
    provisioningState: 'Succeeded',
    extended: {
      instanceView: {
        powerState: isRunning
          ? { code: 'PowerState/running', displayStatus: 'VM running', level: 'Info' }
          : { code: 'PowerState/deallocated', displayStatus: 'VM deallocated', level: 'Info' },
      },
    },
  },
});

/** A scale set whose disks are under a set. */
export const scaleSetResource = (place: Place, set: Place, capacity: number): Resource => {
  const managedDisk = { storageAccountType: 'Premium_LRS', diskEncryptionSet: { id: setId(set) } };
  return {
    ...head(`${COMPUTE}/virtualMachineScaleSets`, place),
    sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity },
    properties: {
      virtualMachineProfile: {
        securityProfile: { encryptionAtHost: true },
        storageProfile: {
          osDisk: { createOption: 'FromImage', caching: 'ReadWrite', managedDisk },
          dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 128, managedDisk }],
        },
      },
      provisioningState: 'Succeeded',
    },
  };
};

/** A storage account that follows the newest version of a key. */
export const storageAccountResource = (
  place: Place,
  {
    vaultUri,
    key,
    currentKeyUrl,
    principalId,
    tenantId,
  }: {
    readonly vaultUri: string;
    readonly key: string;
    readonly currentKeyUrl: string;
    readonly principalId: string;
    readonly tenantId: string;
  },
): Resource => ({
  ...head('Microsoft.Storage/storageAccounts', place),
  kind: 'StorageV2',
  sku: { name: 'Standard_GRS', tier: 'Standard' },
  identity: { type: 'SystemAssigned', principalId, tenantId },
  properties: {
    encryption: {
      keySource: 'Microsoft.Keyvault',
      keyvaultproperties: {
        keyvaulturi: vaultUri,
        keyname: key,
        keyversion: '',
        currentVersionedKeyIdentifier: currentKeyUrl,
        lastKeyRotationTimestamp: '2026-09-01T08:00:00.0000000Z',
      },
    },
    provisioningState: 'Succeeded',
  },
});

/** A SQL server whose databases are encrypted under one version of a key. */
export const sqlServerResource = (
  place: Place,
  {
    keyUrl,
    principalId,
    tenantId,
  }: { readonly keyUrl: string; readonly principalId: string; readonly tenantId: string },
): Resource => ({
  ...head('Microsoft.Sql/servers', place),
  kind: 'v12.0',
  identity: { type: 'SystemAssigned', principalId, tenantId },
  properties: { version: '12.0', state: 'Ready', keyId: keyUrl },
});

/** Where a diagnostic setting sends to: the id of a workspace, or a rule of an Event Hubs namespace and a hub in it. */
export type LogsTo = { readonly workspaceId: string } | { readonly hubRuleId: string; readonly hubName: string };

/** A diagnostic setting that sends logs of a resource. Targets that it does not use are null, as published. @see https://learn.microsoft.com/rest/api/monitor/diagnostic-settings/list */
export const diagnosticSettingResource = (
  resourceId: string,
  name: string,
  to: LogsTo,
  category = 'AuditEvent',
): Resource => ({
  id: `${resourceId}/providers/Microsoft.Insights/diagnosticSettings/${name}`,
  name,
  type: 'Microsoft.Insights/diagnosticSettings',
  properties: {
    storageAccountId: null,
    serviceBusRuleId: null,
    workspaceId: 'workspaceId' in to ? to.workspaceId : null,
    eventHubAuthorizationRuleId: 'hubRuleId' in to ? to.hubRuleId : null,
    eventHubName: 'hubRuleId' in to ? to.hubName : null,
    metrics: [],
    logs: [{ category, categoryGroup: null, enabled: true, retentionPolicy: { enabled: false, days: 0 } }],
    logAnalyticsDestinationType: 'workspaceId' in to ? 'Dedicated' : null,
  },
});

/** The system topic of a vault with one event subscription, which sends events of a type to a function (members as recorded). */
export const vaultEventResources = (
  place: Place,
  vaultId: string,
  { name, functionId, eventType }: { readonly name: string; readonly functionId: string; readonly eventType: string },
): readonly Resource[] => {
  const topic = head('Microsoft.EventGrid/systemTopics', place);
  const properties = { provisioningState: 'Succeeded', source: vaultId, topicType: 'Microsoft.KeyVault.vaults' };
  return [
    { ...topic, properties: { ...properties, metricResourceId: '7b467d04-13be-4a38-b1aa-391d13380acc' } },
    {
      id: `${topic.id}/eventSubscriptions/${name}`,
      name,
      type: 'Microsoft.EventGrid/systemTopics/eventSubscriptions',
      properties: {
        topic: topic.id,
        provisioningState: 'Succeeded',
        destination: {
          properties: { resourceId: functionId, maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 },
          endpointType: 'AzureFunction',
        },
        filter: { includedEventTypes: [eventType] },
        labels: null,
        eventDeliverySchema: 'CloudEventSchemaV1_0',
        retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      },
    },
  ];
};

/** A lock that keeps its scope from being deleted. */
export const deleteLockResource = (scope: string, name: string, notes: string): Resource => ({
  id: `${scope}/providers/Microsoft.Authorization/locks/${name}`,
  name,
  type: 'Microsoft.Authorization/locks',
  properties: { level: 'CanNotDelete', notes },
});

/** A built-in role of a group at a scope. Roles of identities are seeded with them. */
export const groupRoleResource = (
  scope: string,
  {
    name,
    groupOid,
    roleId,
  }: {
    /** Of the assignment, a UUID. */
    readonly name: string;
    readonly groupOid: string;
    readonly roleId: string;
  },
): Resource => {
  const [above = ''] = /^\/subscriptions\/[^/]+/.exec(scope) ?? [];
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      roleDefinitionId: `${above}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
      principalId: groupOid,
      principalType: 'Group',
      scope,
      condition: null,
      conditionVersion: null,
      createdOn: '2026-01-15T09:00:00.0000000Z',
      updatedOn: '2026-01-15T09:00:00.0000000Z',
      createdBy: null,
      updatedBy: null,
      delegatedManagedIdentityResourceId: null,
      description: null,
    },
  };
};
