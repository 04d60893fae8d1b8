import { describe, expect, it } from 'vitest';
import type { LocalAzure, LocalAzureOptions } from '../../../../local/azure/azure.ts';
import { setMembers } from '../../../../local/azure/resource-manager/set-members.ts';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import { later, onStoppedClock, sender } from '../requests.ts';
import { disk, KEY_URL, machine, managedAzure, managing, SET_OID, SUB, set, VERSION } from './managed.ts';

onStoppedClock();

const MINUTE = 60_000;
const SET = set('set-one').id;
const URL = `${SET}?api-version=2024-03-02`;

/** A set that follows after 20 minutes and wraps anew for 10, with a disk of a running machine under it, unless told otherwise. */
function rotating(options: Partial<LocalAzureOptions> & { set?: Resource } = {}): LocalAzure {
  const { set: one = set('set-one'), behaviours, ...rest } = options;
  const azure = managedAzure({
    resources: [one, disk('disk-one', 'set-one', 'vm-one'), machine('vm-one')],
    behaviours: {
      setFollowsAfterMs: { least: 20 * MINUTE, longest: 20 * MINUTE },
      rewrapMs: 10 * MINUTE,
      ...behaviours,
    },
    ...rest,
  });
  azure.addIdentity({ name: 'person', kind: 'user', grants: [{ vault: '*', dataActions: ['*'] }] });
  return azure;
}

/** Makes a new version, and gives its URL. */
async function rotate(azure: LocalAzure): Promise<string> {
  const { json } = await sender(azure, 'person')('POST', '/keys/disk/rotate');
  return (json as { key: { kid: string } }).key.kid;
}

const patch = (azure: LocalAzure, version: string, attributes: object) =>
  sender(azure, 'person')('PATCH', `/keys/disk/${version}`, { attributes });

async function shown(azure: LocalAzure) {
  const { json } = await managing(azure)('GET', URL);
  return setMembers.parse(json).properties;
}

/** Turns the clock minute by minute, and lets disks unwrap. */
async function passes(azure: LocalAzure, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    later(MINUTE);
    await azure.disks.unwrapDue();
  }
}

