import { expect, test } from 'vitest';
import { effectivePolicy, guardedVaults, policy, policyOf } from '../../../shared/domain/policy.ts';
import { assignmentId, spellAssignment } from '../../../shared/domain/role-assignment.ts';
import {
  isWatched,
  knownCallers,
  MISSED_MS,
  NOT_SURVEYED,
  pinnedVersions,
  type Surveyed,
  subscriptionIn,
} from '../../../shared/domain/survey.ts';

const ONE = '11111111-0000-4000-8000-000000000001';
const TWO = '22222222-0000-4000-8000-000000000002';
const idOf = (subscription: string, name: string): string => `/subscriptions/${subscription}/vaults/${name}`;
const keys = { disk: { versions: ['v1'], callers: ['oid-1'] } };
const SINCE = new Date('2026-03-01T12:00:00Z');

const surveyed: Surveyed = {
  at: SINCE,
  vaults: new Map([
    ['used', { id: idOf(ONE, 'used'), usedSince: SINCE, keys, unknown: [] }],
    ['unused', { id: idOf(ONE, 'unused'), keys: {}, unknown: [] }],
    ['named', { id: idOf(ONE, 'named'), usedSince: SINCE, keys, unknown: [] }],
    ['far', { id: idOf(TWO, 'far'), usedSince: SINCE, keys, unknown: [] }],
    ['partly', { id: idOf(ONE, 'partly'), keys, unknown: ['it'] }],
    ['by-key', { keys, unknown: [] }],
  ]),
};
const file = (more: object = {}) => policy.parse({ vaults: [{ name: 'Named', mode: 'block' }], ...more });

test('a policy guards what its file names, and in alert the vaults in use of its subscriptions', () => {
  expect(guardedVaults(effectivePolicy(file(), surveyed))).toEqual(['named']);
  const effective = effectivePolicy(file({ subscriptions: [ONE] }), surveyed);
  expect(guardedVaults(effective)).toEqual(['named', 'used']);
  expect(['named', 'used'].map((vault) => policyOf(effective, vault)?.mode)).toEqual(['block', 'alert']);
});

test('a policy stays the same object where nothing is found', () => {
  const named = file({ subscriptions: [ONE] });
  expect(effectivePolicy(named, NOT_SURVEYED)).toBe(named);
});

test('the versions that known users need are known where the vault was read, and all of what could use it', () => {
  expect(pinnedVersions(surveyed, { vault: 'used', key: 'Disk' }, SINCE)).toEqual(['v1']);
  expect(pinnedVersions(surveyed, { vault: 'unused', key: 'disk' }, SINCE)).toEqual([]);
  for (const vault of ['partly', 'by-key', 'elsewhere'])
    expect(pinnedVersions(surveyed, { vault, key: 'disk' }, SINCE)).toBeUndefined();
});

test('the versions that known users need are not known once two surveys were missed, nor where a user names none', () => {
  const used = { vault: 'used', key: 'disk' };
  expect(pinnedVersions(surveyed, used, new Date(SINCE.getTime() + MISSED_MS - 1))).toEqual(['v1']);
  expect(pinnedVersions(surveyed, used, new Date(SINCE.getTime() + MISSED_MS))).toBeUndefined();
  expect(pinnedVersions({ ...surveyed, at: undefined }, used, SINCE)).toBeUndefined();
  const following = { id: idOf(ONE, 'used'), keys: { disk: { ...keys.disk, anyVersion: true as const } }, unknown: [] };
  expect(pinnedVersions({ at: SINCE, vaults: new Map([['used', following]]) }, used, SINCE)).toBeUndefined();
});

test('an older version is watched where a known user needs it, and where nobody knows', () => {
  expect([isWatched('V1', ['v1']), isWatched('v2', ['v1']), isWatched('v2', undefined)]).toEqual([true, false, true]);
});

test('callers are known also of a vault that only keys name', () => {
  expect(knownCallers(surveyed, 'By-Key', 'disk')).toEqual({ callers: ['oid-1'] });
  expect(knownCallers(surveyed, 'used', 'other')).toEqual({ callers: [] });
});

test('a subscription is read from an id, whatever its case', () => {
  expect(subscriptionIn(`/Subscriptions/${ONE.toUpperCase()}/resourceGroups/x`)).toBe(ONE);
  expect(subscriptionIn('azure-disk-encryption/vault/key')).toBeUndefined();
});

test('a role assignment has one id, whether a record or a resource names it', () => {
  const guid = '0aa1b2c3-0000-4000-8000-000000000009';
  const ids = [guid, guid.toUpperCase(), guid.replaceAll('-', ''), `/providers/x/roleAssignments/${guid}`];
  expect(new Set(ids.map(assignmentId)).size).toBe(1);
  expect(assignmentId('x'.repeat(100)).length).toBe(64);
});

test('a role assignment in words says which role, whose, and where', () => {
  const of = { id: 'a', role: 'Owner', principalId: 'p', scope: '/subscriptions/one' };
  expect(spellAssignment({ ...of, principalType: 'Group' })).toBe('Owner of group p at /subscriptions/one');
  expect(spellAssignment(of)).toBe('Owner of p at /subscriptions/one');
});
