targetScope = 'subscription'

metadata description = 'What the guardian has in the subscriptions that it guards: its rights in each vault, the vaults\' audit events, events of new versions, and those of the Activity Log. Deploy it after the code: Azure refuses an event subscription to a function that is not there. It is a template of its own, so that removing the guardian never touches the group of a guarded vault.'

// `npm run connect` hands over every parameter: the vaults and `updateSets` by `vaults.json` and `policy.json`, all others by an output of `main.bicep`.

param name string
param tags { *: string }

@description('Guarded vaults, some hundreds at most: a deployment can have 800 resources. `block` where it may have keys in block, `rotate` where it may have keys that the guardian rotates, `topic` where it has a system topic already.')
param vaults { id: string, location: string, topic: string, block: bool, rotate: bool }[]

@description('Where the events of each subscription with a guarded vault go through a system topic: the group of its first vault. `topic` where the subscription has one already.')
param activity { subscriptionId: string, resourceGroup: string, topic: string }[]
param auditEvents 'none' | 'workspace' | 'hub'
param assignRights bool
param watcherScope 'vault' | 'subscription'
param resourceGroupName string
param watcherName string
param keeperName string
param surveyorName string

@description('Subscriptions of the policy: the watcher reads the keys of every vault there, since the survey may find it.')
param subscriptions string[]

@description('True where the policy has the keeper point disk encryption sets at new versions: it gets the right in each surveyed subscription.')
param updateSets bool
param eventsName string
param registerName string
param appName string
param actionGroupName string
param workspaceId string
param hubName string
param hubPrefix string

resource guardian 'Microsoft.Resources/resourceGroups@2024-11-01' existing = {
  name: resourceGroupName
}

resource watcher 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: guardian
  name: watcherName
}

resource keeper 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: guardian
  name: keeperName
}

resource surveyor 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: guardian
  name: surveyorName
}

resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  scope: guardian
  name: eventsName
}

resource register 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  scope: guardian
  name: registerName
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  scope: guardian
  name: appName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  scope: guardian
  name: actionGroupName
}

// Rights: the watcher's in each vault or in its subscription, the keeper's only in vaults with keys in block, the surveyor's in each subscription, the keeper's on sets there only where the policy asks for it.

var found = map(subscriptions, each => toLower(each))
var surveyed = union(map(vaults, each => toLower(split(each.id, '/')[2])), found)
var subscriptionsRotated = map(filter(vaults, each => each.rotate), each => toLower(split(each.id, '/')[2]))
var subscriptionsInBlock = map(filter(vaults, each => each.block), each => toLower(split(each.id, '/')[2]))

module definitions 'modules/role-definitions.bicep' = [
  for each in surveyed: if (assignRights) {
    name: '${name}-roles'
    scope: subscription(each)
    params: {
      name: name
      block: contains(subscriptionsInBlock, each)
      rotate: contains(subscriptionsRotated, each)
      updateSets: updateSets
    }
  }
]

module surveys 'modules/subscription-rights.bicep' = [
  for each in surveyed: if (assignRights) {
    name: '${name}-surveys'
    scope: subscription(each)
    params: {
      name: name
      watches: contains(found, each) || watcherScope == 'subscription'
      watcherId: watcher.id
      watcherObjectId: watcher.properties.principalId
      surveyorId: surveyor.id
      surveyorObjectId: surveyor.properties.principalId
      updateSets: updateSets
      keeperId: keeper.id
      keeperObjectId: keeper.properties.principalId
    }
    dependsOn: [definitions]
  }
]

module rights 'modules/vault-rights.bicep' = [
  for each in vaults: if (assignRights) {
    name: '${name}-rights-${uniqueString(each.id)}'
    scope: resourceGroup(split(each.id, '/')[2], split(each.id, '/')[4])
    params: {
      name: name
      vaultName: last(split(each.id, '/'))
      read: watcherScope == 'vault'
      block: each.block
      rotate: each.rotate
      watcherId: watcher.id
      watcherObjectId: watcher.properties.principalId
      keeperId: keeper.id
      keeperObjectId: keeper.properties.principalId
    }
    dependsOn: [definitions]
  }
]

// Audit events: who changed a key.

module logs 'modules/vault-logs.bicep' = [
  for each in vaults: if (auditEvents != 'none') {
    name: '${name}-logs-${uniqueString(each.id)}'
    scope: resourceGroup(split(each.id, '/')[2], split(each.id, '/')[4])
    params: {
      name: name
      vaultName: last(split(each.id, '/'))
      workspaceId: workspaceId
      hubRuleId: auditEvents == 'hub'
        ? resourceId(
            subscription().subscriptionId,
            resourceGroupName,
            'Microsoft.EventHub/namespaces/authorizationRules',
            '${hubPrefix}-${toLower(replace(each.location, ' ', ''))}',
            'diagnostic-settings'
          )
        : ''
      hubName: hubName
    }
  }
]

// Events: a new version is inspected within seconds.

module vaultEvents 'modules/events.bicep' = [
  for each in vaults: {
    name: '${name}-events-${uniqueString(each.id)}'
    scope: resourceGroup(split(each.id, '/')[2], split(each.id, '/')[4])
    params: {
      location: each.location
      tags: tags
      name: name
      source: each.id
      topicType: 'Microsoft.KeyVault.vaults'
      called: last(split(each.id, '/'))
      existingTopic: each.topic
      functionName: 'key-vault-event'
      filter: { includedEventTypes: ['Microsoft.KeyVault.KeyNewVersionCreated'] }
      eventsIdentityId: events.id
      appId: app.id
      deadLetterAccountId: register.id
      actionGroupId: actionGroup.id
    }
  }
]

// The Activity Log: a deleted vault, a set that was pointed elsewhere and a role that was taken away are noticed at once. Event Grid compares texts without case.

module activityEvents 'modules/events.bicep' = [
  for each in activity: {
    name: '${name}-activity-${uniqueString(each.subscriptionId)}'
    scope: resourceGroup(each.subscriptionId, each.resourceGroup)
    params: {
      location: 'global'
      tags: tags
      name: name
      source: '/subscriptions/${each.subscriptionId}'
      topicType: 'Microsoft.Resources.Subscriptions'
      called: 'subscription-${each.subscriptionId}'
      existingTopic: each.topic
      functionName: 'activity-log'
      filter: {
        includedEventTypes: [
          'Microsoft.Resources.ResourceWriteSuccess'
          'Microsoft.Resources.ResourceWriteCancel'
          'Microsoft.Resources.ResourceDeleteSuccess'
          'Microsoft.Resources.ResourceDeleteCancel'
          'Microsoft.Resources.ResourceActionSuccess'
          'Microsoft.Resources.ResourceActionCancel'
        ]
        advancedFilters: [
          {
            operatorType: 'StringIn'
            key: 'data.operationName'
            values: [
              'Microsoft.Compute/diskEncryptionSets/write'
              'Microsoft.Compute/diskEncryptionSets/delete'
              'Microsoft.KeyVault/vaults/write'
              'Microsoft.KeyVault/vaults/delete'
              'Microsoft.KeyVault/vaults/accessPolicies/write'
              'Microsoft.KeyVault/locations/deletedVaults/purge/action'
              'Microsoft.Authorization/roleAssignments/write'
              'Microsoft.Authorization/roleAssignments/delete'
              'Microsoft.ManagedIdentity/userAssignedIdentities/delete'
            ]
          }
        ]
      }
      eventsIdentityId: events.id
      appId: app.id
      deadLetterAccountId: register.id
      actionGroupId: actionGroup.id
    }
  }
]
