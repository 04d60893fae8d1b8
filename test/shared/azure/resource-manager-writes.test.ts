import { describe, expect, test } from 'vitest';
import type { LocalAzure } from '../../../local/azure/azure.ts';
import type { Fault } from '../../../local/azure/types.ts';
import { resourceManagerWrites } from '../../../shared/azure/resource-manager-writes.ts';
import { managedAzure, managing, set } from '../../local/azure/resource-manager/managed.ts';

const NEXT = `https://kv-one.vault.azure.net/keys/disk/${'b'.repeat(32)}`;
const REQUEST = '0f0e0d0c-0000-4000-8000-000000000001';
const ID = set('set-one').id;

const azureWithSet = (): LocalAzure => managedAzure({ resources: [set('set-one')] });
const point = (azure: LocalAzure, identity = 'owner', id = ID) =>
  resourceManagerWrites({
    credential: azure.credential(identity),
    identity: 'an owner',
    httpClient: azure.httpClient,
  }).pointSet(id, NEXT, REQUEST);
const writes = ({ resourceManager }: LocalAzure) => resourceManager.log.filter(({ method }) => method !== 'GET');

describe('pointing a disk encryption set at a version', () => {
  test('begins with the one right that it needs, under the id of the intent, and leaves the rest of the set as it is', async () => {
    const azure = azureWithSet();
    expect(await point(azure)).toEqual({ kind: 'ok', value: undefined });
    expect(writes(azure)).toMatchObject([
      { action: 'Microsoft.Compute/diskEncryptionSets/write', status: 202, changed: true, clientRequestId: REQUEST },
    ]);
    azure.resourceManager.world.schedule.settle(Date.now() + 60_000);
    const { json } = await managing(azure)('GET', `${ID}?api-version=2024-03-02`);
    const before = set('set-one');
    expect(json).toMatchObject({
      identity: before.identity,
      properties: { ...before.properties, activeKey: { keyUrl: NEXT } },
    });
  });

  test.each<[kind: string, answer: Fault['answer']]>([
    ['throttled', { kind: 'throttled' }],
    ['throttled', { kind: 'busy' }],
    ['forbidden-by-permission', { kind: 'forbidden-by-permission' }],
    ['unreachable', { kind: 'internal-error' }],
    ['unreachable', { kind: 'lost-answer' }],
  ])('answers %s, and is sent once: %j', async (kind, answer) => {
    const azure = azureWithSet();
    azure.fault({ match: { method: 'PATCH', path: '/subscriptions' }, answer });
    expect(await point(azure)).toMatchObject({ kind });
    expect(writes(azure)).toHaveLength(1);
  });

  test('answers what keeps it from a set that is locked, that is gone, or that the caller may not write to', async () => {
    const lock = {
      id: `${set('set-one').id}/providers/Microsoft.Authorization/locks/all`,
      ...{ name: 'all', type: 'Microsoft.Authorization/locks', properties: { level: 'ReadOnly' } },
    };
    const locked = await point(managedAzure({ resources: [set('set-one'), lock] }));
    expect(locked).toMatchObject({ kind: 'conflict', error: { status: 409, code: 'ScopeLocked' } });
    expect(await point(azureWithSet(), 'owner', set('set-two').id)).toEqual({ kind: 'missing' });
    expect(await point(azureWithSet(), 'reader')).toMatchObject({ kind: 'forbidden-by-permission' });
  });
});
