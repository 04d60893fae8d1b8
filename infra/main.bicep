targetScope = 'subscription'

metadata description = 'Key Guardian in a subscription of its own. Read it from top to bottom: each part needs only what is above it. Nothing here reaches a guarded vault: that is in `guarded.bicep`, deployed after the code.'

// What is guarded. `policy.json` says how, `vaults.json` says where: a change of either is a deployment, since rights go with it.

@description('The policy that is in the package. It says which vaults may have keys in block. Change the file, not the parameter, which is there for tests: `npm run connect` reads the file as well.')
param policy object = loadJsonContent('../policy.json')

@description('Every vault of the policy by its resource id, with its region; change the file here, too. `topic` names the system topic that it has already: give that topic the identity `<name>-events`.')
param vaults { id: string, location: string, topic: string? }[] = loadJsonContent('vaults.json')

// Names and places.

@description('Begins the name of every resource. Two guardians in one tenant need two names.')
@minLength(3)
@maxLength(16)
param name string = 'key-guardian'

@description('Region of the guardian. Best that of most guarded vaults.')
#disable-next-line no-hardcoded-location // a subscription has no region of its own to take
param location string = deployment().location

@description('Names that your naming convention asks for, in place of those made from `name`.')
param names {
  group: string?
  watcher: string?
  keeper: string?
  surveyor: string?
  events: string?
  workspace: string?
  component: string?
  actionGroup: string?
  register: string?
  trail: string?
  vault: string?
  topic: string?
  network: string?
  plan: string?
  app: string?
} = {}

@description('Tags of every resource.')
param tags { *: string } = {}

@description('Resource group that is there already; empty to make one.')
param existingResourceGroup string = ''

// Who is alerted, and what is logged.

@description('Addresses that Azure Monitor alerts when the guardian itself does not work. They do not depend on the app.')
param operatorEmails string[] = []

@description('True where the vault of the guardian has the secrets of a heartbeat to an address outside Azure.')
param heartbeatOutside bool = false

@description('Resource id of a Log Analytics workspace that is there already; empty to make one.')
param existingWorkspaceId string = ''

