metadata description = 'A private endpoint for one service of one resource.'

param location string
param tags object
param name string
param subnetId string
param targetId string
param service string

@description('Id of the group that has the zones; empty where somebody else makes the records.')
param zoneGroupId string
param zones string[]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: name, properties: { privateLinkServiceId: targetId, groupIds: [service] } }
    ]
  }

  resource records 'privateDnsZoneGroups' = if (!empty(zoneGroupId)) {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        for zone in zones: {
          name: replace(zone, '.', '-')
          properties: { privateDnsZoneId: '${zoneGroupId}/providers/Microsoft.Network/privateDnsZones/${zone}' }
        }
      ]
    }
  }
}
