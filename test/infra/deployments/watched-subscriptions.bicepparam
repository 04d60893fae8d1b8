using '../../../infra/main.bicep'

// The watcher reads all vaults of each guarded subscription; one vault is in block.
param vaults = loadJsonContent('estate.json')
param policy = {
  vaults: [{ name: 'contoso-disks', mode: 'block' }, { name: 'contoso-sql' }, { name: 'contoso-dev' }]
}
param watcherScope = 'subscription'