@description('Days that a new workspace keeps logs.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('What is done with the audit events of guarded vaults: workspace sends them to the workspace, where the app asks who changed a key; hub sends them to an Event Hub in each region as well, which is quicker; none leaves their diagnostic settings alone.')
param auditEvents 'none' | 'workspace' | 'hub' = 'workspace'

// Network.

@description('private: storage, vault and telemetry are reached by private endpoints only, and the app from its network only.')
param network 'public' | 'private' = 'public'

@description('How a private guardian is connected. Left out, it makes a network and zones of its own.')
param privateNetwork {
  @description('Address space of a network that is made, at least a /26. Default 10.90.0.0/26.')
  addressPrefix: string?

  @description('A subnet of yours, delegated to Microsoft.App/environments, and one for private endpoints.')
  appSubnetId: string?
  endpointSubnetId: string?

  @description('own (default): zones are made. central: zones of `centralDnsGroupId`. policy: your policies make the records.')
  dns: ('own' | 'central' | 'policy')?
  centralDnsGroupId: string?

  @description('Endpoints for the guarded vaults as well. Default true; false where the subnet reaches them already.')
  vaultEndpoints: bool?

  @description('A private link scope of Azure Monitor. Default true; false where the network has one: it can have only one.')
  monitorLink: bool?
} = {}

// People.

@description('Application (client) id of the app registration for which people get tokens of the guardian API. Left out, nobody steers it there.')
param apiClientId string = ''

// Size.

@description('Memory of an instance in MB.')
param instanceMemoryMB 512 | 2048 | 4096 = 2048

@description('Most instances of the app.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Major version of Node.')
param nodeVersion '22' | '24' = '24'

@description('Redundancy of both storage accounts.')
param storageSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_ZRS'

// Life.

@description('Days after its last append during which no part of the trail can be changed or deleted.')
@minValue(1)
@maxValue(3650)
param trailRetentionDays int = 365

@description('True once you have locked the policy of the trail: a template can no longer write it.')
param trailLocked bool = false

@description('True after `azd down`, for the next deployment under the same name: it brings the deleted vault of the guardian back.')
param recoverVault bool = false

@description('False for a deployer who may not assign roles: `npm run infra -- rights` writes what somebody else then runs.')
param assignRights bool = true

@description('Where the watcher gets its right to read: on each guarded vault, or once on each guarded subscription, with all vaults that it will ever have. Vaults that use access policies need `vault`.')
param watcherScope 'vault' | 'subscription' = 'vault'

@description('Further settings of the app by their names, such as KEY_GUARDIAN_SWEEP_SECONDS. None is a secret.')
param settings { *: string } = {}

// The queues and tables of the guardian, and the functions that must not wait for an instance.

var queues = ['sweeps', 'inspections', 'alerts', 'surveys']
var tables = [
  'claims'
  'keys'
  'vaults'
  'approvals'
  'holds'
  'incidents'
  'outbox'
  'intents'
  'schedule'
  'uses'
  'sets'
  'workspaces'
  'spool'
]
var signingKeyName = 'signing'
var alwaysReadyFunctions = ['sentry', 'sweep', 'inspect', 'alert']

// A vault without a place would get no right, one without a policy would get rights that nothing needs.
var placed = map(vaults, vault => toLower(last(split(vault.id, '/'))))
var named = map(policy.vaults, vault => toLower(vault.name))
var without = filter(union(named, placed), vault => !contains(named, vault) || !contains(placed, vault))

// Vaults that may have a key in block: with one of them functions are always ready twice.
var inBlock = !empty(without)
  ? fail('These vaults are in only one of policy.json and vaults.json: ${join(without, ', ')}')
  : filter(
      policy.vaults,
      vault =>
        (vault.?mode ?? 'alert') == 'block' || !empty(filter(
          vault.?keys ?? [],
          keys => (keys.?mode ?? 'alert') == 'block' && (keys.?guard ?? true)
        ))
    )

var hubRegions = auditEvents == 'hub'
  ? union(map(vaults, vault => toLower(replace(vault.location, ' ', ''))), [])
  : []
var hubName = 'key-vault-audit'

var suffix = take(uniqueString(subscription().id, name, location), 8)
var short = replace(name, '-', '')
var groupName = empty(existingResourceGroup) ? (names.?group ?? name) : existingResourceGroup
var watcherName = names.?watcher ?? '${name}-watcher'
var keeperName = names.?keeper ?? '${name}-keeper'
var surveyorName = names.?surveyor ?? '${name}-surveyor'
var eventsName = names.?events ?? '${name}-events'
var registerName = names.?register ?? '${take(short, 13)}reg${suffix}'
var trailName = names.?trail ?? '${take(short, 13)}trl${suffix}'
var vaultName = names.?vault ?? '${take(short, 15)}-${suffix}'
var componentName = names.?component ?? '${name}-app'
var actionGroupName = names.?actionGroup ?? '${name}-operators'
var workspaceName = names.?workspace ?? '${name}-logs'
var topicName = names.?topic ?? '${name}-alerts-${suffix}'
var appName = names.?app ?? '${name}-${suffix}'
var hubPrefix = '${name}-${suffix}'
var logsWorkspaceId = empty(existingWorkspaceId)
  ? resourceId(subscription().subscriptionId, groupName, 'Microsoft.OperationalInsights/workspaces', workspaceName)
  : existingWorkspaceId
var auditDestinations = auditEvents == 'none'
  ? []
  : concat(
      [logsWorkspaceId],
      map(
        hubRegions,
        region =>
          resourceId(
            subscription().subscriptionId,
            groupName,
            'Microsoft.EventHub/namespaces/authorizationRules',
            '${hubPrefix}-${region}',
            'diagnostic-settings'
          )
      )
    )
var sendsEvents = contains(policy.?channels ?? [], 'event-grid')
var isPrivate = network == 'private'
var hasVaultEndpoints = isPrivate && (privateNetwork.?vaultEndpoints ?? true)
var hasMonitorLink = isPrivate && (privateNetwork.?monitorLink ?? true)

// What is known of an identity before it is made: role assignments are named by it.
var watcherId = resourceId(
  subscription().subscriptionId,
  groupName,
  'Microsoft.ManagedIdentity/userAssignedIdentities',
  watcherName
)
var eventsId = resourceId(
  subscription().subscriptionId,
  groupName,
  'Microsoft.ManagedIdentity/userAssignedIdentities',
  eventsName
)

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = if (empty(existingResourceGroup)) {
  name: groupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    watcherName: watcherName
    keeperName: keeperName
    surveyorName: surveyorName
    eventsName: eventsName
  }
  dependsOn: [group]
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    componentName: componentName
    actionGroupName: actionGroupName
    existingWorkspaceId: existingWorkspaceId
    closed: hasMonitorLink
    retentionDays: logRetentionDays
    operatorEmails: operatorEmails
  }
  dependsOn: [group]
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    registerName: registerName
    trailName: trailName
    closed: isPrivate
    sku: storageSku
    queues: queues
    tables: tables
    trailRetentionDays: trailRetentionDays
    trailLocked: trailLocked
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: vaultName
    signingKeyName: signingKeyName
    closed: isPrivate
    recover: recoverVault
    workspaceId: monitoring.outputs.workspaceId
  }
}

