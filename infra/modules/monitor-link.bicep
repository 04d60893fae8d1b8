metadata description = 'Takes telemetry into the workspace over a private endpoint. One link scope serves a whole network: leave it out where the network has one.'

param tags object
param name string
param workspaceId string
param componentId string

resource linkScope 'Microsoft.Insights/privateLinkScopes@2021-07-01-preview' = {
  name: name
  location: 'global'
  tags: tags
  properties: { accessModeSettings: { ingestionAccessMode: 'PrivateOnly', queryAccessMode: 'Open' } }

  resource workspace 'scopedResources' = {
    name: 'workspace'
    properties: { linkedResourceId: workspaceId }
  }

  resource component 'scopedResources' = {
    name: 'component'
    properties: { linkedResourceId: componentId }
  }
}

output id string = linkScope.id
