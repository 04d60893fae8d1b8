using '../../../infra/main.bicep'

// A deployer who may not assign roles, in a group, a network and a workspace of others, under their names and tags.
param existingResourceGroup = 'rg-guardian-prod-001'
param existingWorkspaceId = '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central'
param name = 'key-guardian-pre' // as long as a name can be
param names = {
  watcher: 'id-guardian-watcher-prod'
  register: 'stguardianregprod'
  app: 'func-guardian-prod'
}
param tags = { costCenter: '4711', owner: 'platform' }
param assignRights = false
param network = 'private'
param privateNetwork = {
  appSubnetId: '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/guardian-app'
  endpointSubnetId: '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints'
  dns: 'central'
  centralDnsGroupId: '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/dns'
  vaultEndpoints: false
  monitorLink: false
}