// The trail in the workspace, and who may read there: a workspace that was there before is somebody else's to change.
module trailTable 'modules/trail-table.bicep' = if (empty(existingWorkspaceId)) {
  name: 'trail-table'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    ruleName: '${name}-trail'
    retentionDays: logRetentionDays
    assignRights: assignRights
    watcherId: watcherId
    watcherObjectId: identities.outputs.watcher.objectId
  }
  dependsOn: [monitoring]
}

// Alerts as events, for automation of your own.
module alertTopic 'modules/alert-topic.bicep' = if (sendsEvents) {
  name: 'alert-topic'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: topicName
    closed: isPrivate
    assignRights: assignRights
    watcherId: watcherId
    watcherObjectId: identities.outputs.watcher.objectId
  }
}

// A private guardian: names of its own services and of the guarded vaults lead to its own network.

var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var vaultZone = 'privatelink.vaultcore.azure.net'
var monitorZones = [
  'privatelink.monitor.azure.com'
  'privatelink.oms.opinsights.azure.com'
  'privatelink.ods.opinsights.azure.com'
  'privatelink.agentsvc.azure-automation.net'
]
var siteZone = 'privatelink.azurewebsites.net'
var topicZone = 'privatelink.eventgrid.azure.net'

var dns = privateNetwork.?dns ?? 'own'
// Empty where somebody else makes the records.
var zoneGroupId = dns == 'policy'
  ? ''
  : dns == 'central'
      ? (privateNetwork.?centralDnsGroupId ?? fail('privateNetwork: central zones need centralDnsGroupId'))
      : '${subscription().id}/resourceGroups/${groupName}'

module ownNetwork 'modules/network.bicep' = if (isPrivate) {
  name: 'network'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: names.?network ?? '${name}-network'
    appSubnetId: privateNetwork.?appSubnetId ?? ''
    endpointSubnetId: privateNetwork.?endpointSubnetId ?? ''
    addressPrefix: privateNetwork.?addressPrefix ?? '10.90.0.0/26'
    makesZones: dns == 'own'
    zones: [
      blobZone
      'privatelink.queue.${environment().suffixes.storage}'
      'privatelink.table.${environment().suffixes.storage}'
      vaultZone
      siteZone
      ...(hasMonitorLink ? monitorZones : [])
      ...(sendsEvents ? [topicZone] : [])
    ]
  }
  dependsOn: [group]
}

