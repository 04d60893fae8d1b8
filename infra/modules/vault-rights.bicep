metadata description = 'What the guardian may do in one guarded vault.'

@description('The name of the deployment.')
param name string
param vaultName string

@description('True where the watcher gets its right here, and not on the subscription.')
param read bool

@description('True where the vault may have keys in block.')
param block bool

@description('True where the policy has a rotation schedule for a key in block.')
param rotate bool

param watcherId string
param watcherObjectId string
param keeperId string
param keeperObjectId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

var watcherRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'watcher'))
var rotatorRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'rotator'))
var keeperRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'keeper'))

// The sweep lists keys, versions and deleted keys, and an inspection reads a version.
resource watcher 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (read) {
  scope: vault
  name: guid(vault.id, watcherId, watcherRole)
  properties: {
    roleDefinitionId: watcherRole
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

// An inspection in block recovers a key and puts attributes back. In alert this right is not there.
resource keeper 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (block) {
  scope: vault
  name: guid(vault.id, keeperId, keeperRole)
  properties: {
    roleDefinitionId: keeperRole
    principalId: keeperObjectId
    principalType: 'ServicePrincipal'
  }
}

// An inspection in block rotates a key that is overdue, and sets its rotation policy. Without a schedule this right is not there.
resource rotator 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (rotate) {
  scope: vault
  name: guid(vault.id, keeperId, rotatorRole)
  properties: {
    roleDefinitionId: rotatorRole
    principalId: keeperObjectId
    principalType: 'ServicePrincipal'
  }
}
