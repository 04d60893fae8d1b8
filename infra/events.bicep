targetScope = 'subscription'

metadata description = 'Sends the events of the guarded vaults to the app. Deploy it after the code: Azure refuses a subscription to a function that is not there.'

@description('As in `main.bicep`.')
param name string = 'key-guardian'

@description('As in `main.bicep`. `topic` names the system topic that a vault has already; give it the identity `eventsIdentityId` first.')
param vaults { id: string, location: string, topic: string? }[] = loadJsonContent('vaults.json')

@description('As in `main.bicep`.')
param tags { *: string } = {}

// Outputs of `main.bicep`.

param resourceGroupName string
param appName string
param registerName string
param eventsIdentityId string
param actionGroupId string

var appId = resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.Web/sites', appName)
var registerId = resourceId(
  subscription().subscriptionId,
  resourceGroupName,
  'Microsoft.Storage/storageAccounts',
  registerName
)

module events 'modules/vault-events.bicep' = [
  for each in vaults: {
    name: 'events-${uniqueString(each.id)}'
    scope: resourceGroup(split(each.id, '/')[2], split(each.id, '/')[4])
    params: {
      location: each.location
      tags: tags
      name: name
      vaultName: last(split(each.id, '/'))
      existingTopic: each.?topic ?? ''
      eventsIdentityId: eventsIdentityId
      appId: appId
      deadLetterAccountId: registerId
      actionGroupId: actionGroupId
    }
  }
]