module registerEndpoints 'modules/private-endpoint.bicep' = [
  for service in ['blob', 'queue', 'table']: if (isPrivate) {
    name: 'endpoint-register-${service}'
    scope: resourceGroup(groupName)
    params: {
      location: location
      tags: tags
      name: '${registerName}-${service}'
      subnetId: ownNetwork!.outputs.endpointSubnetId
      targetId: storage.outputs.registerId
      service: service
      zoneGroupId: zoneGroupId
      zones: ['privatelink.${service}.${environment().suffixes.storage}']
    }
  }
]

module trailEndpoint 'modules/private-endpoint.bicep' = if (isPrivate) {
  name: 'endpoint-trail'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: '${trailName}-blob'
    subnetId: ownNetwork!.outputs.endpointSubnetId
    targetId: storage.outputs.trailId
    service: 'blob'
    zoneGroupId: zoneGroupId
    zones: [blobZone]
  }
}

module vaultEndpoint 'modules/private-endpoint.bicep' = if (isPrivate) {
  name: 'endpoint-vault'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: '${vaultName}-vault'
    subnetId: ownNetwork!.outputs.endpointSubnetId
    targetId: vault.outputs.id
    service: 'vault'
    zoneGroupId: zoneGroupId
    zones: [vaultZone]
  }
}

module topicEndpoint 'modules/private-endpoint.bicep' = if (isPrivate && sendsEvents) {
  name: 'endpoint-topic'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: '${topicName}-topic'
    subnetId: ownNetwork!.outputs.endpointSubnetId
    targetId: alertTopic!.outputs.id
    service: 'topic'
    zoneGroupId: zoneGroupId
    zones: [topicZone]
  }
}

module guardedEndpoints 'modules/private-endpoint.bicep' = [
  for each in hasVaultEndpoints ? vaults : []: {
    name: 'endpoint-${uniqueString(each.id)}'
    scope: resourceGroup(groupName)
    params: {
      location: location
      tags: tags
      name: '${name}-to-${last(split(each.id, '/'))}'
      subnetId: ownNetwork!.outputs.endpointSubnetId
      targetId: each.id
      service: 'vault'
      zoneGroupId: zoneGroupId
      zones: [vaultZone]
    }
  }
]

module monitorLink 'modules/monitor-link.bicep' = if (hasMonitorLink) {
  name: 'monitor-link'
  scope: resourceGroup(groupName)
  params: {
    tags: tags
    name: '${name}-monitor'
    workspaceId: monitoring.outputs.workspaceId
    componentId: monitoring.outputs.componentId
  }
}

module monitorEndpoint 'modules/private-endpoint.bicep' = if (hasMonitorLink) {
  name: 'endpoint-monitor'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: '${name}-monitor'
    subnetId: ownNetwork!.outputs.endpointSubnetId
    targetId: monitorLink!.outputs.id
    service: 'azuremonitor'
    zoneGroupId: zoneGroupId
    zones: [...monitorZones, blobZone]
  }
}

// Audit events: who changed a key.

module hubs 'modules/audit-hub.bicep' = [
  for region in hubRegions: {
    name: 'hub-${region}'
    scope: resourceGroup(groupName)
    params: { location: region, tags: tags, name: '${hubPrefix}-${region}', hubName: hubName }
    dependsOn: [group]
  }
]

// Rights on what is the guardian's own, before the app that needs them.

var secrets = loadJsonContent('secrets.json')
var secretSettings = flatten(map(
  [...(policy.?channels ?? ['console']), ...(heartbeatOutside ? ['heartbeat'] : [])],
  user => secrets[user]
))

module ownRights 'modules/own-rights.bicep' = if (assignRights) {
  name: 'own-rights'
  scope: resourceGroup(groupName)
  params: {
    registerName: registerName
    trailName: trailName
    componentName: componentName
    vaultName: vaultName
    signingKeyName: signingKeyName
    name: name
    readsSecrets: !empty(secretSettings)
    watcherId: watcherId
    watcherObjectId: identities.outputs.watcher.objectId
    eventsId: eventsId
    eventsObjectId: identities.outputs.events.objectId
  }
  dependsOn: [storage, vault]
}

