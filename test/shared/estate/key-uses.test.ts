import { describe, expect, test } from 'vitest';
import { isEmpty, type KeyUser, keyUse } from '../../../shared/domain/key-use.ts';
import { estateReader } from '../../../shared/estate/estate-of.ts';
import { keyUses, usedKeys } from '../../../shared/estate/key-uses.ts';
import { liveBytes } from '../../bench/live-bytes.ts';
import { diskRow, keyUrl, machineId, machineRow, OBJECT_ID, OLDER, setId, setRow, VERSION } from './rows.ts';

const now = new Date('2026-12-01T12:00:00Z');

describe('what hangs on a key', () => {
  test('is a row of its users with the versions that each needs of this key', () => {
    const reader = estateReader();
    reader.add('sets', [
      setRow('des-web', keyUrl('contoso-disks', 'disk-web', VERSION)),
      setRow('des-moving', keyUrl('contoso-new', 'disk-new', VERSION), {
        previousKeys: [{ keyUrl: keyUrl('contoso-disks', 'disk-web', OLDER) }],
      }),
    ]);
    reader.add('disks', [diskRow('one', { setId: setId('des-web'), managedBy: machineId('vm-a') })]);
    reader.add('machines', [machineRow('vm-a', { encryptionAtHost: true })]);
    const uses = [...keyUses(reader.estate(), now)];
    expect(uses.map(({ vault, key }) => `${vault}/${key}`)).toEqual(['contoso-disks/disk-web', 'contoso-new/disk-new']);
    expect(uses[0]?.use).toEqual({
      surveyedAt: now,
      users: [
        {
          kind: 'disk-encryption-set',
          id: setId('des-web').toLowerCase(),
          name: 'des-web',
          versions: [VERSION],
          follows: true,
          objectIds: [OBJECT_ID],
          disks: 1,
          snapshots: 0,
          images: 0,
          machines: 1,
        },
        // It leaves this key: no new version of it is taken.
        expect.objectContaining({ name: 'des-moving', versions: [OLDER], follows: false }),
      ],
      machines: [{ id: machineId('vm-a').toLowerCase(), name: 'vm-a', power: 'running', encryptionAtHost: true }],
      machineCount: 1,
      runningCount: 1,
      unknown: [],
    });
    for (const { use } of uses) expect(keyUse.parse(JSON.parse(JSON.stringify(use)))).toEqual(use);
  });

  test.each<readonly [says: string, more: Parameters<typeof setRow>[2], hinders: string | undefined]>([
    ['nothing of an ordinary set', {}, undefined],
    [
      'that a set is for confidential machines',
      { encryptionType: 'ConfidentialVmEncryptedWithCustomerKey' },
      'confidential-set',
    ],
    ['the error of a set', { errorCode: 'KeyVaultKeyNotFound' }, 'set-error'],
    [
      'that a set has previous keys',
      { previousKeys: [{ keyUrl: keyUrl('contoso-disks', 'disk-web', OLDER) }] },
      'previous-keys',
    ],
  ])('says what hinders its rotation: %s', (_says, more, hinders) => {
    const reader = estateReader();
    reader.add('sets', [setRow('des-web', keyUrl('contoso-disks', 'disk-web', VERSION), more)]);
    const [first] = keyUses(reader.estate(), now);
    expect(first?.use.users.map((user) => user.hinders)).toEqual([hinders]);
  });

  test('names 50 machines at most, running ones first, and counts all', () => {
    const reader = estateReader();
    const names = Array.from({ length: 60 }, (_, at) => `vm-${String(at).padStart(2, '0')}`);
    reader.add('sets', [setRow('des-web', keyUrl('contoso-disks', 'disk-web', VERSION))]);
    reader.add(
      'disks',
      names.map((name) => diskRow(name, { setId: setId('des-web'), managedBy: machineId(name) })),
    );
    reader.add(
      'machines',
      names.map((name, at) => machineRow(name, at < 20 ? { powerState: 'PowerState/stopped' } : {})),
    );
    const [first] = keyUses(reader.estate(), now);
    expect(first?.use).toMatchObject({ machineCount: 60, runningCount: 40 });
    expect(first?.use.machines).toHaveLength(50);
    expect(first?.use.machines.slice(0, 41).map(({ name }) => name)).toEqual([...names.slice(20), 'vm-00']);
  });

  test('says what is unknown of a user, with its name', () => {
    const reader = estateReader();
    reader.add('sets', [
      setRow('des-web', keyUrl('contoso-disks', 'disk-web', VERSION), {
        identity: { type: 'UserAssigned', userAssignedIdentities: { '/x/mi-a': null } },
      }),
    ]);
    const [first] = keyUses(reader.estate(), now);
    expect(first?.use.unknown).toEqual(['des-web: The object id of its identity mi-a is not shown.']);
  });

  test('leaves out keys of Managed HSMs, which nothing guards', () => {
    const reader = estateReader();
    reader.add('sets', [setRow('des-hsm', `https://contoso-hsm.managedhsm.azure.net/keys/one/${VERSION}`)]);
    expect(usedKeys(reader.estate())).toEqual([]);
  });
});

test('200,000 disks under 5,000 sets are counted in bounded memory', () => {
  const reader = estateReader();
  const [sets, disks, perPage] = [5_000, 200_000, 1_000];
  const before = liveBytes();
  for (let from = 0; from < sets; from += perPage)
    reader.add(
      'sets',
      Array.from({ length: perPage }, (_, at) =>
        setRow(`des-${from + at}`, keyUrl(`v-${(from + at) % 1_000}`, `k-${from + at}`, VERSION)),
      ),
    );
  for (let from = 0; from < disks; from += perPage)
    reader.add(
      'disks',
      Array.from({ length: perPage }, (_, at) =>
        diskRow(`disk-${from + at}`, {
          setId: setId(`des-${(from + at) % sets}`),
          managedBy: machineId(`vm-${Math.floor((from + at) / 2)}`),
        }),
      ),
    );
  let counted = 0;
  for (const { use } of keyUses(reader.estate(), now)) counted += use.users.reduce((sum, user) => sum + user.disks, 0);
  expect(counted).toBe(disks);
  const grownMib = (liveBytes(reader) - before) / 2 ** 20;
  expect(grownMib).toBeLessThan(100);
});

describe('on a user of a key hangs', () => {
  const user: KeyUser = {
    ...{ kind: 'disk-encryption-set', id: '/des-a', name: 'des-a', versions: [], follows: true, objectIds: [] },
    ...{ disks: 0, snapshots: 0, images: 0, machines: 0 },
  };

  test.each<readonly [string, Partial<KeyUser>, unread: string[], boolean | undefined]>([
    ['nothing, where nothing is under it', {}, [], true],
    ['something, where a disk is', { disks: 1 }, [], false],
    ['something, where a snapshot is', { snapshots: 1 }, [], false],
    ['something, where an image is', { images: 1 }, [], false],
    ['something, where a scale set alone is, whose disks are no resources', { machines: 1 }, [], false],
    ['something, where a disk is, whatever could not be read', { disks: 1 }, ['its snapshots'], false],
    ['nobody knows what, where something could not be read', {}, ['its snapshots'], undefined],
    ['nobody knows what, where machines were not counted', { machines: undefined }, [], undefined],
  ])('%s', (_, more, unread, expected) => {
    expect(isEmpty({ ...user, ...more }, { unknown: unread })).toBe(expected);
  });
});
