metadata description = 'The Functions app, on a Flex Consumption plan of its own. Its code comes afterwards, as a package.'

param location string
param tags object
param planName string
param appName string

@description('Memory of an instance.')
param instanceMemoryMB int
param maximumInstanceCount int

@description('Always-ready instances of each function that must not wait for one.')
param alwaysReadyInstances int
param alwaysReadyFunctions string[]
param nodeVersion string

@description('Blob endpoint of the account that keeps the package.')
param packageEndpoint string

@description('Runs the app.')
param watcherId string

@description('Writes to vaults in block.')
param keeperId string

@description('Reads what hangs on keys.')
param surveyorId string
param settings { name: string, value: string }[]

@description('Subnet, delegated to Microsoft.App/environments, through which the app calls; empty without a network.')
param subnetId string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

var inNetwork = {
  // Event Grid cannot deliver to a private endpoint. People and pipelines come by one.
  publicNetworkAccess: 'Enabled'
  ipSecurityRestrictionsDefaultAction: 'Deny'
  ipSecurityRestrictions: [
    { name: 'event-grid', priority: 100, action: 'Allow', tag: 'ServiceTag', ipAddress: 'AzureEventGrid' }
  ]
  scmIpSecurityRestrictionsUseMain: false
  scmIpSecurityRestrictionsDefaultAction: 'Deny'
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: location
  // By this tag azd finds the app that it deploys to.
  tags: union(tags, { 'azd-service-name': 'guardian' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${watcherId}': {}, '${keeperId}': {}, '${surveyorId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: watcherId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${packageEndpoint}app-package'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: watcherId }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: [
          for each in alwaysReadyFunctions: { name: 'function:${each}', instanceCount: alwaysReadyInstances }
        ]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      appSettings: settings
      ...(empty(subnetId) ? {} : inNetwork)
    }
  }

  // Whoever publishes the app has an Entra identity: there is no user name and password.
  resource noFtpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
  resource noScmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output appId string = app.id
output appName string = app.name
output address string = 'https://${app.properties.defaultHostName}'
