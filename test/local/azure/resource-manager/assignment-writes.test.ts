import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../../local/azure/azure.ts';
import { later, onStoppedClock } from '../requests.ts';
import { disk, GROUP, machine, managedAzure, managing, SET_OID, SUB, set } from './managed.ts';

onStoppedClock();

const VAULT = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;
const ENCRYPTION_USER = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';
const assignment = (name: string): string =>
  `${VAULT}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`;
const DISK = disk('disk-one', 'set-one').id;

const body = (principalId: string) => ({
  properties: {
    roleDefinitionId: `/subscriptions/${SUB}/providers/Microsoft.Authorization/roleDefinitions/${ENCRYPTION_USER}`,
    ...{ principalId, principalType: 'ServicePrincipal' },
  },
});

const running = (one = set('set-one'), more: Parameters<typeof managedAzure>[0] = {}): LocalAzure =>
  managedAzure({ resources: [one, disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')], ...more });

async function diskState(azure: LocalAzure) {
  later(60_000);
  await azure.disks.unwrapDue();
  return azure.disks.disk(DISK);
}

const codeOf = (json: unknown): unknown => (json as { error: { code: string } }).error.code;

describe('a role assignment', () => {
  it('that is deleted is answered as it was, and who had it has no access from then on', async () => {
    const azure = running();
    expect(await diskState(azure)).toMatchObject({ kind: 'working' });
    const [{ id } = { id: '' }] = azure.resourceManager.world.directory.assignmentsOf({ oid: SET_OID, groups: [] });
    const send = managing(azure);
    const { status, json } = await send('DELETE', `${id}?api-version=2022-04-01`);
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ id, properties: expect.objectContaining({ principalId: SET_OID, scope: VAULT }) }),
    ]);
    expect((await send('DELETE', `${id}?api-version=2022-04-01`)).status).toBe(204);
    expect(await diskState(azure)).toMatchObject({ because: 'the vault answers 403 ForbiddenByRbac' });
    const name = 'a551a551-0000-4000-8000-000000000009';
    const made = await send('PUT', assignment(name), body(SET_OID));
    expect([made.status, made.json]).toEqual([
      201,
      expect.objectContaining({ name, type: 'Microsoft.Authorization/roleAssignments' }),
    ]);
    expect(await diskState(azure)).toMatchObject({ kind: 'working' });
  });

  it('is made once, and for a principal that is there', async () => {
    const send = managing(running());
    expect(codeOf((await send('PUT', assignment('one'), body(SET_OID))).json)).toBe('RoleAssignmentExists');
    const nobody = await send('PUT', assignment('one'), body('0b0d0000-0000-4000-8000-000000000001'));
    expect([nobody.status, codeOf(nobody.json)]).toEqual([400, 'PrincipalNotFound']);
    expect((await send('PUT', assignment('one'), {})).status).toBe(400);
  });

  it('is made and deleted by nobody who has only the role Contributor', async () => {
    const azure = running();
    azure.addIdentity({ name: 'contributor', kind: 'user', grants: [] });
    azure.resourceManager.assignRole('contributor', { role: 'Contributor', scope: `/subscriptions/${SUB}` });
    const send = managing(azure, 'contributor');
    expect((await send('PUT', assignment('one'), body(SET_OID))).status).toBe(403);
    expect((await send('DELETE', assignment('one'))).status).toBe(403);
  });
});

describe('a user-assigned identity', () => {
  const IDENTITY = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one`;
  const users = { [IDENTITY]: { principalId: SET_OID, clientId: SET_OID } };
  const identity = {
    ...{ id: IDENTITY, name: 'id-one', type: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
    location: 'westeurope',
    properties: { principalId: SET_OID, clientId: SET_OID },
  };

  it('that is deleted leaves its set as it looks, and disks without access', async () => {
    const one = set('set-one', {}, { identity: { type: 'UserAssigned', userAssignedIdentities: users } });
    const azure = running(one, {
      resources: [one, identity, disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')],
    });
    expect(await diskState(azure)).toMatchObject({ kind: 'working' });
    const send = managing(azure);
    expect((await send('GET', `${IDENTITY}?api-version=2023-01-31`)).json).toEqual(identity);
    expect((await send('DELETE', `${IDENTITY}?api-version=2023-01-31`)).status).toBe(200);
    expect((await send('GET', `${IDENTITY}?api-version=2023-01-31`)).status).toBe(404);
    expect((await send('DELETE', `${IDENTITY}?api-version=2023-01-31`)).status).toBe(204);
    expect((await send('GET', `${one.id}?api-version=2024-03-02`)).json).toMatchObject({
      identity: { userAssignedIdentities: users },
      properties: { provisioningState: 'Succeeded' },
    });
    expect(await diskState(azure)).toMatchObject({
      because: 'its disk encryption set has no identity that exists',
    });
    expect(codeOf((await send('PUT', assignment('one'), body(SET_OID))).json)).toBe('PrincipalNotFound');
  });
});
