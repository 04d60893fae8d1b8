metadata description = 'Events of one guarded vault: each new version of a key is sent to the function `key-vault-event`.'

param location string
param tags object

@description('The name of the deployment: the subscription is called after it.')
param name string
param vaultName string

@description('Name of the system topic that the vault has already; empty to make one. Azure allows one for each vault.')
param existingTopic string

@description('Identity under which Event Grid writes dead letters. An existing topic must have it.')
param eventsIdentityId string

param appId string
param deadLetterAccountId string
param actionGroupId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopic)) {
  name: '${vaultName}-events'
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${eventsIdentityId}': {} } }
  properties: { source: vault.id, topicType: 'Microsoft.KeyVault.vaults' }
}

var topicName = empty(existingTopic) ? '${vaultName}-events' : existingTopic

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  #disable-next-line use-parent-property // the topic may be one that is there already
  name: '${topicName}/${name}'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${appId}/functions/key-vault-event'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: { includedEventTypes: ['Microsoft.KeyVault.KeyNewVersionCreated'] }
    retryPolicy: { eventTimeToLiveInMinutes: 1440, maxDeliveryAttempts: 30 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: eventsIdentityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: deadLetterAccountId, blobContainerName: 'dead-letters' }
      }
    }
  }
  dependsOn: [topic]
}

@description('A failed delivery is tried again for a day; each of these says that new versions do not reach the guardian in time.')
resource failures 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in ['DeliveryAttemptFailCount', 'DeadLetteredCount', 'DroppedEventCount']: {
    name: '${name}-${vaultName}-${metric}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Events of ${vaultName} do not reach Key Guardian. Its sweeps go on.'
      severity: 2
      enabled: true
      scopes: [resourceId('Microsoft.EventGrid/systemTopics', topicName)]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: metric
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
            // A metric is there from its first value on.
            skipMetricValidation: true
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
    dependsOn: [topic]
  }
]
