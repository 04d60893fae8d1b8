metadata description = 'The Event Hub that takes the audit events of the guarded vaults of one region. Diagnostic settings send to hubs of their own region only.'

param location string
param tags object
param name string
param hubName string

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    // Diagnostic settings send by a shared access rule, and by nothing else.
    disableLocalAuth: false
    isAutoInflateEnabled: true
    maximumThroughputUnits: 4
    minimumTlsVersion: '1.2'
  }

  resource hub 'eventhubs' = {
    name: hubName
    properties: {
      partitionCount: 2
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: 168 }
    }
  }

  // Azure Monitor asks for all three rights of a rule that a diagnostic setting names.
  resource rule 'authorizationRules' = {
    name: 'diagnostic-settings'
    properties: { rights: ['Listen', 'Manage', 'Send'] }
  }
}

output ruleId string = namespace::rule.id
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
