metadata description = 'Where the trail arrives in the workspace of the guardian: its table, the data collection rule that takes the records, a function that gives each once, and a workbook.'

param location string
param tags object
param workspaceName string
param ruleName string

@description('Days that the table keeps the records; the trail itself keeps them in its storage.')
param retentionDays int

@description('False for a deployer who may not assign roles.')
param assignRights bool
param watcherId string
param watcherObjectId string

var table = loadJsonContent('../audit-table.json')
var own = loadJsonContent('../roles.json').own

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource auditTable 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = {
  parent: workspace
  name: table.name
  properties: {
    plan: 'Analytics'
    retentionInDays: retentionDays
    totalRetentionInDays: retentionDays
    schema: { name: table.name, columns: table.columns }
  }
}

// Its endpoint is its own, by its kind: an endpoint cannot be added later.
resource rule 'Microsoft.Insights/dataCollectionRules@2024-03-11' = {
  name: ruleName
  location: location
  tags: tags
  kind: 'Direct'
  properties: {
    streamDeclarations: {
      'Custom-${table.name}': {
        columns: map(table.columns, column => { name: column.name, type: toLower(column.type) })
      }
    }
    destinations: { logAnalytics: [{ name: 'workspace', workspaceResourceId: workspace.id }] }
    dataFlows: [
      {
        streams: ['Custom-${table.name}']
        destinations: ['workspace']
        transformKql: 'source'
        // The table has to be there before the rule.
        outputStream: 'Custom-${auditTable.name}'
      }
    ]
  }
}

resource recordsOnce 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = {
  parent: workspace
  name: 'key-guardian-audit'
  properties: {
    category: 'Key Guardian'
    displayName: 'Records of the trail, each once'
    functionAlias: 'KeyGuardianAudit'
    query: loadTextContent('../queries/records-once.kql')
    version: 2
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'key-guardian')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Key Guardian'
    category: 'workbook'
    sourceId: workspace.id
    serializedData: replace(loadTextContent('../workbook.json'), '__WORKSPACE__', workspace.id)
  }
}

resource onRule 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRights) {
  scope: rule
  name: guid(rule.id, watcherId, own.trailTable.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.trailTable.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

resource onWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (assignRights) {
  scope: workspace
  name: guid(workspace.id, watcherId, own.workspace.id)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', own.workspace.id)
    principalId: watcherObjectId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = rule.properties.endpoints.logsIngestion
output ruleId string = rule.properties.immutableId
output workspaceId string = workspace.properties.customerId
