import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../local/azure/azure.ts';
import { setMembers } from '../../local/azure/resource-manager/set-members.ts';
import { applyPipeline } from '../../local/pipeline.ts';
import { type Management, managementOf, WriteRefused, write, writeNames } from '../../local/writes.ts';
import { disk, managedAzure, SUB, set } from './azure/resource-manager/managed.ts';

const [OLD, NEW] = ['1'.repeat(32), '2'.repeat(32)] as const;
const URL_OF = (version: string, vault = 'kv-one', key = 'disk'): string =>
  `https://${vault}.vault.azure.net/keys/${key}/${version}`;
const place = { subscriptionId: SUB, resourceGroup: 'rg-keys' };

/** Two vaults with a set on each; the first key has two versions, and its set is on the newer one. */
function world(): { readonly azure: LocalAzure; readonly send: Management; readonly client: KeyClient } {
  const azure = managedAzure({
    vaults: [
      {
        name: 'kv-one',
        ...place,
        keys: [
          {
            name: 'disk',
            versions: [
              { version: OLD, created: 1_700_000_000 },
              { version: NEW, created: 1_750_000_000 },
            ],
          },
        ],
      },
      { name: 'kv-two', ...place, keys: [{ name: 'other', versions: [{ version: OLD }] }] },
    ],
    resources: [
      set('set-one', { activeKey: { keyUrl: URL_OF(NEW) } }),
      set('set-two', { activeKey: { keyUrl: URL_OF(OLD, 'kv-two', 'other') } }),
      disk('disk-one', 'set-one'),
    ],
    behaviours: { setChangeMs: 0, rewrapMs: 0 },
  });
  azure.setGrants('owner', [{ vault: '*', dataActions: ['Microsoft.KeyVault/*'] }]);
  const options = { httpClient: azure.httpClient, retryOptions: { maxRetries: 0 } };
  return {
    azure,
    send: managementOf(azure.httpClient, azure.credential('owner')),
    client: new KeyClient('https://kv-one.vault.azure.net', azure.credential('owner'), options),
  };
}

function shown({ resourceManager }: LocalAzure) {
  resourceManager.world.schedule.settle(Date.now() + 1);
  return setMembers.parse(resourceManager.resources.get(set('set-one').id)).properties;
}

describe('a write to Resource Manager', () => {
  it('is one of these', () => {
    expect(writeNames).toEqual(['move-set', 'pin-set', 'delete-vault', 'cut-access']);
  });

  it('move-set gives the set on a key the key of another vault', async () => {
    const { azure, send } = world();
    expect(await write('move-set', send, 'kv-one', 'disk')).toBe(
      `set-one: moved to ${URL_OF(OLD, 'kv-two', 'other')}.`,
    );
    expect(shown(azure).activeKey?.keyUrl).toBe(URL_OF(OLD, 'kv-two', 'other'));
  });

  it('pin-set points the set at the oldest version, and it follows no more', async () => {
    const { azure, send } = world();
    expect(await write('pin-set', send, 'kv-one', 'disk')).toContain('pinned to');
    expect(shown(azure)).toMatchObject({
      activeKey: { keyUrl: URL_OF(OLD) },
      rotationToLatestKeyVersionEnabled: false,
    });
  });

  it('delete-vault takes the vault away, and cut-access the role of the set', async () => {
    const { azure, send } = world();
    const { directory } = azure.resourceManager.world;
    const roles = () => directory.assignmentsOf({ oid: azure.identities.get('set-one')?.oid ?? '', groups: [] }).length;
    expect(roles()).toBe(1);
    await write('cut-access', send, 'kv-one', 'disk');
    expect(roles()).toBe(0);
    await write('delete-vault', send, 'kv-two', 'other');
    expect([...azure.resourceManager.world.vaults()].map(({ name }) => name)).toEqual(['kv-one']);
  });

  it('of a key that no set has is none, and one that is refused says what was answered', async () => {
    const { azure, send } = world();
    await expect(write('move-set', send, 'kv-one', 'none')).rejects.toThrow('No disk encryption set has the key');
    await expect(write('shred', send, 'kv-one', 'disk')).rejects.toThrow('There is no act shred.');
    const reader = managementOf(azure.httpClient, azure.credential('reader'));
    await expect(write('delete-vault', reader, 'kv-one', 'disk')).rejects.toThrow(WriteRefused);
  });
});

it('a pipeline puts back what its code has: the pinned version, attributes and a rotation policy', async () => {
  const { azure, send, client } = world();
  expect(await applyPipeline(client, send, 'kv-one', 'disk')).toContain(`set-one pinned to ${URL_OF(OLD)}`);
  expect(shown(azure)).toMatchObject({ activeKey: { keyUrl: URL_OF(OLD) }, rotationToLatestKeyVersionEnabled: false });
  expect(await client.getKeyRotationPolicy('disk')).toMatchObject({
    lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P365D' }, ...[]],
  });
  expect(azure.state('kv-one', 'disk')).toMatchObject({ versions: [{}, { keyOps: ['wrapKey', 'unwrapKey'] }] });
  const methods = azure.resourceManager.log.filter(({ changed }) => changed).map(({ method }) => method);
  expect(methods).toEqual(['PUT']);
});
