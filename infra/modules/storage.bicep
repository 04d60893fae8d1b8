metadata description = 'Two storage accounts without shared keys: one for the register, the queues and the package, one for the trail alone.'

param location string
param tags object
param registerName string
param trailName string

@description('True closes both accounts to the internet.')
param closed bool

@description('Redundancy of both accounts.')
param sku string

@description('Names of the queues, without those of dead letters.')
param queues string[]

@description('Names of the tables.')
param tables string[]

@description('Days after its last append during which no part of the trail can be changed or deleted.')
param trailRetentionDays int

@description('True once the policy of the trail is locked: a template can no longer write it.')
param trailLocked bool

@description('Workspace that records who reads and writes the blobs of the trail and the tables of the register.')
param workspaceId string

@description('Days that dead-lettered events and quarantined messages are kept.')
var leftoverDays = 90

var common = {
  accessTier: 'Hot'
  allowBlobPublicAccess: false
  allowCrossTenantReplication: false
  allowSharedKeyAccess: false
  defaultToOAuthAuthentication: true
  minimumTlsVersion: 'TLS1_2'
  supportsHttpsTrafficOnly: true
}

resource register 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: registerName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    ...common
    // Event Grid writes dead letters under an identity, as a trusted service: it has no private endpoint.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: closed ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { deleteRetentionPolicy: { enabled: true, days: 14 } }

    resource containers 'containers' = [
      for container in ['app-package', 'quarantine', 'dead-letters']: { name: container }
    ]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource each 'queues' = [for queue in queues: { name: queue }]
    // The host moves here what failed five times.
    resource eachPoison 'queues' = [for queue in queues: { name: '${queue}-poison' }]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource each 'tables' = [for table in tables: { name: table }]
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'leftovers'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['dead-letters/', 'quarantine/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: leftoverDays } } }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource trail 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: trailName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    ...common
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: closed ? 'Deny' : 'Allow', bypass: 'None' }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: 'trail'

      // Blobs can be made and appended to, and neither changed nor deleted.
      resource policy 'immutabilityPolicies' = if (!trailLocked) {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: trailRetentionDays
          allowProtectedAppendWrites: true
        }
      }
    }
  }
}

resource registerLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: register::tableService
  name: 'key-guardian'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}

resource trailLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: trail::blobs
  name: 'key-guardian'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

output registerId string = register.id
output registerName string = register.name
output trailId string = trail.id
output trailName string = trail.name
output registerEndpoints object = {
  blob: register.properties.primaryEndpoints.blob
  queue: register.properties.primaryEndpoints.queue
  table: register.properties.primaryEndpoints.table
}
output trailBlobEndpoint string = trail.properties.primaryEndpoints.blob
