import { describe, expect, test } from 'vitest';
import { hangingOn } from '../../../shared/domain/hanging.ts';
import type { KeyUse, KeyUser } from '../../../shared/domain/key-use.ts';
import { NOT_SURVEYED, type Surveyed } from '../../../shared/domain/survey.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const KEY = { vault: 'prod-disks', key: 'disk-a', current: 'v2' };
const surveyed = (unknown: readonly string[] = []): Surveyed => ({
  at: AT,
  vaults: new Map([['prod-disks', { id: '/subscriptions/one/vault', keys: {}, unknown: [...unknown] }]]),
});
const user = (more: Partial<KeyUser>): KeyUser => ({
  ...{ kind: 'disk-encryption-set', id: 'des', name: 'des', versions: ['v2'], follows: true },
  ...{ objectIds: [], disks: 0, snapshots: 0, images: 0 },
  ...more,
});
const use = (users: readonly KeyUser[], more: Partial<KeyUse> = {}): KeyUse => ({
  ...{ surveyedAt: AT, users: [...users], machines: [], machineCount: 0, runningCount: 0, unknown: [] },
  ...more,
});

describe('what hangs on', () => {
  test.each<
    readonly [
      says: string,
      version: string | undefined,
      use: KeyUse | 'unreadable' | undefined,
      kind: string,
      words: string,
    ]
  >([
    [
      'a version that a set with disks needs, is disks',
      'v2',
      use([user({ disks: 2, snapshots: 1 }), user({ disks: 1 })], { machineCount: 2, runningCount: 1 }),
      'disks',
      '2 disk encryption sets (3 disks, 1 snapshot), 2 machines, 1 running',
    ],
    [
      'the key as a whole, is what any version has',
      undefined,
      use([user({ disks: 1 })]),
      'disks',
      '1 disk encryption set (1 disk)',
    ],
    [
      'a version that a set leaves, is disks as well',
      'v1',
      use([user({ versions: ['v2', 'v1'], disks: 1 })]),
      'disks',
      '1 disk encryption set (1 disk)',
    ],
    [
      'a version of which only some users need it, is named without the machines of all',
      'v1',
      use([user({ versions: ['v1'], disks: 1 }), user({ disks: 5 })], { machineCount: 9, runningCount: 9 }),
      'disks',
      '1 disk encryption set (1 disk)',
    ],
    [
      'a version of a set whose scale set makes disks, is disks',
      'v2',
      use([user({})], { machineCount: 1, runningCount: 1 }),
      'disks',
      '1 disk encryption set, 1 machine, 1 running',
    ],
    [
      'a version that a set without disks needs, is no disk',
      'v2',
      use([user({ snapshots: 2 })]),
      'others',
      '1 disk encryption set (2 snapshots)',
    ],
    [
      'a version that an SQL server follows, is no disk, and says when it fails',
      'v2',
      use([user({ kind: 'sql-server', versions: [] }), user({ kind: 'storage-account' })]),
      'others',
      '1 SQL server (inaccessible after 30 min without it), 1 storage account',
    ],
    [
      'an older version of a key whose user names none, is not known',
      'v1',
      use([user({ kind: 'storage-account', versions: [] })]),
      'unknown',
      'what hangs on it is not known: des names no version, and may not have the newest yet',
    ],
    [
      'a version that nothing needs, is nothing',
      'v1',
      use([user({ disks: 1 })]),
      'nothing',
      'nothing is known to use it, as of 2026-03-01 12:00:00 UTC',
    ],
    [
      'a key without a row, is nothing',
      'v1',
      undefined,
      'nothing',
      'nothing is known to use it, as of 2026-03-01 12:00:00 UTC',
    ],
    [
      'a key whose row cannot be read, is not known',
      'v1',
      'unreadable',
      'unknown',
      'what hangs on it is not known: its row cannot be read',
    ],
    [
      'a key of which not all could be read, is what was',
      'v2',
      use([user({ disks: 1 })], { unknown: ['subscription two cannot be read'] }),
      'disks',
      '1 disk encryption set (1 disk), and what could not be read (subscription two cannot be read)',
    ],
  ])('%s', (_says, version, row, kind, says) => {
    expect(hangingOn({ ...KEY, version }, row, surveyed())).toMatchObject({ kind, says });
  });

  test('a key is not known where no survey has read its vault, or where part of what could use it was not read', () => {
    expect(hangingOn(KEY, undefined, NOT_SURVEYED)).toEqual({
      kind: 'unknown',
      says: 'what hangs on it is not known: no survey has read its vault',
    });
    expect(hangingOn(KEY, undefined, surveyed(['subscription two cannot be read']))).toMatchObject({
      kind: 'unknown',
      says: 'what hangs on it is not known: subscription two cannot be read',
    });
  });

  test('a key says that a SQL server needs it, whose databases fail first, and where its vault is', () => {
    const both = use([user({ disks: 1 }), user({ kind: 'sql-server' })]);
    expect(hangingOn(KEY, both, surveyed())).toMatchObject({
      kind: 'disks',
      databases: true,
      vaultId: '/subscriptions/one/vault',
    });
    expect(hangingOn(KEY, use([user({ disks: 1 })]), surveyed())).not.toHaveProperty('databases');
  });

  test('a key says that machines under Azure Disk Encryption need it, which no disk shows', () => {
    const ofMachines = use([user({ kind: 'azure-disk-encryption' })]);
    expect(hangingOn(KEY, ofMachines, surveyed())).toMatchObject({ kind: 'others', atRestart: true });
    expect(hangingOn(KEY, use([user({ disks: 1 })]), surveyed())).not.toHaveProperty('atRestart');
  });

  test('a key names ten machines at most, running ones first, also where the rows of several keys were put together', () => {
    const machines = Array.from({ length: 12 }, (_, at) => ({
      ...{ id: `/vm/${at}`, name: `vm-${at}`, power: at > 0 ? ('running' as const) : ('stopped' as const) },
      encryptionAtHost: true,
    }));
    const many = use([user({ disks: 12 })], { machines, machineCount: 12, runningCount: 11 });
    const named = hangingOn(KEY, many, surveyed()).machines;
    expect(named).toHaveLength(10);
    expect(named?.[0]).toEqual({ id: '/vm/1', name: 'vm-1', power: 'running' });
  });

  test('a version that only some users need names no machines: nobody knows which are theirs', () => {
    const some = use([user({ versions: ['v1'], disks: 1 }), user({ disks: 1 })], {
      ...{ machines: [{ id: '/vm/1', name: 'vm-1', power: 'running' }], machineCount: 1, runningCount: 1 },
    });
    expect(hangingOn({ ...KEY, version: 'v1' }, some, surveyed())).not.toHaveProperty('machines');
  });
});
