import { describe, expect, it } from 'vitest';
import type { LocalAzure } from '../../../local/azure/azure.ts';
import type { DiskState } from '../../../local/azure/disks.ts';
import { later, onStoppedClock, sender } from './requests.ts';
import {
  disk,
  GROUP,
  KEY_URL,
  machine,
  managedAzure,
  managing,
  SET_OID,
  SUB,
  set,
  VERSION,
} from './resource-manager/managed.ts';

onStoppedClock();

const MINUTE = 60_000;
const DISK = disk('disk-one', 'set-one', 'vm-one').id;
const MACHINE = machine('vm-one').id;

/** A machine with a disk under a set, and an attacker. */
function running(options: Parameters<typeof managedAzure>[0] = {}): LocalAzure {
  const azure = managedAzure({
    resources: [set('set-one'), disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')],
    ...options,
  });
  azure.addIdentity({
    name: 'attacker',
    kind: 'user',
    grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
  });
  return azure;
}

/** Turns the clock by so many minutes, a minute at a time, and lets the disks do what they do. */
async function passes(azure: LocalAzure, minutes: number): Promise<DiskState> {
  for (let minute = 0; minute < minutes; minute += 1) {
    later(MINUTE);
    await azure.disks.unwrapDue();
  }
  return azure.disks.disk(DISK);
}

const disable = (azure: LocalAzure, enabled = false) =>
  sender(azure, 'attacker')('PATCH', `/keys/disk/${VERSION}`, { attributes: { enabled } });

describe('a disk under a disk encryption set', () => {
  it('unwraps its key through the identity of its set, a call that the vault sees', async () => {
    const azure = running();
    await azure.disks.unwrapDue();
    expect(azure.disks.disk(DISK)).toMatchObject({ kind: 'working', keyUrl: KEY_URL });
    expect(azure.log.map(({ identity, operation, status }) => [identity, operation, status])).toEqual([
      ['set-one', 'wrapkey', 200],
      ['set-one', 'get-version', 200],
      ['set-one', 'unwrapkey', 200],
    ]);
    expect(azure.identities.get('set-one')?.oid).toBe(SET_OID);
    azure.clearLog();
    await azure.disks.unwrapDue();
    expect(azure.log).toEqual([]);
    await passes(azure, 2);
    expect(azure.log.filter(({ operation }) => operation === 'unwrapkey')).toHaveLength(2);
  });

  it('fails an hour after its key was disabled, and its machine stops', async () => {
    const azure = running();
    await azure.disks.unwrapDue();
    await disable(azure);
    expect(await passes(azure, 60)).toMatchObject({ kind: 'failing', because: 'the vault answers 403 KeyDisabled' });
    expect(azure.disks.machine(MACHINE)).toEqual({ kind: 'running' });
    expect(await passes(azure, 1)).toMatchObject({ kind: 'failed' });
    expect(azure.disks.machine(MACHINE)).toMatchObject({ kind: 'stopped-by-its-disk', disk: DISK });
    expect(azure.resourceManager.resources.get(MACHINE)?.properties).toMatchObject({
      extended: { instanceView: { powerState: { code: 'PowerState/stopped' } } },
    });
  });

  it('works on where its key is enabled again within the hour', async () => {
    const azure = running();
    await azure.disks.unwrapDue();
    await disable(azure);
    await passes(azure, 59);
    await disable(azure, true);
    expect(await passes(azure, 1)).toMatchObject({ kind: 'working' });
    expect(await passes(azure, 61)).toMatchObject({ kind: 'working' });
    expect(azure.disks.machine(MACHINE)).toEqual({ kind: 'running' });
  });

  it('has a machine that does not start again by itself', async () => {
    const azure = running();
    await azure.disks.unwrapDue();
    await disable(azure);
    await passes(azure, 61);
    await disable(azure, true);
    await passes(azure, 10);
    expect(azure.disks.machine(MACHINE)).toMatchObject({ kind: 'stopped-by-its-disk' });
  });

  it.each<[string, (azure: LocalAzure) => unknown, string]>([
    [
      'its key is deleted',
      (azure) => sender(azure, 'attacker')('DELETE', '/keys/disk'),
      'the vault answers 404 KeyNotFound',
    ],
    [
      'its key may not be used for it any more',
      (azure) => sender(azure, 'attacker')('PATCH', `/keys/disk/${VERSION}`, { key_ops: ['wrapKey'] }),
      'the vault answers 403 KeyOperationForbidden',
    ],
    [
      'the role of its set is taken away',
      (azure) => {
        const { resources, world } = azure.resourceManager;
        for (const { id } of world.directory.assignmentsOf({ oid: SET_OID, groups: [] })) resources.remove(id);
      },
      'the vault answers 403 ForbiddenByRbac',
    ],
    [
      'its set loses its identity',
      (azure) =>
        managing(azure)('PATCH', `${set('set-one').id}?api-version=2024-03-02`, { identity: { type: 'None' } }),
      'its disk encryption set has no identity that exists',
    ],
    [
      'its set is gone',
      (azure) => azure.resourceManager.resources.remove(set('set-one').id),
      'its disk encryption set is gone',
    ],
  ])('fails where %s', async (_what, act, because) => {
    const azure = running();
    await azure.disks.unwrapDue();
    await act(azure);
    expect(await passes(azure, 3)).toMatchObject({ kind: 'failing', because });
    expect(await passes(azure, 60)).toMatchObject({ kind: 'failed', because });
  });

  it('is not harmed by a vault that is throttled or that does not answer', async () => {
    const azure = running();
    await azure.disks.unwrapDue();
    azure.fault({ match: { operation: 'unwrapkey' }, answer: { kind: 'throttled' } });
    expect(await passes(azure, 90)).toMatchObject({ kind: 'working' });
    azure.clearFaults();
    azure.fault({ match: { operation: 'unwrapkey' }, answer: { kind: 'unreachable' } });
    expect(await passes(azure, 90)).toMatchObject({ kind: 'working' });
  });

  it.each([
    [true, 'failed'],
    [false, 'working'],
  ])('under a key that has expired: where that stops disks is %s, it is %s', async (expiredKeyStopsDisks, kind) => {
    const azure = running({ behaviours: { expiredKeyStopsDisks } });
    await azure.disks.unwrapDue();
    const exp = Math.floor(Date.now() / 1000) + 30;
    await sender(azure, 'attacker')('PATCH', `/keys/disk/${VERSION}`, { attributes: { exp } });
    expect(await passes(azure, 62)).toMatchObject({ kind });
  });

  it('unwraps with its old key until its set has wrapped everything anew', async () => {
    const azure = running({ behaviours: { rewrapMs: 10 * MINUTE } });
    await azure.disks.unwrapDue();
    const made = await sender(azure, 'attacker')('POST', '/keys/disk/create', { kty: 'RSA' });
    const { kid } = (made.json as { key: { kid: string } }).key;
    const body = { properties: { activeKey: { keyUrl: kid } } };
    await managing(azure)('PATCH', `${set('set-one').id}?api-version=2024-03-02`, body);
    expect(await passes(azure, 5)).toMatchObject({ kind: 'working', keyUrl: KEY_URL });
    expect(await passes(azure, 7)).toMatchObject({ kind: 'working', keyUrl: kid });
    await disable(azure);
    expect(await passes(azure, 90)).toMatchObject({ kind: 'working', keyUrl: kid });
  });

  it('does nothing while no running machine has it, and nothing under a platform key', async () => {
    const unencrypted = disk('plain', 'set-one', 'vm-one', {
      properties: { encryption: { type: 'EncryptionAtRestWithPlatformKey' } },
    });
    const azure = running({ resources: [set('set-one'), disk('disk-one', 'set-one'), unencrypted, machine('vm-one')] });
    expect(await passes(azure, 2)).toEqual({ kind: 'unused' });
    expect(azure.disks.disk(unencrypted.id)).toEqual({ kind: 'not-under-a-set' });
    expect(azure.log).toEqual([]);
    expect(() => azure.disks.disk(`${GROUP}/providers/Microsoft.Compute/disks/none`)).toThrow('has no resource');
  });

  it('of a confidential machine follows the set in its security profile', async () => {
    const confidential = disk('disk-one', 'set-one', 'vm-one', {
      properties: {
        encryption: { type: 'EncryptionAtRestWithPlatformKey' },
        securityProfile: { secureVMDiskEncryptionSetId: set('set-one').id },
      },
    });
    const azure = running({ resources: [set('set-one'), confidential, machine('vm-one')] });
    expect(await passes(azure, 1)).toMatchObject({ kind: 'working' });
  });

  it('of another tenant’s set is unwrapped by the application that the set names', async () => {
    const federatedClientId = '7d59e9cf-bf43-4903-9599-d175d49d378b';
    const azure = running({
      resources: [set('set-one', { federatedClientId }), disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')],
    });
    const scope = `/subscriptions/${SUB}`;
    azure.addIdentity({
      ...{ name: 'app', kind: 'application', appid: federatedClientId, grants: [] },
      roles: [{ role: 'Key Vault Crypto Service Encryption User', scope }],
    });
    expect(await passes(azure, 1)).toMatchObject({ kind: 'working' });
    expect(new Set(azure.log.map(({ identity }) => identity))).toEqual(new Set(['app']));
  });
});
