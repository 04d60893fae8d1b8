import { describe, expect, test } from 'vitest';
import { policyFaults } from '../../../shared/domain/policy-faults.ts';

const vault = (more: object) => ({ vaults: [{ name: 'contoso-disks', ...more }] });
const patterns = (...names: readonly unknown[]) => vault({ keys: names.map((pattern) => ({ pattern })) });

describe('a policy has no fault', () => {
  test.each([
    ['with one vault and nothing else said', vault({})],
    ['with patterns from the narrow to the wide', patterns('disk-web', 'disk-*', '*')],
    ['with patterns that share keys, neither having all of the other', patterns('a-*', '*-b')],
    ['with one pattern in two vaults', { vaults: ['one', 'two'].map((name) => ({ name, keys: [{ pattern: '*' }] })) }],
    ['with vaults whose names begin alike', { vaults: [{ name: 'disks' }, { name: 'disks-2' }] }],
    ['with the shortest schedule that Azure takes', vault({ rotation: { every: 'P7D', notifyBefore: 'P21D' } })],
    [
      'with a schedule for a vault and another for its keys',
      vault({
        rotation: { every: 'P1Y', notifyBefore: 'P30D', window: { days: ['monday'], from: 22, until: 4 } },
        keys: [{ pattern: 'disk-*', rotation: { every: 'P3M', notifyBefore: 'P1M' } }],
      }),
    ],
    ['with brackets that hold nothing', vault({ knownUsers: ['<>'] })],
  ])('%s', (_says, given) => {
    expect(policyFaults(given, ['console'])).toEqual([]);
  });
});

describe('a fault is called by the names of what has it', () => {
  test.each([
    ['a vault', vault({ mode: 'blok' }), 'vault contoso-disks: mode must be "alert" or "block", not "blok"'],
    [
      'a key pattern',
      vault({ keys: [{ pattern: 'disk-*' }, { pattern: 'archive-*', mode: 'on' }] }),
      'vault contoso-disks, key pattern archive-*: mode must be "alert" or "block", not "on"',
    ],
    [
      'a known user, counted',
      vault({ knownUsers: ['one', 2] }),
      'vault contoso-disks: knownUsers number 2 must be an object id in quotes, not 2',
    ],
    ['a vault without a name, counted', { vaults: [{ name: 'disks' }, {}] }, 'vault number 2: name is missing'],
    ['a vault that is none, counted', { vaults: ['disks'] }, 'vault number 1 must be an object, not "disks"'],
    [
      'a pattern without a text, counted',
      patterns('disk-*', 7),
      'vault contoso-disks, key pattern number 2: pattern must be a name or pattern in quotes, not 7',
    ],
    [
      'a name that a terminal would act on, in quotes',
      { vaults: [{ name: '\u001b[2J' }] },
      expect.stringContaining('vault "\\u001b[2J": name is not the name of a key vault'),
    ],
    ['the file', [], 'the policy must be an object, not a list'],
    ['a member of the file', { vaults: 'disks' }, 'the policy: vaults must be a list of vaults, not "disks"'],
    ['what is not there', {}, 'the policy: vaults is missing'],
    [
      'a member that nobody knows',
      vault({ Mode: 'block' }),
      'vault contoso-disks has no member Mode: its members are name, mode, keys, knownUsers, rotation, approvers',
    ],
  ])('%s', (_says, given, fault) => {
    expect(policyFaults(given)).toEqual([fault]);
  });
});

