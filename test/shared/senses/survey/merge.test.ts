import { describe, expect, test } from 'vitest';
import type { KeyUse, KeyUser } from '../../../../shared/domain/key-use.ts';
import type { SurveyedVault } from '../../../../shared/domain/survey.ts';
import { isSameUse, mergedUse, mergedVault, surveyedKeyOf } from '../../../../shared/senses/survey/merge.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const EARLIER = new Date('2026-03-01T11:00:00Z');
const ids = (subscription: string, name: string): string =>
  `/subscriptions/${subscription}/resourcegroups/one/providers/microsoft.compute/x/${name}`;
const user = (subscription: string, name: string, more: Partial<KeyUser> = {}): KeyUser => ({
  ...{ kind: 'disk-encryption-set', id: ids(subscription, name), name, versions: ['v1'], follows: true },
  ...{ objectIds: ['Oid-1'], disks: 2, snapshots: 0, images: 0 },
  ...more,
});
const machine = (subscription: string, name: string, power: 'running' | 'stopped' = 'running') => ({
  id: ids(subscription, name),
  name,
  power,
});
const use = (more: Partial<KeyUse>): KeyUse => ({
  ...{ surveyedAt: EARLIER, users: [user('here', 'des')], machines: [], machineCount: 0, runningCount: 0, unknown: [] },
  ...more,
});
const NOTHING_UNREAD = new Map<string, string>();
const THERE_UNREAD = new Map([['there', 'subscription there cannot be read']]);

describe('what hangs on a key after a survey', () => {
  test('is what it found, where all could be read', () => {
    const before = use({ users: [user('here', 'des'), user('there', 'far')] });
    const found = use({ surveyedAt: AT });
    expect(mergedUse(before, found, NOTHING_UNREAD)).toBe(found);
    expect(mergedUse(before, undefined, NOTHING_UNREAD)).toBeUndefined();
    expect(mergedUse(undefined, found, THERE_UNREAD)).toBe(found);
  });

  test('keeps the users and machines of a subscription that could not be read', () => {
    const before = use({
      users: [user('here', 'des'), user('there', 'far')],
      machines: [machine('there', 'far-1'), machine('here', 'web-1')],
      machineCount: 2,
      runningCount: 2,
    });
    const found = use({
      surveyedAt: AT,
      machines: [machine('here', 'web-2', 'stopped')],
      machineCount: 1,
      runningCount: 0,
    });
    expect(mergedUse(before, found, THERE_UNREAD)).toEqual({
      surveyedAt: AT,
      users: [user('here', 'des'), user('there', 'far')],
      machines: [machine('there', 'far-1'), machine('here', 'web-2', 'stopped')],
      machineCount: 2,
      runningCount: 2,
      unknown: ['subscription there cannot be read'],
    });
  });

  test('keeps users that are in no subscription, while one could not be read', () => {
    const unlocking = user('here', 'ade', { id: 'azure-disk-encryption/vault/key', kind: 'azure-disk-encryption' });
    const before = use({ users: [unlocking] });
    expect(mergedUse(before, undefined, THERE_UNREAD)?.users).toEqual([unlocking]);
    expect(mergedUse(use({}), undefined, THERE_UNREAD)).toBeUndefined();
  });

  test('is the same whenever it was found', () => {
    expect(isSameUse(use({}), use({ surveyedAt: AT }))).toBe(true);
    expect(isSameUse(use({}), use({ machineCount: 1 }))).toBe(false);
  });
});

describe('what sweeps and audit events need to know of a key', () => {
  test('is the versions and callers of all of its users', () => {
    const users = [
      user('here', 'a', { versions: ['v2', 'v1'] }),
      user('here', 'b', { versions: ['v1'], objectIds: ['oid-1'], applicationId: 'App-1' }),
    ];
    expect(surveyedKeyOf({ users })).toEqual({ versions: ['v1', 'v2'], callers: ['app-1', 'oid-1'] });
  });

  test('is that any version may be needed, where a user names none', () => {
    const users = [user('here', 'a'), user('here', 'b', { versions: [] })];
    expect(surveyedKeyOf({ users })).toEqual({ versions: ['v1'], anyVersion: true, callers: ['oid-1'] });
  });

  test('is that anybody may call, where Azure Disk Encryption unlocks with it', () => {
    const users = [user('here', 'ade', { kind: 'azure-disk-encryption', objectIds: [] })];
    expect(surveyedKeyOf({ users })).toEqual({ versions: ['v1'], callers: [], anyCaller: true });
  });
});

describe('a vault after a survey', () => {
  const id = ids('here', 'vault');
  const keys = { disk: { versions: [], callers: [] } };
  const known: SurveyedVault = { id, usedSince: EARLIER, keys, unknown: [] };
  const row = (more: Partial<SurveyedVault>): SurveyedVault => ({ ...known, ...more });

  test.each<
    readonly [
      says: string,
      before: SurveyedVault | undefined,
      found: Parameters<typeof mergedVault>[1],
      now: SurveyedVault | undefined,
    ]
  >([
    ['is in use since now, where it was not', undefined, { id, keys, unknown: [] }, row({ usedSince: AT })],
    ['is in use since it first was', known, { id, keys, unknown: [] }, known],
    ['was in use, where nothing uses it any more', known, { id, keys: {}, unknown: [] }, row({ keys: {} })],
    ['is found, and not in use', undefined, { id, keys: {}, unknown: [] }, { id, keys: {}, unknown: [] }],
    ['is missing once', known, { id: undefined, keys, unknown: [] }, row({ missingSince: AT })],
    ['is found again', row({ missingSince: EARLIER }), { id, keys, unknown: [] }, known],
    [
      'is missing twice, and its keys are still named',
      row({ missingSince: EARLIER }),
      { id: undefined, keys, unknown: [] },
      { keys, unknown: [] },
    ],
    ['is gone', row({ missingSince: EARLIER }), { id: undefined, keys: {}, unknown: [] }, undefined],
    ['is named by keys alone', undefined, { id: undefined, keys, unknown: [] }, { keys, unknown: [] }],
    [
      'stays as it was where its subscription cannot be read, however long',
      row({ id: ids('there', 'vault') }),
      { id: undefined, keys, unknown: ['it'] },
      row({ id: ids('there', 'vault'), unknown: ['it'] }),
    ],
  ])('%s', (_says, before, found, now) => {
    expect(mergedVault(before, found, THERE_UNREAD, AT)).toEqual(now);
  });
});
