targetScope = 'subscription'

metadata description = 'What the guardian may do in one subscription that it surveys.'

@description('The name of the deployment.')
param name string

@description('True where the watcher reads keys in all vaults of the subscription: where that is chosen, and where the policy names the subscription, so that vaults found there are guarded.')
param watches bool

param watcherId string
param watcherObjectId string
param surveyorId string
param surveyorObjectId string

@description('True where the policy has the keeper point disk encryption sets at new versions of their keys.')
param updateSets bool

param keeperId string
param keeperObjectId string

var surveyorRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'surveyor'))
var watcherRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'watcher'))
var updaterRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(subscription().id, name, 'updater'))

// The survey asks Resource Graph which resources need which key.
resource surveyor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, surveyorId, surveyorRole)
  properties: {
    roleDefinitionId: surveyorRole
    principalId: surveyorObjectId
    principalType: 'ServicePrincipal'
  }
}

// The sweep lists the keys of a vault that was found since the last deployment.
resource watcher 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (watches) {
  name: guid(subscription().id, watcherId, watcherRole)
  properties: {
    roleDefinitionId: watcherRole
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

// An inspection in block points a disk encryption set at the new version of its key. Unless the policy says so this right is not there.
resource updater 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (updateSets) {
  name: guid(subscription().id, keeperId, updaterRole)
  properties: {
    roleDefinitionId: updaterRole
    principalId: keeperObjectId
    principalType: 'ServicePrincipal'
  }
}
