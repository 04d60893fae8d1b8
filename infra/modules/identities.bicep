metadata description = 'The identities of the guardian. None has a right by itself: `main.bicep` gives each.'

param location string
param tags object
param watcherName string
param keeperName string
param surveyorName string
param eventsName string

@description('Runs the app, reads every guarded vault.')
resource watcher 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: watcherName
  location: location
  tags: tags
}

@description('Restores keys, in vaults in block only. Without such a vault it has no right anywhere.')
resource keeper 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: keeperName
  location: location
  tags: tags
}

@description('Reads what hangs on keys, by Resource Graph. It reaches no vault.')
resource surveyor 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: surveyorName
  location: location
  tags: tags
}

@description('Writes the dead letters of Event Grid. The app does not have it.')
resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: eventsName
  location: location
  tags: tags
}

output watcher object = {
  id: watcher.id
  clientId: watcher.properties.clientId
  objectId: watcher.properties.principalId
}
output keeper object = {
  id: keeper.id
  clientId: keeper.properties.clientId
  objectId: keeper.properties.principalId
}
output surveyor object = {
  id: surveyor.id
  clientId: surveyor.properties.clientId
}
output events object = {
  id: events.id
  objectId: events.properties.principalId
}
