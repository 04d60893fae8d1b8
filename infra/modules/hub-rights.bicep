metadata description = 'The guardian reads the audit events of one Event Hub.'

param namespaceName string
param hubName string
param watcherId string
param watcherObjectId string

var receiver = loadJsonContent('../roles.json').own.auditEvents

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName

  resource hub 'eventhubs' existing = { name: hubName }
}

resource onHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: namespace::hub
  name: guid(namespace::hub.id, watcherId, receiver.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', receiver.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}
