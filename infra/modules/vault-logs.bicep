metadata description = 'Sends the audit events of one guarded vault to the workspace, and to the Event Hub of its region where there is one.'

@description('The name of the deployment: the setting is called after it.')
param name string
param vaultName string
param workspaceId string

@description('Namespace rule that may send to the Event Hub; empty where none is used.')
param hubRuleId string
param hubName string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: name
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    eventHubAuthorizationRuleId: empty(hubRuleId) ? null : hubRuleId
    eventHubName: empty(hubRuleId) ? null : hubName
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}
