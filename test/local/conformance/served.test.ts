import { expect, test } from 'vitest';
import { servedOf } from '../../../local/conformance/served.ts';
import { exchangeOf } from './recorded.ts';

const vault = 'https://one.vault.azure.net';
const version = '0123456789abcdef0123456789abcdef';

test.each([
  ['GET', `${vault}/keys?api-version=7.5`, 200],
  ['GET', `${vault}/keys/disk/?api-version=7.5`, 200],
  ['GET', `${vault}/keys/disk?api-version=7.5`, 404],
  ['GET', `${vault}/keys/disk/${version}?api-version=7.5`, 200],
  ['GET', `${vault}/keys/disk/versions?api-version=7.5`, 200],
  ['GET', `${vault}/storage?api-version=7.0`, 401],
  ['POST', `${vault}/keys/disk/create?api-version=7.5`, 401],
])('%s %s answered %i is served', (method, url, status) => {
  expect(servedOf(exchangeOf({ method, url, status }))).toEqual({ kind: 'served' });
});

test.each([
  ['GET', 'https://management.azure.com/subscriptions', 401, 'host management.azure.com'],
  ['GET', 'https://one.vault.azure.net.example/keys', 200, 'host one.vault.azure.net.example'],
  ['GET', `${vault}/secrets?api-version=7.3`, 200, 'vault resource secrets'],
  ['GET', `${vault}/keys/disk/rotationpolicy?api-version=7.4`, 200, 'vault resource rotationpolicy'],
  ['DELETE', `${vault}/keys/disk?api-version=7.5`, 200, 'DELETE: what was there before it is not recorded'],
  ['PATCH', `${vault}/keys/disk?api-version=7.5`, 200, 'PATCH: its body is lost and not told'],
])('%s %s answered %i is not, for its %s', (method, url, status, because) => {
  expect(servedOf(exchangeOf({ method, url, status }))).toEqual({ kind: 'not-served', because });
});

test('a PATCH is served when the recorder told what it sent', () => {
  const what = 'PATCH enables a key; the client asked for attributes.enabled true and nothing else.';
  expect(servedOf(exchangeOf({ what, method: 'PATCH', url: `${vault}/keys/disk/?api-version=7.5` })).kind).toBe(
    'served',
  );
});