module hubRights 'modules/hub-rights.bicep' = [
  for region in hubRegions: if (assignRights) {
    name: 'hub-rights-${region}'
    scope: resourceGroup(groupName)
    params: {
      namespaceName: '${hubPrefix}-${region}'
      hubName: hubName
      watcherId: watcherId
      watcherObjectId: identities.outputs.watcher.objectId
    }
    dependsOn: [hubs]
  }
]

// The app.

module app 'modules/app.bicep' = {
  name: 'app'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    planName: names.?plan ?? '${name}-plan'
    appName: appName
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: empty(inBlock) ? 1 : 2
    alwaysReadyFunctions: alwaysReadyFunctions
    nodeVersion: nodeVersion
    packageEndpoint: storage.outputs.registerEndpoints.blob
    watcherId: identities.outputs.watcher.id
    keeperId: identities.outputs.keeper.id
    surveyorId: identities.outputs.surveyor.id
    subnetId: isPrivate ? ownNetwork!.outputs.appSubnetId : ''
    settings: concat(
      [
        // The host's own storage, and its telemetry.
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: identities.outputs.watcher.clientId }
        { name: 'AzureWebJobsStorage__blobServiceUri', value: storage.outputs.registerEndpoints.blob }
        { name: 'AzureWebJobsStorage__queueServiceUri', value: storage.outputs.registerEndpoints.queue }
        { name: 'AzureWebJobsStorage__tableServiceUri', value: storage.outputs.registerEndpoints.table }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: monitoring.outputs.connectionString }
        {
          name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
          value: 'ClientId=${identities.outputs.watcher.clientId};Authorization=AAD'
        }
        // The identity of the app's own storage clients.
        { name: 'AZURE_CLIENT_ID', value: identities.outputs.watcher.clientId }
        // The connection of the queue triggers, and of the app itself.
        { name: 'RegisterStorage__credential', value: 'managedidentity' }
        { name: 'RegisterStorage__clientId', value: identities.outputs.watcher.clientId }
        { name: 'RegisterStorage__blobServiceUri', value: storage.outputs.registerEndpoints.blob }
        { name: 'RegisterStorage__queueServiceUri', value: storage.outputs.registerEndpoints.queue }
        { name: 'RegisterStorage__tableServiceUri', value: storage.outputs.registerEndpoints.table }
        { name: 'TrailStorage__blobServiceUri', value: storage.outputs.trailBlobEndpoint }
        { name: 'KEY_GUARDIAN_WATCHER_CLIENT_ID', value: identities.outputs.watcher.clientId }
        { name: 'KEY_GUARDIAN_WATCHER_OBJECT_ID', value: identities.outputs.watcher.objectId }
        { name: 'KEY_GUARDIAN_KEEPER_CLIENT_ID', value: identities.outputs.keeper.clientId }
        { name: 'KEY_GUARDIAN_KEEPER_OBJECT_ID', value: identities.outputs.keeper.objectId }
        { name: 'KEY_GUARDIAN_SURVEYOR_CLIENT_ID', value: identities.outputs.surveyor.clientId }
        { name: 'KEY_GUARDIAN_TENANT_ID', value: tenant().tenantId }
        { name: 'KEY_GUARDIAN_SIGNING_KEY', value: '${vault.outputs.uri}keys/${signingKeyName}' }
        { name: 'KEY_GUARDIAN_AUDIT_REGIONS', value: join(hubRegions, ',') }
        { name: 'KEY_GUARDIAN_AUDIT_HUB', value: hubName }
        // What surveys look for: where `guarded.bicep` has each vault send its events, and its audit events.
        {
          name: 'KEY_GUARDIAN_APP_RESOURCE'
          value: resourceId(subscription().subscriptionId, groupName, 'Microsoft.Web/sites', appName)
        }
      ],
      empty(auditDestinations)
        ? []
        : [{ name: 'KEY_GUARDIAN_AUDIT_DESTINATIONS', value: join(auditDestinations, ',') }],
      empty(existingWorkspaceId)
        ? [
            { name: 'KEY_GUARDIAN_TRAIL_ENDPOINT', value: trailTable!.outputs.endpoint }
            { name: 'KEY_GUARDIAN_TRAIL_RULE', value: trailTable!.outputs.ruleId }
            // The diagnostic settings of guarded vaults send to it.
            { name: 'KEY_GUARDIAN_WORKSPACES', value: auditEvents == 'none' ? '' : trailTable!.outputs.workspaceId }
          ]
        : [],
      empty(apiClientId)
        ? []
        : [
            { name: 'KEY_GUARDIAN_API_CLIENT_ID', value: apiClientId }
            { name: 'KEY_GUARDIAN_API_URL', value: 'https://${appName}.azurewebsites.net' }
          ],
      sendsEvents ? [{ name: 'KEY_GUARDIAN_EVENT_GRID_TOPIC', value: alertTopic!.outputs.endpoint }] : [],
      flatten(map(hubRegions, region => [
        {
          name: 'AuditLog_${region}__fullyQualifiedNamespace'
          value: '${hubPrefix}-${region}.servicebus.windows.net'
        }
        { name: 'AuditLog_${region}__credential', value: 'managedidentity' }
        { name: 'AuditLog_${region}__clientId', value: identities.outputs.watcher.clientId }
      ])),
      map(secretSettings, setting => {
        name: setting
        value: '@Microsoft.KeyVault(SecretUri=${vault.outputs.uri}secrets/${toLower(replace(setting, '_', '-'))})'
      }),
      map(items(settings), setting => { name: setting.key, value: setting.value })
    )
  }
  dependsOn: [ownRights, hubRights, registerEndpoints, trailEndpoint, vaultEndpoint, topicEndpoint, guardedEndpoints]
}

