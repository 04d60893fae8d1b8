import { expect, test } from 'vitest';
import { playManagement } from '../../../../local/conformance/management/play.ts';
import { exchangesOf, type Recorded } from '../recorded.ts';

const SUB = '11111111-1111-4111-8111-111111111111';
const GROUP = `/subscriptions/${SUB}/resourceGroups/rg-one`;
const SET = `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/set-one`;
const API = '?api-version=2023-04-02';
const OPERATION = `https://management.azure.com/subscriptions/${SUB}/providers/Microsoft.Compute/locations/westeurope/DiskOperations/99188a2e-d1c8-4489-aba0-ed3c5255a72e`;
const key = (version: string) => ({ keyUrl: `https://kv-one.vault.azure.net/keys/disk/${version.repeat(32)}` });
const date = 'Tue, 07 Nov 2023 07:10:49 GMT';
const json = { date, 'content-type': 'application/json; charset=utf-8' };
const identity = {
  type: 'SystemAssigned',
  principalId: 'e40b52be-bf0e-4df2-b08f-54645769e0c7',
  tenantId: '54826b22-38d6-4fb2-bad9-b7b93a3e9c5a',
};
const set = (properties: object) => ({
  ...{ name: 'set-one', id: SET, type: 'Microsoft.Compute/diskEncryptionSets', location: 'westeurope', identity },
  properties: {
    activeKey: key('a'),
    encryptionType: 'EncryptionAtRestWithCustomerKey',
    provisioningState: 'Succeeded',
    ...properties,
  },
});
const get = (body: unknown, url = `https://management.azure.com${SET}${API}`): Recorded => ({
  url,
  headers: json,
  body,
});
const changed = { activeKey: key('b'), lastKeyRotationTimestamp: '2023-11-07T07:10:49.8213159+00:00' };

/** Whether the local Azure answers each as recorded; where it does not, the first difference. */
async function outcomes(...recorded: readonly Recorded[]): Promise<readonly string[]> {
  return (await playManagement(exchangesOf(...recorded))).map((replay) =>
    replay.kind === 'compared' ? (replay.differences[0] ?? 'same') : replay.because,
  );
}

test('a recorded set is answered as it was, and anything else in it is a difference', async () => {
  expect(await outcomes(get(set({})))).toEqual(['same']);
  const list = `https://management.azure.com/subscriptions/${SUB}/providers/Microsoft.Compute/diskEncryptionSets${API}`;
  expect(await outcomes(get({ value: [set({})] }, list))).toEqual([
    expect.stringMatching(/^body\.value\[0\]\.id: recorded/),
  ]);
  expect(await outcomes({ ...get(set({})), headers: { ...json, 'x-extra': '1' } })).toEqual([
    expect.stringMatching(/^header x-extra/),
  ]);
});

test('the changes of a set are played in their order, with the links that the local Azure gave', async () => {
  const links = {
    'azure-asyncoperation': `${OPERATION}?p=${identity.principalId}&api-version=2023-04-02&t=1&c=***&s=***&h=***`,
  };
  const patch = {
    method: 'PATCH',
    url: `https://management.azure.com${SET}${API}`,
    sent: { properties: { activeKey: key('b') } },
    status: 202,
    headers: { ...json, ...links, location: links['azure-asyncoperation'].replace('&api', '&monitor=true&api') },
    body: set({ provisioningState: 'Updating' }),
  };
  const operation = {
    startTime: '2023-11-07T07:10:49.1+00:00',
    endTime: '2023-11-07T07:10:49.2+00:00',
    status: 'Succeeded',
    properties: { output: set(changed) },
    name: '99188a2e-d1c8-4489-aba0-ed3c5255a72e',
  };
  const sequence = [get(set({})), patch, get(operation, links['azure-asyncoperation']), get(set(changed))];
  expect(await outcomes(...sequence)).toEqual(['same', 'same', 'same', 'same']);
  expect(await outcomes(get(set({})), { ...patch, body: set(changed) })).toEqual([
    'same',
    expect.stringMatching(/^body\.properties\.lastKeyRotationTimestamp: recorded/),
  ]);
  expect(await outcomes(get(operation, links['azure-asyncoperation']))).toEqual([
    'an operation that nothing here began',
  ]);
});

test('a refusal names the recorded caller', async () => {
  const message = `The client 'user@contoso.example' with object id '12f8ea5c-1212-449e-b31c-0a574f43076e' does not have authorization to perform action 'Microsoft.Compute/diskEncryptionSets/read' over scope '${SET}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  const refused = { ...get({ error: { code: 'AuthorizationFailed', message } }), status: 403 };
  expect(await outcomes(refused)).toEqual(['same']);
  expect(await outcomes({ ...refused, status: 404 })).toEqual([
    expect.stringMatching(/^status: recorded 404, answered 403/),
  ]);
});

test('what was recorded before the sentence had a link is held to the newest text', async () => {
  const message = "The Resource 'Microsoft.Web/sites/one' under resource group 'rg-one' was not found.";
  const url = `https://management.azure.com${GROUP}/providers/Microsoft.Web/sites/one?api-version=2018-11-01`;
  expect(await outcomes({ ...get({ error: { code: 'ResourceNotFound', message } }, url), status: 404 })).toEqual([
    'same',
  ]);
});

test('an empty page with a link behind it is answered so', async () => {
  const url = `https://management.azure.com/subscriptions/${SUB}/providers/Microsoft.KeyVault/vaults?api-version=2019-09-01`;
  expect(await outcomes(get({ value: [], nextLink: `${url}&$skiptoken=YQ==` }, url))).toEqual(['same']);
  expect(await outcomes(get({ value: [] }, url))).toEqual(['same']);
});
