const disks = [
  ...['2026-03-02', '2025-01-02', '2024-03-02', '2023-10-02', '2023-04-02', '2023-01-02', '2022-07-02', '2022-03-02'],
  ...['2021-12-01', '2021-08-01', '2021-04-01', '2020-12-01', '2020-09-30', '2020-06-30', '2020-05-01', '2019-11-01'],
  '2019-07-01',
];
const olderDisks = ['2019-03-01', '2018-09-30', '2018-06-01', '2018-04-01', '2017-03-30'];
const machines = [
  ...['2026-04-01', '2025-04-01', '2024-11-01', '2024-07-01', '2024-03-01', '2023-09-01', '2023-07-01', '2023-03-01'],
  ...['2022-11-01', '2022-08-01', '2022-03-01', '2021-11-01', '2021-07-01', '2021-04-01', '2021-03-01', '2020-12-01'],
  ...['2020-06-01', '2019-12-01', '2019-07-01', '2019-03-01', '2018-10-01', '2018-06-01', '2018-04-01', '2017-12-01'],
];
const vaults = [
  ...['2026-04-01', '2026-02-01', '2025-05-01', '2024-11-01', '2023-07-01', '2023-02-01', '2022-07-01', '2021-10-01'],
  ...['2021-04-01-preview', '2019-09-01', '2018-02-14', '2016-10-01', '2015-06-01'],
];
const eventGrid = ['2025-02-15', '2022-06-15', '2021-12-01'];
const vaultKeys = vaults.slice(0, -4);

/**
 * The api-versions of each type of resource, in lower case, that the local Azure serves, newest first.
 * @see https://learn.microsoft.com/azure/templates/
 */
const apiVersions: Readonly<Record<string, readonly string[]>> = {
  'microsoft.compute/diskencryptionsets': disks,
  'microsoft.compute/diskencryptionsets/associatedresources': disks,
  'microsoft.compute/locations/diskoperations': [...disks, ...olderDisks],
  'microsoft.compute/disks': [...disks, ...olderDisks],
  'microsoft.compute/snapshots': [...disks, ...olderDisks],
  'microsoft.compute/images': machines,
  'microsoft.compute/virtualmachines': machines,
  'microsoft.compute/virtualmachinescalesets': machines,
  'microsoft.keyvault/vaults': vaults,
  'microsoft.keyvault/deletedvaults': vaults,
  'microsoft.keyvault/locations/deletedvaults': vaults,
  'microsoft.keyvault/locations/deletedvaults/purge': vaults,
  'microsoft.keyvault/locations/operationresults': vaults,
  'microsoft.managedidentity/userassignedidentities': ['2024-11-30', '2023-01-31', '2022-01-31-preview', '2018-11-30'],
  'microsoft.keyvault/vaults/keys': vaultKeys,
  'microsoft.keyvault/vaults/keys/versions': vaultKeys,
  // The stable version before it is an older shape, without categories.
  'microsoft.insights/diagnosticsettings': ['2021-05-01-preview'],
  'microsoft.eventgrid/systemtopics': eventGrid,
  'microsoft.eventgrid/systemtopics/eventsubscriptions': eventGrid,
  'microsoft.authorization/locks': ['2020-05-01', '2017-04-01', '2016-09-01', '2015-01-01'],
  'microsoft.authorization/roleassignments': [
    ...['2022-04-01', '2020-10-01-preview', '2020-04-01-preview', '2018-09-01-preview', '2018-01-01-preview'],
    '2015-07-01',
  ],
  'microsoft.resourcegraph/resources': ['2024-04-01', '2022-10-01', '2021-03-01', '2019-04-01'],
  'microsoft.authorization/roledefinitions': ['2022-04-01', '2018-07-01', '2018-01-01-preview', '2015-07-01'],
};

/** Those of a type; undefined where the local Azure has no such type. */
export const apiVersionsOf = (type: string): readonly string[] | undefined => apiVersions[type.toLowerCase()];

/** Those of what Resource Manager itself serves: subscriptions. */
export const managementApiVersions: readonly string[] = [
  ...['2025-04-01', '2022-12-01', '2021-01-01', '2020-01-01', '2019-11-01', '2019-06-01', '2018-06-01', '2016-06-01'],
];
