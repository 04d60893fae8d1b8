metadata description = 'Azure Monitor watches the guardian: these rules need neither the app nor its storage.'

param location string
param tags object
param name string
param workspaceId string
param actionGroupId string

@description('Name under which the app is logged.')
param appName string

@description('False where a deployer may not make locks: the hand-over has it.')
param lock bool

var rules = [
  {
    name: 'heartbeat'
    displayName: 'Key Guardian: no heartbeat'
    description: 'For fifteen minutes no vault was swept, or the guardian did not run. Keys are neither watched nor restored. See docs/runbook.md, "No heartbeat".'
    severity: 0
    query: loadTextContent('../queries/heartbeat.kql')
    operator: 'LessThan'
    threshold: 1
    window: 'PT15M'
  }
  {
    name: 'failures'
    displayName: 'Executions of Key Guardian fail'
    description: 'More than ten executions failed within fifteen minutes.'
    severity: 1
    query: loadTextContent('../queries/failures.kql')
    operator: 'GreaterThan'
    threshold: 10
    window: 'PT15M'
  }
]

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.displayName
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      // The table is made with the first record, after this rule.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: replace(rule.query, '__APP__', appName)
            metricMeasureColumn: 'executions'
            timeAggregation: 'Total'
            operator: any(rule.operator)
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]

@description('Changes to what the guardian is made of. A deployment of yours is one as well.')
resource changed 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${name}-changed'
  location: 'global'
  tags: tags
  properties: {
    description: 'The app, its settings, its identities, its storage, its vault or a right on one of them was changed or deleted.'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { field: 'status', equals: 'Succeeded' }
        {
          anyOf: map(
            [
              'Microsoft.Authorization/locks/delete'
              'Microsoft.Authorization/roleAssignments/delete'
              'Microsoft.Authorization/roleAssignments/write'
              'Microsoft.Insights/diagnosticSettings/delete'
              'Microsoft.Insights/scheduledQueryRules/delete'
              'Microsoft.KeyVault/vaults/delete'
              'Microsoft.KeyVault/vaults/write'
              'Microsoft.ManagedIdentity/userAssignedIdentities/delete'
              'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'
              'Microsoft.Storage/storageAccounts/delete'
              'Microsoft.Storage/storageAccounts/write'
              'Microsoft.Web/sites/config/write'
              'Microsoft.Web/sites/delete'
              'Microsoft.Web/sites/stop/action'
              'Microsoft.Web/sites/write'
            ],
            operation => { field: 'operationName', equals: operation }
          )
        }
      ]
    }
    actions: { actionGroups: [{ actionGroupId: actionGroupId }] }
  }
}

resource noDeletion 'Microsoft.Authorization/locks@2020-05-01' = if (lock) {
  name: '${name}-lock'
  properties: {
    level: 'CanNotDelete'
    notes: 'Without these resources no guarded key is watched or restored. Remove the lock before the guardian is removed.'
  }
}
