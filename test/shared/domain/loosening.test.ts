import { expect, test } from 'vitest';
import type { z } from 'zod';
import { loosenings } from '../../../shared/domain/loosening.ts';
import { type Policy, policy } from '../../../shared/domain/policy.ts';

type Given = z.input<typeof policy>;
const vault = (more: object = {}): Given => ({ vaults: [{ name: 'prod', mode: 'block', ...more }] });
const keyed = (rule: object, more: object = {}): Given => vault({ keys: [{ pattern: 'disk-*', ...rule }], ...more });
const KEYS = ['disk-a', 'disk-b', 'sql'];

const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';
const MORE_APPROVE = 'in prod, more people may approve';

const between = (before: Given, after: Given, keys: readonly string[] = KEYS): readonly string[] =>
  loosenings(parsed(before), parsed(after), () => keys);
const parsed = (given: Given): Policy => policy.parse(given);

test.each<readonly [says: string, before: Given, after: Given, loosened: readonly string[]]>([
  [
    'a vault is left out',
    { vaults: [{ name: 'prod' }, { name: 'other' }] },
    { vaults: [{ name: 'other' }] },
    ['vault prod is left out'],
  ],
  [
    'a vault is in alert',
    vault(),
    vault({ mode: 'alert' }),
    ['in prod, disk-a, disk-b, sql, keys made later from block to alert'],
  ],
  ['some keys are in alert', vault(), keyed({ mode: 'alert' }), ['in prod, disk-a, disk-b from block to alert']],
  ['some keys are left out', vault(), keyed({ guard: false }), ['in prod, disk-a, disk-b left out']],
  ['somebody more may approve', vault({ approvers: ['anna'] }), vault({ approvers: ['anna', 'carl'] }), [MORE_APPROVE]],
  ['somebody may approve where nobody could', vault(), vault({ approvers: ['anna'] }), [MORE_APPROVE]],
  [
    'keys have no rotation schedule any more',
    keyed({ rotation: { every: 'P90D', notifyBefore: 'P30D' } }),
    vault(),
    ['in prod, disk-a, disk-b without a rotation schedule'],
  ],
  [
    'keys are rotated less often',
    vault({ rotation: { every: 'P90D', notifyBefore: 'P30D' } }),
    vault({ rotation: { every: 'P91D', notifyBefore: 'P30D' } }),
    ['in prod, disk-a, disk-b, sql, keys made later rotated less often'],
  ],
  [
    'disk encryption sets are not updated any more',
    keyed({ rotation: { every: 'P90D', notifyBefore: 'P30D', sets: 'update' } }),
    keyed({ rotation: { every: 'P90D', notifyBefore: 'P30D' } }),
    ['in prod, disk-a, disk-b without updates of disk encryption sets'],
  ],
  [
    'the notify time is shorter',
    vault(),
    keyed({ notifyBeforeExpiryDays: 29 }),
    ['in prod, disk-a, disk-b with a shorter notify time'],
  ],
  [
    'a subscription is left out',
    { ...vault(), subscriptions: [SUBSCRIPTION] },
    vault(),
    [`vaults that are found in subscription ${SUBSCRIPTION} later are not guarded`],
  ],
  [
    'more users are expected',
    vault({ knownUsers: ['anna'] }),
    keyed({ knownUsers: ['mallory'] }, { knownUsers: ['anna'] }),
    ['in prod, disk-a, disk-b with more known users'],
  ],
  [
    'no user is unexpected any more',
    vault({ knownUsers: ['anna'] }),
    vault(),
    ['in prod, disk-a, disk-b, sql, keys made later with more known users'],
  ],
  [
    'a channel is not used any more',
    { ...vault(), channels: ['webhook', 'console'] },
    { ...vault(), channels: ['console'] },
    ['no alert goes to webhook any more'],
  ],
  [
    'a route leaves alerts out of a channel',
    { ...vault(), channels: ['console'] },
    { ...vault(), channels: ['console'], routes: [{ channel: 'console', severity: 'critical' }] },
    ['other alerts go to console than before'],
  ],
])('a policy is looser where %s', (_says, before, after, loosened) => {
  expect(between(before, after)).toEqual(loosened);
  expect(between(after, before)).toEqual([]);
});

test('names five keys, and counts the others', () => {
  const many = Array.from({ length: 9 }, (_, number) => `disk-${number}`);
  expect(between(vault(), keyed({ guard: false }), many)).toEqual([
    'in prod, disk-0, disk-1, disk-2, disk-3, disk-4 and 4 more left out',
  ]);
});

test.each<readonly [says: string, before: Given, after: Given]>([
  ['nothing changed', vault(), vault()],
  ['fewer may approve', vault({ approvers: ['anna', 'carl'] }), vault({ approvers: ['carl'] })],
  ['only the case of a name changed', vault(), { vaults: [{ name: 'PROD', mode: 'block' }] }],
  ['users are named where none were', vault(), vault({ knownUsers: ['anna'] })],
  ['a pattern fits no key', vault(), vault({ keys: [{ pattern: 'canary-*', guard: false }] })],
])('a policy is not looser where %s', (_says, before, after) => {
  expect(between(before, after)).toEqual([]);
});