module appEndpoint 'modules/private-endpoint.bicep' = if (isPrivate) {
  name: 'endpoint-app'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: '${appName}-site'
    subnetId: ownNetwork!.outputs.endpointSubnetId
    targetId: app.outputs.appId
    service: 'sites'
    zoneGroupId: zoneGroupId
    zones: [siteZone]
  }
}

// What alerts people of the guardian itself.

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: resourceGroup(groupName)
  params: {
    location: location
    tags: tags
    name: name
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    appName: app.outputs.appName
    lock: assignRights
  }
}

// What people and pipelines need next.

output AZURE_RESOURCE_GROUP string = groupName
output KEY_GUARDIAN_APP_NAME string = app.outputs.appName
output KEY_GUARDIAN_ADDRESS string = app.outputs.address
output KEY_GUARDIAN_VAULT_NAME string = vault.outputs.name
output KEY_GUARDIAN_TRAIL_NAME string = storage.outputs.trailName

@description('Where `npm run connect` deploys `guarded.bicep`, and with which parameters besides the vaults: azd keeps outputs in the environment, which is too small for a thousand vaults.')
output KEY_GUARDIAN_GUARDED object = {
  subscriptionId: subscription().subscriptionId
  location: location
  parameters: {
    name: name
    auditEvents: auditEvents
    assignRights: assignRights
    watcherScope: watcherScope
    tags: tags
    resourceGroupName: groupName
    watcherName: watcherName
    keeperName: keeperName
    surveyorName: surveyorName
    // Vaults that are found there are guarded.
    subscriptions: policy.?subscriptions ?? []
    eventsName: eventsName
    registerName: registerName
    appName: appName
    actionGroupName: actionGroupName
    workspaceId: logsWorkspaceId
    hubName: hubName
    hubPrefix: hubPrefix
  }
}
