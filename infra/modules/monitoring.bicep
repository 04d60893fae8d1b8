metadata description = 'Where the app and the guarded vaults log, and whom Azure Monitor alerts.'

param location string
param tags object
param workspaceName string
param componentName string
param actionGroupName string

@description('Resource id of a workspace that is there already; empty to make one.')
param existingWorkspaceId string

@description('True where telemetry comes by a private link only.')
param closed bool

@description('Days that the logs are kept in a new workspace.')
param retentionDays int

@description('Addresses that Azure Monitor alerts when the guardian itself does not work as it should.')
param operatorEmails string[]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

var workspaceId = empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
    publicNetworkAccessForIngestion: closed ? 'Disabled' : 'Enabled'
  }
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'keyguardian'
    emailReceivers: [
      for (email, index) in operatorEmails: {
        name: 'operators-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

output workspaceId string = workspaceId
output componentId string = component.id
output actionGroupId string = actionGroup.id
@description('An address with an id. It admits nobody: local authentication is off.')
output connectionString string = component.properties.ConnectionString