describe('a set with auto-rotation', () => {
  it('follows a new version: its active key first, then its disks, and both times stand in it', async () => {
    const azure = rotating();
    const kid = await rotate(azure);
    later(20 * MINUTE - 1);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: KEY_URL });
    later(1);
    expect(await shown(azure)).toMatchObject({
      activeKey: { keyUrl: kid },
      previousKeys: [{ keyUrl: KEY_URL }],
      provisioningState: 'Updating',
      rotationToLatestKeyVersionEnabled: true,
      lastKeyRotationTimestamp: expect.stringContaining('2026-03-01T12:20:00'),
    });
    later(10 * MINUTE);
    const after = await shown(azure);
    expect(after).toMatchObject({ activeKey: { keyUrl: kid }, provisioningState: 'Succeeded' });
    expect(after).not.toHaveProperty('previousKeys');
    expect(after).toMatchObject({ lastKeyRotationTimestamp: expect.stringContaining('2026-03-01T12:20:00') });
  });

  it('has an identity that unwraps with the old version until its disks are wrapped anew, and with the new one from then on', async () => {
    const azure = rotating();
    const records: { operationName: string; properties: { id?: string } }[] = [];
    azure.onAuditRecords((_region, body) => records.push(...(body.records as typeof records)));
    await azure.disks.unwrapDue();
    const kid = await rotate(azure);
    const versionsIn = async (minutes: number): Promise<readonly (string | undefined)[]> => {
      azure.flushAudit();
      records.length = 0;
      await passes(azure, minutes);
      azure.flushAudit();
      const unwraps = records.filter(({ operationName }) => operationName === 'KeyUnwrap');
      return [...new Set(unwraps.map(({ properties }) => properties.id))];
    };
    expect(await versionsIn(29)).toEqual([KEY_URL]);
    expect(await versionsIn(20)).toEqual([kid]);
  });

  it('flips at once where nothing is under it', async () => {
    const azure = rotating({ resources: [set('set-one')] });
    const kid = await rotate(azure);
    later(20 * MINUTE);
    const after = await shown(azure);
    expect(after).toMatchObject({ activeKey: { keyUrl: kid }, provisioningState: 'Succeeded' });
    expect(after).not.toHaveProperty('previousKeys');
  });

  it('follows within an hour in all where nothing says when', async () => {
    const azure = managedAzure({ resources: [set('set-one'), disk('disk-one', 'set-one')] });
    azure.addIdentity({ name: 'person', kind: 'user', grants: [{ vault: '*', dataActions: ['*'] }] });
    const kid = await rotate(azure);
    later(5 * MINUTE - 1);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: KEY_URL });
    later(55 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: kid }, provisioningState: 'Succeeded' });
  });

  it('can have a pace of its own, or never follow', async () => {
    const azure = rotating();
    azure.resourceManager.paceSet(SET.toUpperCase(), { followsAfterMs: 70 * MINUTE, rewrapMs: MINUTE });
    const kid = await rotate(azure);
    later(69 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: KEY_URL });
    later(2 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: kid }, provisioningState: 'Succeeded' });
    azure.resourceManager.paceSet(SET, { followsAfterMs: Number.POSITIVE_INFINITY });
    await rotate(azure);
    later(1_000 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: kid });
    expect(() => azure.resourceManager.paceSet('/none', {})).toThrow('has no resource');
  });

  it('keeps its source vault and the port of its key', async () => {
    const activeKey = { sourceVault: { id: '/vaults/kv-one' }, keyUrl: KEY_URL.replace('.net/', '.net:443/') };
    const azure = rotating({ set: set('set-one', { activeKey }) });
    const kid = await rotate(azure);
    later(20 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ ...activeKey, keyUrl: kid.replace('.net/', '.net:443/') });
  });

  it('follows the second of two rotations after the first has ended', async () => {
    const azure = rotating();
    const first = await rotate(azure);
    later(15 * MINUTE);
    await azure.disks.unwrapDue();
    later(6 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: first });
    const second = await rotate(azure);
    azure.behaviours.rewrapMs = 30 * MINUTE;
    later(30 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: second }, previousKeys: [{ keyUrl: first }] });
    later(31 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: second }, provisioningState: 'Succeeded' });
  });

  it('passes over a version that is disabled until it is enabled', async () => {
    const azure = rotating();
    const kid = await rotate(azure);
    const version = kid.slice(-32);
    await patch(azure, version, { enabled: false });
    later(60 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: KEY_URL } });
    expect(await shown(azure)).not.toHaveProperty('autoKeyRotationError');
    await patch(azure, version, { enabled: true });
    later(20 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: kid });
  });

  it('that is put back to an older version follows again', async () => {
    const azure = rotating();
    const kid = await rotate(azure);
    later(40 * MINUTE);
    await managing(azure)('PATCH', URL, { properties: { activeKey: { keyUrl: KEY_URL } } });
    later(600);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: KEY_URL }, previousKeys: [{ keyUrl: kid }] });
    later(40 * MINUTE);
    expect(await shown(azure)).toMatchObject({ activeKey: { keyUrl: kid }, provisioningState: 'Succeeded' });
  });

  it('does not end wrapping anew while its old version is disabled, and its disks fail', async () => {
    const azure = rotating();
    await azure.disks.unwrapDue();
    await rotate(azure);
    await passes(azure, 21);
    await patch(azure, VERSION, { enabled: false });
    await passes(azure, 30);
    expect(await shown(azure)).toMatchObject({ previousKeys: [{ keyUrl: KEY_URL }], provisioningState: 'Updating' });
    expect(azure.disks.disk(disk('disk-one', 'set-one').id)).toMatchObject({ kind: 'failing' });
    await patch(azure, VERSION, { enabled: true });
    await passes(azure, 2);
    expect(await shown(azure)).toMatchObject({ provisioningState: 'Succeeded' });
  });

  it.each([
    ['no flag', set('set-one', { rotationToLatestKeyVersionEnabled: false })],
    ['confidential machines', set('set-one', { encryptionType: 'ConfidentialVmEncryptedWithCustomerKey' })],
    ['an error of its rotation', set('set-one', { autoKeyRotationError: { code: 'ManagedServiceIdentityNotFound' } })],
  ])('with %s never follows', async (_what, one) => {
    const azure = rotating({ set: one });
    await rotate(azure);
    later(24 * 60 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: KEY_URL });
  });
});

