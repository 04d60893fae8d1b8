targetScope = 'subscription'

metadata description = 'The custom roles of one guarded subscription, with exactly the actions of `roles.json`.'

@description('The name of the deployment: two guardians of one subscription have roles of their own.')
param name string

@description('True where a vault of this subscription is in block.')
param block bool

@description('True where the guardian may rotate keys of a vault of this subscription.')
param rotate bool

@description('True where the guardian may point disk encryption sets at new versions of their keys.')
param updateSets bool

var roles = loadJsonContent('../roles.json').identities

resource watcher 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'watcher')
  properties: {
    roleName: 'Key Guardian watcher (${name}, ${subscription().subscriptionId})'
    description: 'Reads keys and deleted keys.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: map(roles.watcher.actions, each => each.action)
        dataActions: map(roles.watcher.dataActions, each => each.action)
      }
    ]
  }
}

resource surveyor 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'surveyor')
  properties: {
    roleName: 'Key Guardian surveyor (${name}, ${subscription().subscriptionId})'
    description: 'Reads what hangs on keys.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: map(roles.surveyor.actions, each => each.action)
        dataActions: map(roles.surveyor.dataActions, each => each.action)
      }
    ]
  }
}

resource keeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (block) {
  name: guid(subscription().id, name, 'keeper')
  properties: {
    roleName: 'Key Guardian keeper (${name}, ${subscription().subscriptionId})'
    description: 'Recovers keys, and puts approved attributes back.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: map(roles.keeper.actions, each => each.action)
        dataActions: map(roles.keeper.dataActions, each => each.action)
      }
    ]
  }
}

resource rotator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (rotate) {
  name: guid(subscription().id, name, 'rotator')
  properties: {
    roleName: 'Key Guardian rotator (${name}, ${subscription().subscriptionId})'
    description: 'Rotates keys, and sets their rotation policies.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: map(roles.rotator.actions, each => each.action)
        dataActions: map(roles.rotator.dataActions, each => each.action)
      }
    ]
  }
}

resource updater 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (updateSets) {
  name: guid(subscription().id, name, 'updater')
  properties: {
    roleName: 'Key Guardian updater (${name}, ${subscription().subscriptionId})'
    description: 'Points disk encryption sets at new versions of their keys.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: map(roles.updater.actions, each => each.action)
        dataActions: []
      }
    ]
  }
}
