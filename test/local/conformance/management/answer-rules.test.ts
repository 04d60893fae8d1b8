import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WireResponse } from '../../../../local/azure/types.ts';
import { managementRules } from '../../../../local/conformance/management/answer-rules.ts';
import { managedAzure, managing, SUB, set } from '../../azure/resource-manager/managed.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-shapes-'));
  const shape = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      ...{
        id: { type: 'string' },
        name: { type: 'string' },
        location: { type: 'string' },
        identity: { type: 'object' },
      },
      type: { const: 'Microsoft.Compute/diskEncryptionSets' },
      properties: { type: 'object', properties: { activeKey: {}, encryptionType: { type: 'string' } } },
    },
    additionalProperties: false,
    required: ['id', 'name', 'type'],
  };
  await writeFile(join(folder, 'Microsoft.Compute.diskEncryptionSets.2026-03-02.json'), JSON.stringify(shape));
  await writeFile(join(folder, 'README.md'), 'No shape.');
});
afterEach(() => rm(folder, { recursive: true }));

const path = set('set-one').id;
const url = `https://management.azure.com${path}?api-version=2024-03-02`;
const listUrl = `https://management.azure.com/subscriptions/${SUB}/providers/Microsoft.Compute/diskEncryptionSets?api-version=2024-03-02`;

async function answered(asked: string, change: (response: WireResponse) => WireResponse, identity = 'reader') {
  const response = await managing(managedAzure(), identity)('GET', asked);
  return managementRules(folder)({ method: 'GET', url: asked, headers: {}, body: '' }, change(response));
}

/** The answer with another body, of the right length. */
const withBody =
  (edit: (body: string) => string) =>
  (response: WireResponse): WireResponse => {
    const body = edit(response.body);
    return { ...response, body, headers: { ...response.headers, 'content-length': String(Buffer.byteLength(body)) } };
  };
const withHeaders =
  (headers: Readonly<Record<string, string>>) =>
  (response: WireResponse): WireResponse => ({
    ...response,
    headers: { ...response.headers, ...headers },
  });

test.each([
  ['a resource', url, 'reader'],
  ['a list', listUrl, 'reader'],
  ['a refusal', url, 'stranger'],
])('%s of the local Azure is as published', async (_what, asked, identity) => {
  expect(await answered(asked, (response) => response, identity)).toEqual([]);
});

test.each<[string, string, (response: WireResponse) => WireResponse, string]>([
  [
    'an invented member',
    url,
    withBody((body) => body.replace('"location"', '"place"')),
    'body: must NOT have additional properties',
  ],
  [
    'an invented member in a list',
    listUrl,
    withBody((body) => body.replace('"location"', '"place"')),
    'body: must NOT have additional properties',
  ],
  [
    'a member of another type',
    url,
    withBody((body) => body.replace('"EncryptionAtRestWithCustomerKey"', '7')),
    'body/properties/encryptionType: must be string',
  ],
  [
    'another resource',
    url,
    withBody((body) => body.replace('diskEncryptionSets/set-one', 'diskEncryptionSets/set-two')),
    'body.id:',
  ],
  ['no JSON', url, withBody(() => 'sorry'), 'body: is not JSON'],
  ['another layout', url, withBody((body) => body.replaceAll('\r\n', '\n')), 'body: neither compact'],
  ['a list without items', listUrl, withBody(() => '{}'), 'body: is no list'],
  ['a wrong length', url, withHeaders({ 'content-length': '1' }), 'content-length'],
  ['a request id of another form', url, withHeaders({ 'x-ms-request-id': 'one' }), 'x-ms-request-id: one'],
  ['a challenge with a success', url, withHeaders({ 'www-authenticate': 'Bearer' }), 'www-authenticate'],
  ['a header in capitals', url, withHeaders({ Location: url }), 'headers: Location'],
  ['an id that nobody sent', url, withHeaders({ 'x-ms-client-request-id': 'c1' }), 'x-ms-client-request-id'],
])('is not as published: %s', async (_what, asked, change, complaint) => {
  expect(await answered(asked, change)).toEqual([expect.stringContaining(complaint)]);
});

test('is not as published: an error of another form', async () => {
  const change = withBody(() => '{"error":{"code":"AuthorizationFailed"}}');
  expect(await answered(url, change, 'stranger')).toEqual(['body: is no error as published']);
});

test('is not as published: a change under way without its links', async () => {
  const response = await managing(managedAzure())('PATCH', url, {});
  const { location: _, ...headers } = response.headers;
  const request = { method: 'PATCH', url, headers: {}, body: '{}' };
  expect(managementRules(folder)(request, response)).toEqual([]);
  expect(managementRules(folder)(request, { ...response, headers })).toEqual(['headers: 202 without location']);
});

test('a folder that is not there is unreadable evidence', () => {
  expect(() => managementRules(join(folder, 'none'))).toThrow('The evidence cannot be read');
});
