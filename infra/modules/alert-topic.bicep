metadata description = 'The custom topic of Event Grid that gets alerts, where the policy names the channel event-grid. Its subscriptions are yours.'

param location string
param tags object
param name string

@description('True closes the topic to the internet.')
param closed bool

@description('False for a deployer who may not assign roles.')
param assignRights bool
param watcherId string
param watcherObjectId string

var sender = loadJsonContent('../roles.json').own.alertTopic

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    // Whoever sends has an Entra identity: no key of the topic admits anybody.
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: closed ? 'Disabled' : 'Enabled'
  }
}

resource onTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRights) {
  scope: topic
  name: guid(topic.id, watcherId, sender.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sender.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

output id string = topic.id
output endpoint string = topic.properties.endpoint