describe('auto-rotation stops with an error, though the flag stays on and the state Succeeded,', () => {
  const roleGone = (azure: LocalAzure): void => {
    const { resources, world } = azure.resourceManager;
    for (const { id } of world.directory.assignmentsOf({ oid: SET_OID, groups: [] })) resources.remove(id);
  };
  const firewall = { networkAcls: { defaultAction: 'Deny', bypass: 'None' } };
  const inVault = (properties: Readonly<Record<string, unknown>>): Partial<LocalAzureOptions> => ({
    vaults: [
      {
        ...{ name: 'kv-one', subscriptionId: SUB, resourceGroup: 'rg-keys', properties },
        keys: [{ name: 'disk', versions: [{ version: VERSION }] }],
      },
    ],
  });

  it.each<[string, string, (azure: LocalAzure, kid: string) => unknown, Partial<LocalAzureOptions>?]>([
    [
      'where the identity is gone',
      'ManagedServiceIdentityNotFound',
      (azure) => managing(azure)('PATCH', URL, { identity: { type: 'None' } }),
    ],
    ['where the role is gone', 'KeyVaultAccessForbidden', roleGone],
    ['behind a firewall without a bypass', 'KeyVaultAccessForbidden', () => {}, inVault(firewall)],
    [
      'inside a perimeter',
      'KeyVaultAccessForbidden',
      () => {},
      inVault({ publicNetworkAccess: 'SecuredByPerimeter', networkAcls: { bypass: 'AzureServices' } }),
    ],
    [
      'where the old version is disabled',
      'KeyVaultKeyNotEnabled',
      (azure) => patch(azure, VERSION, { enabled: false }),
    ],
    [
      'where the new version has expired',
      'KeyVaultKeyExpired',
      (azure, kid) => patch(azure, kid.slice(-32), { exp: Math.floor(Date.now() / 1000) + 60 }),
    ],
  ])('%s', async (_what, code, act, options = {}) => {
    const azure = rotating(options);
    const kid = await rotate(azure);
    await act(azure, kid);
    later(24 * 60 * MINUTE);
    expect(await shown(azure)).toMatchObject({
      activeKey: { keyUrl: KEY_URL },
      rotationToLatestKeyVersionEnabled: true,
      provisioningState: 'Succeeded',
      autoKeyRotationError: { code, message: expect.stringMatching(/\.$/) },
    });
  });

  it('and goes on after the set was given its identity again', async () => {
    const azure = rotating();
    const kid = await rotate(azure);
    roleGone(azure);
    later(30 * MINUTE);
    expect(await shown(azure)).toHaveProperty('autoKeyRotationError');
    const scope = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;
    azure.resourceManager.assignRole('set-one', { role: 'Key Vault Crypto Service Encryption User', scope });
    later(24 * 60 * MINUTE);
    expect(await shown(azure)).toHaveProperty('autoKeyRotationError');
    await managing(azure)('PATCH', URL, { identity: { type: 'SystemAssigned' } });
    later(21 * MINUTE);
    const after = await shown(azure);
    expect(after).toMatchObject({ activeKey: { keyUrl: kid } });
    expect(after).not.toHaveProperty('autoKeyRotationError');
  });

  it('behind a firewall with the bypass it does not', async () => {
    const azure = rotating(inVault({ networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' } }));
    const kid = await rotate(azure);
    later(20 * MINUTE);
    expect((await shown(azure)).activeKey).toEqual({ keyUrl: kid });
  });

  it('and disks behind a firewall without a bypass fail', async () => {
    const azure = rotating(inVault(firewall));
    await azure.disks.unwrapDue();
    expect(azure.disks.disk(disk('disk-one', 'set-one').id)).toMatchObject({
      kind: 'failing',
      because: 'the vault answers 403 ForbiddenByFirewall',
    });
  });
});
