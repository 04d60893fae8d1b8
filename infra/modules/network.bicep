metadata description = 'The network of the guardian, and the zones that resolve the names of its private endpoints.'

param location string
param tags object
param name string

@description('Subnets of a network that is there already; empty strings to make a network.')
param appSubnetId string
param endpointSubnetId string

@description('Address space of a network that is made, at least a /26.')
param addressPrefix string

@description('False where the zones are those of another group, or whoever runs the network makes the records.')
param makesZones bool

@description('Names of the zones.')
param zones string[]

var isMade = empty(appSubnetId)

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = if (isMade) {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 27, 0)
          delegations: [{ name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 27, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = { name: 'app' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for each in zones: if (makesZones) {
    name: each
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (each, index) in zones: if (makesZones) {
    parent: zone[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: isMade ? network.id : join(take(split(appSubnetId, '/'), 9), '/') }
    }
  }
]

output appSubnetId string = isMade ? network::app.id : appSubnetId
output endpointSubnetId string = isMade ? network::endpoints.id : endpointSubnetId