describe('refused as well is', () => {
  test.each([
    [
      'a rotation more often than Azure takes',
      vault({ rotation: { every: 'P6D', notifyBefore: 'P30D' } }),
      'vault contoso-disks: rotation.every must be a period of at least 7 days, as "P90D"',
    ],
    [
      'a notice shorter than Azure takes',
      vault({ keys: [{ pattern: 'disk-*', rotation: { every: 'P90D', notifyBefore: 'P6D' } }] }),
      'vault contoso-disks, key pattern disk-*: rotation.notifyBefore must be a period of at least 7 days, as "P90D"',
    ],
    [
      'a schedule whose versions would expire earlier than Azure takes',
      vault({ rotation: { every: 'P7D', notifyBefore: 'P20D' } }),
      'vault contoso-disks: rotation is too short: every and notifyBefore together must be at least 28 days, after which Azure lets a version expire',
    ],
    [
      'a schedule that says only half',
      vault({ rotation: { every: 'P90D' } }),
      'vault contoso-disks: rotation.notifyBefore is missing',
    ],
    [
      'a period in weeks',
      vault({ rotation: { every: 'P12W', notifyBefore: 'P30D' } }),
      'vault contoso-disks: rotation.every must be a period of at least 7 days, as "P90D"',
    ],
    [
      'a period in small letters',
      vault({ rotation: { every: 'p90d', notifyBefore: 'P30D' } }),
      'vault contoso-disks: rotation.every must be a period of at least 7 days, as "P90D"',
    ],
    [
      'a window on a day that there is not',
      vault({ rotation: { every: 'P90D', notifyBefore: 'P30D', window: { days: ['monday', 'mon'] } } }),
      'vault contoso-disks: rotation.window.days number 2 must be a day of the week, as "monday", not "mon"',
    ],
    [
      'a window on no day',
      vault({ rotation: { every: 'P90D', notifyBefore: 'P30D', window: { days: [] } } }),
      'vault contoso-disks: rotation.window.days must name at least one day of the week: without one the window never opens',
    ],
    [
      'a window that ends at the hour at which it begins',
      vault({ keys: [{ pattern: 'a', rotation: { every: 'P90D', notifyBefore: 'P30D', window: { until: 0 } } }] }),
      'vault contoso-disks, key pattern a: rotation.window never opens: from and until are the same hour',
    ],
    [
      'a window that begins at the end of a day',
      vault({ rotation: { every: 'P90D', notifyBefore: 'P30D', window: { from: 24, until: 4 } } }),
      'vault contoso-disks: rotation.window.from must be a whole hour from 0 to 23, not 24',
    ],
    [
      'a limit of rotations that lets none through',
      { ...vault({}), rotationsPerHour: 0 },
      'the policy: rotationsPerHour must be a whole number from 1 to 1000, not 0',
    ],
    [
      'a vault that is named twice, without case',
      { vaults: [{ name: 'disks' }, { name: 'DISKS' }] },
      'vault disks is named twice: say all of it in one place',
    ],
    [
      'no channel',
      { ...vault({}), channels: [] },
      'the policy: channels must name at least one channel: without one nobody is alerted',
    ],
    [
      'a demand of customer-managed keys that is no truth value',
      { ...vault({}), customerManagedKeys: 'yes' },
      'the policy: customerManagedKeys must be true or false, not "yes"',
    ],
    [
      'a channel that is not there',
      { ...vault({}), channels: ['console', 'pager'] },
      'the policy: channels must name only channels there are (console), not "pager"',
    ],
    [
      'a pattern behind one that fits everything',
      patterns('*', 'disk-*'),
      'vault contoso-disks, key pattern disk-* never counts: *, which stands before it, fits all its keys',
    ],
    [
      'a pattern behind a wider one, with others between',
      patterns('disk-*', 'a-*', 'Disk-Web'),
      'vault contoso-disks, key pattern Disk-Web never counts: disk-*, which stands before it, fits all its keys',
    ],
    [
      'a pattern that is there twice, without case',
      patterns('disk-*', 'DISK-*'),
      'vault contoso-disks, key pattern DISK-* is there twice, and only the first counts',
    ],
    [
      'a placeholder that nobody replaced',
      vault({ knownUsers: ['<object id of a disk encryption set>'] }),
      'vault contoso-disks: knownUsers number 1 still holds the placeholder <object id of a disk encryption set>: replace it by your own value',
    ],
    [
      'a placeholder within a text, once, whatever else is wrong with it',
      { vaults: [{ name: 'kv-<region>' }] },
      'vault kv-<region>: name still holds the placeholder <region>: replace it by your own value',
    ],
    [
      'a route of a channel that is not named',
      { ...vault({}), routes: [{ channel: 'teams' }, { channel: 'console' }] },
      'the policy: routes name the channel "teams", which channels do not: name it there as well',
    ],
    [
      'a route of no severity that there is',
      { ...vault({}), routes: [{ channel: 'console', severity: 'high' }] },
      'the policy: routes number 1.severity must be one of info, warning, error, critical, not "high"',
    ],
    [
      'a placeholder for a channel, once',
      { ...vault({}), channels: ['<channel>'] },
      'the policy: channels number 1 still holds the placeholder <channel>: replace it by your own value',
    ],
  ])('%s', (_says, given, fault) => {
    expect(policyFaults(given, ['console'])).toEqual([fault]);
  });
});

test('all faults are listed at once, also where the form is wrong elsewhere', () => {
  const faults = policyFaults(
    {
      vaults: [
        { name: 'disks', mode: 'on', keys: [{ pattern: '*', guard: 'no' }, { pattern: 'a' }, 3] },
        { name: 'disks', knownUsers: ['<oid>'] },
        5,
      ],
      channels: [null, 'pager'],
      extra: true,
    },
    ['console'],
  );
  expect(faults).toEqual([
    'vault disks: mode must be "alert" or "block", not "on"',
    'vault disks, key pattern *: guard must be true or false, not "no"',
    'vault disks, key pattern number 3 must be an object, not 3',
    'vault number 3 must be an object, not 5',
    'the policy: channels number 1 must be the id of a channel in quotes, not null',
    'the policy has no member extra: its members are $schema, vaults, subscriptions, channels, routes, rotationsPerHour, customerManagedKeys',
    'vault disks: knownUsers number 1 still holds the placeholder <oid>: replace it by your own value',
    'vault disks is named twice: say all of it in one place',
    'vault disks, key pattern a never counts: *, which stands before it, fits all its keys',
    'the policy: channels must name only channels there are (console), not "pager"',
  ]);
});
