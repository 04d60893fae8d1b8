metadata description = 'What the guardian may do with its own resources. Each line of `roles.json` says which call needs it.'

param registerName string
param trailName string
param componentName string
param vaultName string
param signingKeyName string

@description('The name of the deployment: two guardians have roles of their own.')
param name string

@description('True where a channel of the policy or the heartbeat has secrets.')
param readsSecrets bool

param watcherId string
param watcherObjectId string
param eventsId string
param eventsObjectId string

var own = loadJsonContent('../roles.json').own
var signing = loadJsonContent('../roles.json').ownVault

resource register 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: registerName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = { name: 'dead-letters' }
  }
}

resource trail 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: trailName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = { name: 'trail' }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName

  resource signingKey 'keys' existing = { name: signingKeyName }
}

resource signer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'signer')
  properties: {
    roleName: 'Key Guardian signer (${name}, ${subscription().subscriptionId})'
    description: 'Signs approvals, holds and the seals of the trail with the key of the guardian.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [{ actions: [], dataActions: map(signing.dataActions, each => each.action) }]
  }
}

resource onSigningKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault::signingKey
  name: guid(vault::signingKey.id, watcherId, 'signer')
  properties: {
    roleDefinitionId: signer.id
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

resource onRegister 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for right in [own.registerBlobs, own.registerQueues, own.registerTables]: {
    scope: register
    name: guid(register.id, watcherId, right.id)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', right.id)
      principalId: watcherObjectId
      principalType: 'ServicePrincipal'
    }
  }
]

resource onTrail 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: trail::blobs::container
  name: guid(trail::blobs::container.id, watcherId, own.trail.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.trail.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

resource onComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, watcherId, own.telemetry.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.telemetry.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (readsSecrets) {
  scope: vault
  name: guid(vault.id, watcherId, own.secrets.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.secrets.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

resource onDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: register::blobs::deadLetters
  name: guid(register::blobs::deadLetters.id, eventsId, own.deadLetters.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.deadLetters.id)
    principalId: eventsObjectId
    principalType: 'ServicePrincipal'
  }
}
