metadata description = 'Events of one source, a guarded vault or a subscription: those that are asked for are sent to a function.'

param location string
param tags object

@description('The name of the deployment: the event subscription is called after it.')
param name string

@description('The resource id of the source.')
param source string
param topicType 'Microsoft.KeyVault.vaults' | 'Microsoft.Resources.Subscriptions'

@description('What the source is called, in the names of its topic and of its alerts.')
param called string

@description('Name of the system topic that the source has already; empty to make one. Azure allows one for each source.')
param existingTopic string

@description('The function, and what it is sent.')
param functionName string
param filter object

@description('Identity under which Event Grid writes dead letters. An existing topic must have it.')
param eventsIdentityId string

param appId string
param deadLetterAccountId string
param actionGroupId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopic)) {
  name: '${called}-events'
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${eventsIdentityId}': {} } }
  properties: { source: source, topicType: topicType }
}

var topicName = empty(existingTopic) ? '${called}-events' : existingTopic

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  #disable-next-line use-parent-property // the topic may be one that is there already
  name: '${topicName}/${name}'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${appId}/functions/${functionName}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: filter
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

@description('A failed delivery is tried again for a day; each of these says that events do not reach the guardian in time.')
resource failures 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in ['DeliveryAttemptFailCount', 'DeadLetteredCount', 'DroppedEventCount']: {
    name: '${name}-${called}-${metric}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Events of ${called} do not reach Key Guardian. Its sweeps go on.'
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
