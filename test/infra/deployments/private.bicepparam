using '../../../infra/main.bicep'

// In a network of its own; the policy sends alerts to the webhook and to Event Grid as well.
param network = 'private'
param policy = {
  vaults: [{ name: 'contoso-disks' }]
  channels: ['webhook', 'event-grid', 'console']
}
