metadata description = 'The vault of the guardian itself: the secrets of its alert channels and its heartbeat, and the key that signs what people say, and the trail. It is never one of the guarded vaults.'

param location string
param tags object
param name string
param signingKeyName string

@description('True closes the vault to the internet.')
param closed bool

@description('True brings a deleted vault of this name back: its name is taken until it is purged.')
param recover bool

@description('Workspace that records every call.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: closed ? 'Deny' : 'Allow', bypass: 'None' }
  }
}

@description('Signs approvals, holds and the seals of the trail. A deployment makes it once, and leaves it as it is after that.')
resource signingKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: signingKeyName
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['sign', 'verify']
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'key-guardian'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
