using '../../../infra/main.bicep'

// In a network of its own; the policy sends alerts to the webhook as well.
param network = 'private'
param policy = {
  vaults: [{ name: 'contoso-disks' }]
  channels: ['webhook', 'console']
}
