using '../../../infra/events.bicep'

// After the code of `three-vaults.bicepparam`.
param vaults = loadJsonContent('estate.json')
param resourceGroupName = 'key-guardian'
param appName = 'key-guardian-app'
param registerName = 'keyguardianregister'
param eventsIdentityId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/key-guardian/providers/Microsoft.ManagedIdentity/userAssignedIdentities/key-guardian-events'
param actionGroupId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/key-guardian/providers/Microsoft.Insights/actionGroups/key-guardian-operators'
