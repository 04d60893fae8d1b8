targetScope = 'subscription'

metadata description = 'What the guardian may read in all vaults of one guarded subscription. Its right to write stays on single vaults.'

@description('The name of the deployment.')
param name string
param watcherId string
param watcherObjectId string

var watcherRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'watcher'))

// The sweep lists keys, versions and deleted keys, and an inspection reads a version.
resource watcher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, watcherId, watcherRole)
  properties: {
    roleDefinitionId: watcherRole
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}
