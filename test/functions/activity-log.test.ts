import { describe, expect, it } from 'vitest';
import { resourceIdOf } from '../../local/azure/key-vault/audit-record.ts';
import { managing } from '../local/azure/resource-manager/managed.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { running, host, incidents, quarantined, records } = guarded(['disk-web']);

const vaultId = (): string => {
  const vault = [...running().azure.resourceManager.world.vaults()].find(({ name }) => name === VAULT);
  return vault === undefined ? '' : resourceIdOf(vault);
};

const post = async (body: unknown): Promise<number> => {
  const { status } = await fetch(host().eventGridUrl('activity-log'), {
    method: 'POST',
    headers: { 'aeg-event-type': 'Notification', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await host().idle();
  return status;
};

describe('activity-log', () => {
  it('believes no event: one of a deletion that was not made costs reads and leads to nothing', async () => {
    const forged = {
      ...{ id: 'forged', subject: vaultId(), eventType: 'Microsoft.Resources.ResourceDeleteSuccess' },
      data: { operationName: 'Microsoft.KeyVault/vaults/delete', resourceUri: vaultId() },
    };
    running().azure.clearLog();
    expect(await post([forged])).toBe(202);
    const { log } = running().azure.resourceManager;
    expect(new Set(log.map(({ identity, method }) => `${identity} ${method}`))).toEqual(new Set(['surveyor GET']));
    expect((await incidents(VAULT)).map(({ kind }) => kind)).not.toContain('vault-deleted');
  });

  it('quarantines an event whole that it cannot read, tells, and takes it', async () => {
    const odd = { eventType: 'Microsoft.Resources.ResourceWriteSuccess', data: 'no object' };
    expect(await post([odd])).toBe(202);
    expect(await incidents(OWN)).toEqual([expect.objectContaining({ reason: 'quarantined', state: 'open' })]);
    const kept = (await records(OWN)).find(({ what }) => what === 'quarantined');
    expect(JSON.parse((await quarantined(String(kept?.detail.document))) ?? '')).toEqual(odd);
  });

  it('alerts of a vault that was deleted, by the event that the local Azure sends', async () => {
    const { azure } = running();
    const id = vaultId();
    azure.addIdentity({ name: 'somebody', kind: 'user', grants: [], roles: [{ role: 'Owner', scope: id }] });
    const sent: Promise<number>[] = [];
    azure.onActivity(({ body }) => sent.push(post(JSON.parse(body))));
    expect((await managing(azure, 'somebody')('DELETE', `${id}?api-version=2023-07-01`)).status).toBe(200);
    azure.flushEvents();
    expect(await Promise.all(sent)).toEqual([202]);
    expect(await incidents(VAULT)).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'vault-deleted', state: 'open' },
        who: expect.objectContaining({ name: 'somebody@example.com' }),
      }),
    );
  });
});
