import type { GraphQuery } from './rows.ts';

/** The text of each query to Resource Graph. Made from `infra/queries/graph` by `npm run schema`. */
export const queryTexts: Readonly<Record<GraphQuery, string>> = {
  disks: `resources
| where type in~ ('microsoft.compute/disks', 'microsoft.compute/snapshots')
| project id, type = tolower(type), location,
    setId = tostring(properties.encryption.diskEncryptionSetId),
    confidentialSetId = tostring(properties.securityProfile.secureVMDiskEncryptionSetId),
    encryptionType = tostring(properties.encryption.type),
    sku = tostring(sku.name),
    state = tostring(properties.diskState),
    managedBy = tostring(managedBy),
    shareInfo = properties.shareInfo,
    diskEncryption = properties.encryptionSettingsCollection
| order by id asc`,
  images: `resources
| where type =~ 'microsoft.compute/images'
| project id,
    osDiskSetId = tostring(properties.storageProfile.osDisk.diskEncryptionSet.id),
    dataDisks = properties.storageProfile.dataDisks
| order by id asc`,
  machines: `resources
| where type =~ 'microsoft.compute/virtualmachines'
| project id, name, location,
    powerState = tostring(properties.extended.instanceView.powerState.code),
    encryptionAtHost = tobool(properties.securityProfile.encryptionAtHost),
    securityType = tostring(properties.securityProfile.securityType),
    scaleSetId = tostring(properties.virtualMachineScaleSet.id),
    diskEncryption = properties.storageProfile.osDisk.encryptionSettings
| order by id asc`,
  'role-assignments': `authorizationresources
| where type =~ 'microsoft.authorization/roleassignments'
| project id,
    principalId = tostring(properties.principalId),
    principalType = tostring(properties.principalType),
    roleDefinitionId = tolower(tostring(properties.roleDefinitionId)),
    scope = tolower(tostring(properties.scope)),
    condition = tostring(properties.condition)
| order by id asc`,
  'role-definitions': `authorizationresources
| where type =~ 'microsoft.authorization/roledefinitions'
| project id = tolower(id), roleName = tostring(properties.roleName), permissions = properties.permissions
| order by id asc`,
  'scale-sets': `resources
| where type =~ 'microsoft.compute/virtualmachinescalesets'
| project id, name, location,
    capacity = toint(sku.capacity),
    encryptionAtHost = tobool(properties.virtualMachineProfile.securityProfile.encryptionAtHost),
    osDiskSetId = tostring(properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.diskEncryptionSet.id),
    confidentialSetId = tostring(properties.virtualMachineProfile.storageProfile.osDisk.managedDisk.securityProfile.diskEncryptionSet.id),
    dataDisks = properties.virtualMachineProfile.storageProfile.dataDisks
| order by id asc`,
  sets: `resources
| where type =~ 'microsoft.compute/diskencryptionsets'
| project id, name, location, subscriptionId,
    encryptionType = tostring(properties.encryptionType),
    keyUrl = tostring(properties.activeKey.keyUrl),
    previousKeys = properties.previousKeys,
    autoRotation = tobool(properties.rotationToLatestKeyVersionEnabled),
    rotatedAt = tostring(properties.lastKeyRotationTimestamp),
    errorCode = tostring(properties.autoKeyRotationError.code),
    errorMessage = tostring(properties.autoKeyRotationError.message),
    identity,
    federatedClientId = tostring(properties.federatedClientId),
    provisioningState = tostring(properties.provisioningState)
| order by id asc`,
  'sql-servers': `resources
| where type =~ 'microsoft.sql/servers'
| where isnotempty(tostring(properties.keyId))
| project id, name, location, identity,
    keyUrl = tostring(properties.keyId),
    userIdentity = tostring(properties.primaryUserAssignedIdentityId),
    federatedClientId = tostring(properties.federatedClientId)
| order by id asc`,
  'storage-accounts': `resources
| where type =~ 'microsoft.storage/storageaccounts'
| where tostring(properties.encryption.keySource) =~ 'microsoft.keyvault'
| project id, name, location, identity,
    vaultUri = coalesce(tostring(properties.encryption.keyvaultproperties.keyvaulturi), tostring(properties.encryption.keyVaultProperties.keyVaultUri)),
    keyName = coalesce(tostring(properties.encryption.keyvaultproperties.keyname), tostring(properties.encryption.keyVaultProperties.keyName)),
    keyVersion = coalesce(tostring(properties.encryption.keyvaultproperties.keyversion), tostring(properties.encryption.keyVaultProperties.keyVersion)),
    currentKeyUrl = coalesce(tostring(properties.encryption.keyvaultproperties.currentVersionedKeyIdentifier), tostring(properties.encryption.keyVaultProperties.currentVersionedKeyIdentifier)),
    userIdentity = tostring(properties.encryption.identity.userAssignedIdentity),
    federatedClientId = tostring(properties.encryption.identity.federatedIdentityClientId)
| order by id asc`,
  subscriptions: `resourcecontainers
| where type =~ 'microsoft.resources/subscriptions'
| project id, name, subscriptionId, state = tostring(properties.state)
| order by id asc`,
  vaults: `resources
| where type =~ 'microsoft.keyvault/vaults'
| project id, name, location, subscriptionId, tenantId,
    uri = tostring(properties.vaultUri),
    sku = tolower(tostring(properties.sku.name)),
    rbac = tobool(properties.enableRbacAuthorization),
    softDelete = tobool(properties.enableSoftDelete),
    retentionDays = toint(properties.softDeleteRetentionInDays),
    purgeProtection = tobool(properties.enablePurgeProtection),
    publicNetworkAccess = tostring(properties.publicNetworkAccess),
    networkDefault = tostring(properties.networkAcls.defaultAction),
    accessPolicies = properties.accessPolicies
| order by id asc`,
};
