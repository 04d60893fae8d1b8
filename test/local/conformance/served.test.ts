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
  ['GET', `${vault}/keys/disk/rotationpolicy?api-version=7.4`, 200],
  ['GET', `${vault}/keys/a_b?api-version=7.5`, 400],
  ['DELETE', `${vault}/keys/disk?api-version=7.5`, 200],
  ['DELETE', `${vault}/keys/disk?api-version=7.5`, 404],
  ['GET', `${vault}/deletedkeys?api-version=7.5`, 200],
  ['GET', `${vault}/deletedkeys/disk?api-version=7.5`, 404],
  ['POST', `${vault}/deletedkeys/disk/recover?api-version=7.5`, 200],
  ['DELETE', `${vault}/deletedkeys/disk?api-version=7.5`, 204],
  ['DELETE', `${vault}/deletedkeys/disk?api-version=7.5`, 403],
  ['GET', `${vault}/storage?api-version=7.0`, 401],
  ['POST', `${vault}/keys/disk/create?api-version=7.5`, 401],
])('%s %s answered %i is served', (method, url, status) => {
  expect(servedOf(exchangeOf({ method, url, status }))).toEqual({ kind: 'served' });
});

test.each([
  ['GET', 'https://management.azure.com/subscriptions', 401, 'host management.azure.com'],
  ['GET', 'https://one.vault.azure.net.example/keys', 200, 'host one.vault.azure.net.example'],
  ['GET', `${vault}/secrets?api-version=7.3`, 200, 'vault resource secrets'],
  ['PUT', `${vault}/keys/disk/rotationpolicy?api-version=7.4`, 200, 'PUT: what was there before it is not recorded'],
  ['PUT', `${vault}/keys/disk?api-version=7.5`, 200, 'PUT: what was there before it is not recorded'],
  ['POST', `${vault}/keys/disk/create?api-version=7.5`, 200, 'vault resource create'],
  ['GET', `${vault}/keys/disk?api-version=7.5`, 403, 'status 403: what led to it is not recorded'],
  ['DELETE', `${vault}/keys/disk?api-version=7.5`, 409, 'status 409: what led to it is not recorded'],
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

test.each([
  ['{"attributes":{}} was recorded', { attributes: {} }, 'served'],
  ['its body is in another form', { attributes: 'on' }, 'not-served'],
] as const)('a PATCH where %s', (_what, sent, kind) => {
  expect(servedOf(exchangeOf({ method: 'PATCH', url: `${vault}/keys/disk?api-version=7.5`, sent })).kind).toBe(kind);
});

test.each([
  ['an empty page of deleted keys', 'served', 'deletedkeys', '', 0],
  ['a full page of deleted keys', 'served', 'deletedkeys', '', 25],
  ['a page of versions as full as was asked for', 'served', 'keys/disk/versions', '&maxresults=2', 2],
  ['a page of deleted keys that left rows out', 'not-served', 'deletedkeys', '', 24],
  ['a page of versions that left rows out', 'not-served', 'keys/disk/versions', '&maxresults=2', 1],
  ['a page of keys that left deleted ones out', 'served', 'keys', '', 24],
])('%s with another behind it is %s', (_what, kind, path, size, count) => {
  const body = { value: Array.from({ length: count }, () => ({})), nextLink: `${vault}:443/${path}` };
  expect(servedOf(exchangeOf({ url: `${vault}/${path}?api-version=7.5${size}`, body })).kind).toBe(kind);
});
