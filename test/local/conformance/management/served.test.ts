import { expect, test } from 'vitest';
import { managementServed } from '../../../../local/conformance/management/served.ts';
import { exchangeOf } from '../recorded.ts';

const group = 'https://management.azure.com/subscriptions/s/resourceGroups/g/providers';
const error = (code: string) => ({ error: { code, message: 'It is so.' } });

test.each([
  ['GET', '/Microsoft.Compute/diskEncryptionSets/one', 200, ''],
  ['PATCH', '/Microsoft.Compute/diskEncryptionSets/one', 202, ''],
  ['GET', '/Microsoft.Compute/diskEncryptionSets/one/associatedResources', 200, ''],
  ['GET', '/Microsoft.KeyVault/vaults', 200, ''],
  ['GET', '/Microsoft.Authorization/locks', 200, ''],
  ['GET', '/Microsoft.Web/sites/one', 404, error('ResourceNotFound')],
  ['GET', '/Microsoft.Web/sites/one', 403, error('AuthorizationFailed')],
] as const)('%s of %s answered %i is served', (method, path, status, body) => {
  expect(managementServed(exchangeOf({ method, url: `${group}${path}`, status, body }))).toEqual({ kind: 'served' });
});

test.each([
  ['PUT', '/Microsoft.Compute/diskEncryptionSets/one', 201, '', 'PUT before 2019-11-01: it was done at once'],
  ['PUT', '/Microsoft.KeyVault/vaults/one', 200, '', 'PUT of Microsoft.KeyVault/vaults: no feature calls it'],
  ['GET', '/Microsoft.Web/sites/one', 200, '', 'type Microsoft.Web/sites'],
  ['GET', '/Microsoft.Compute/virtualMachines/one?$expand=instanceView', 200, '', 'the expansion instanceView'],
  ['GET', '/Microsoft.KeyVault/vaults/one', 200, { systemData: {} }, 'systemData: who made it is not played'],
  ['PUT', '/Microsoft.Compute/disks/one', 429, error('RetryableError'), 'status 429 RetryableError'],
  ['GET', '/Microsoft.Compute/disks/one', 400, { code: 'BadRequest' }, 'status 400 without a code'],
] as const)('%s of %s answered %i is not, with %j: %s', (method, path, status, body, because) => {
  const served = managementServed(exchangeOf({ method, url: `${group}${path}`, status, body }));
  expect(served).toEqual({ kind: 'not-served', because });
});
