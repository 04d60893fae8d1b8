using '../../../infra/main.bicep'

// Three vaults in two regions and two subscriptions: one in block with a rotation schedule that updates sets, one with some keys in block, one in alert. A third
// subscription in which vaults are found.
param vaults = loadJsonContent('estate.json')
param policy = {
  vaults: [
    { name: 'contoso-disks', mode: 'block', rotation: { every: 'P90D', notifyBefore: 'P30D', sets: 'update' } }
    {
      name: 'contoso-sql'
      keys: [
        { pattern: 'scratch-*', guard: false, mode: 'block' }
        { pattern: 'disk-*', mode: 'block' }
      ]
    }
    { name: 'contoso-dev', keys: [{ pattern: 'scratch-*', guard: false, mode: 'block' }] }
  ]
  subscriptions: ['66666666-6666-4666-8666-666666666666']
  channels: ['console', 'teams', 'pagerduty', 'slack', 'event-grid', 'webhook']
}
param auditEvents = 'hub'
param operatorEmails = ['operators@contoso.example']
param heartbeatOutside = true
param apiClientId = '55555555-0000-4000-8000-000000000005'
param settings = {
  KEY_GUARDIAN_SWEEP_SECONDS: '60'
  KEY_GUARDIAN_TEAMS_AUDIENCE: 'https://service.flow.microsoft.com/'
  KEY_GUARDIAN_PAGERDUTY_URL: 'https://events.eu.pagerduty.com/v2/enqueue'
}
