import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockSince,
  covers,
  guardedVaults,
  isInWindow,
  keyPolicy,
  type PastPolicy,
  policy,
  storedPolicy,
  updatesSets,
  vaultsInBlock,
  vaultsRotated,
} from '../../../shared/domain/policy.ts';

const parsed = policy.parse({
  vaults: [
    {
      name: 'Prod-Disks',
      mode: 'block',
      knownUsers: ['des-1'],
      keys: [
        { pattern: 'canary-*', guard: false },
        { pattern: 'legacy-*', mode: 'alert' },
        { pattern: 'Backup-Key', notifyBeforeExpiryDays: 60, knownUsers: ['backup'] },
        { pattern: '*-key', notifyBeforeExpiryDays: 7 },
      ],
    },
    { name: 'lab', keys: [{ pattern: 'one', mode: 'block' }] },
    { name: 'telling', keys: [{ pattern: 'canary', guard: false, mode: 'block' }] },
  ],
});

describe('what the policy says of a key', () => {
  test.each([
    [
      'a key of a named vault is guarded in the mode of the vault',
      'prod-disks',
      'disk-a',
      { guarded: true, mode: 'block' },
    ],
    ['a vault is named without case', 'PROD-DISKS', 'disk-a', { guarded: true, mode: 'block' }],
    ['a key that a pattern leaves out is not guarded', 'prod-disks', 'canary-1', { guarded: false }],
    ['a pattern is about the whole name', 'prod-disks', 'my-canary-1', { guarded: true }],
    ['a pattern fits without case', 'prod-disks', 'backup-KEY', { notifyBeforeExpiryDays: 60 }],
    ['the star stands for nothing as well', 'prod-disks', 'canary-', { guarded: false }],
    ['a mode by key counts before that of the vault', 'prod-disks', 'legacy-1', { mode: 'alert' }],
    ['the first pattern that fits counts', 'prod-disks', 'backup-key', { notifyBeforeExpiryDays: 60 }],
    ['a later pattern counts where no earlier one fits', 'prod-disks', 'other-key', { notifyBeforeExpiryDays: 7 }],
    [
      'known users of a key are added to those of its vault',
      'prod-disks',
      'backup-key',
      { knownUsers: ['des-1', 'backup'] },
    ],
    ['a vault is in alert where nothing is said', 'lab', 'two', { guarded: true, mode: 'alert' }],
    ['a key may be in block in a vault in alert', 'lab', 'one', { mode: 'block' }],
    ['keys of a vault that is not named are not guarded', 'elsewhere', 'disk-a', { guarded: false, mode: 'alert' }],
    [
      'defaults: 30 days of notice, nobody known',
      'telling',
      'disk-a',
      { guarded: true, mode: 'alert', notifyBeforeExpiryDays: 30, knownUsers: [] },
    ],
  ])('%s', (_says, vault, key, says) => {
    expect(keyPolicy(parsed, vault, key)).toMatchObject(says);
  });

  test.each([
    ['*', '', true],
    ['*', 'any', true],
    ['**', 'any', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a*b*c', 'axbxbxc', true],
    ['a*b*b', 'ab', false],
    ['*ab*ab*', 'xabab', true],
    ['*ab*ab*', 'xab', false],
    ['one', 'one', true],
    ['one', 'ones', false],
    ['one', 'none', false],
  ])('the pattern %s fits "%s": %s', (pattern, key, isFitting) => {
    const only = policy.parse({ vaults: [{ name: 'lab', keys: [{ pattern, guard: false }] }] });
    expect(keyPolicy(only, 'lab', key).guarded).toBe(!isFitting);
  });

  test('a pattern takes no long time, however many stars it has', () => {
    const only = policy.parse({ vaults: [{ name: 'lab', keys: [{ pattern: '*a*a*a*a*b', guard: false }] }] });
    const before = process.cpuUsage();
    expect(keyPolicy(only, 'lab', 'a'.repeat(127)).guarded).toBe(true);
    // In µs of this process, whatever else the machine does meanwhile.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  test.each([
    ['*', 'disk-*', true],
    ['*', '*', true],
    ['*', '**', true],
    ['**', '*', true],
    ['disk-*', 'disk-web', true],
    ['disk-*', 'DISK-web-*', true],
    ['disk-*', 'disk-', true],
    ['*a*', 'ba*b', true],
    ['a*b*c', 'a*bb*c', true],
    ['a*a', 'aa', true],
    ['disk-*', 'disk*', false],
    ['disk-*', '*', false],
    ['disk-web', 'disk-*', false],
    ['a*a', 'a', false],
    ['a*b*c', 'a*c', false],
    ['*-web', '*-web*', false],
  ])('the pattern %s fits every key that %s fits: %s', (earlier, later, isCovering) => {
    expect(covers(earlier, later)).toBe(isCovering);
  });

  test('a pattern that covers another fits, of any keys, all that the other fits', () => {
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8 });
    const isGuarded = (pattern: string, key: string) =>
      keyPolicy(policy.parse({ vaults: [{ name: 'lab', keys: [{ pattern, guard: false }] }] }), 'lab', key).guarded;
    fc.assert(
      fc.property(text('ab*'), text('ab*'), fc.array(text('abc'), { minLength: 20 }), (earlier, later, keys) => {
        if (!covers(earlier, later)) return;
        expect(keys.filter((key) => !isGuarded(later, key) && isGuarded(earlier, key))).toEqual([]);
      }),
      { seed: 7 },
    );
  });

  test('guarded vaults are named in lower case', () => {
    expect(guardedVaults(parsed)).toEqual(['prod-disks', 'lab', 'telling']);
  });

  test('rights to write are needed where anything guarded is in block, and nowhere else', () => {
    expect(vaultsInBlock(parsed)).toEqual(['prod-disks', 'lab']);
  });
});

describe('a key is in block', () => {
  const DAY_HOURS = 24;
  /** The moment so many hours after midnight of the first day. */
  const at = (hours: number): Date => new Date(Date.UTC(2026, 2, 1) + hours * 3_600_000);
  const said = (hours: number, mode: 'alert' | 'block', more: object = {}): PastPolicy => ({
    from: at(hours),
    vault: { name: 'prod-disks', mode, ...more },
  });
  const canary = (mode: 'alert' | 'block') => ({ keys: [{ pattern: 'disk-*', mode }] });

  test.each<readonly [says: string, history: readonly PastPolicy[], sinceHours: number | undefined]>([
    ['since the policy says so', [said(0, 'block')], 0],
    ['since the policy said so first', [said(0, 'alert'), said(1, 'block'), said(2, 'block')], 1],
    ['since before it left block for less than 24 hours', [said(0, 'block'), said(1, 'alert'), said(24.9, 'block')], 0],
    [
      'since it went back, where it had left block for 24 hours',
      [said(0, 'block'), said(1, 'alert'), said(1 + DAY_HOURS, 'block')],
      1 + DAY_HOURS,
    ],
    [
      'since it went back for the last time, where each absence counts by itself',
      [said(0, 'block'), said(1, 'alert'), said(30, 'block'), said(40, 'alert'), said(50, 'block')],
      30,
    ],
    [
      'since it went back, where it had left block for 24 hours in several steps',
      [said(0, 'block'), said(1, 'alert'), said(20, 'alert', { knownUsers: ['a'] }), said(25, 'block')],
      25,
    ],
    ['since its pattern says so', [said(0, 'alert'), said(1, 'alert', canary('block'))], 1],
    ['not where it is in alert', [said(0, 'block'), said(1, 'alert')], undefined],
    ['not where its pattern says alert', [said(0, 'block', canary('alert'))], undefined],
    [
      'not where its pattern leaves it out',
      [said(0, 'block', { keys: [{ pattern: 'disk-*', guard: false }] })],
      undefined,
    ],
    ['not where nothing is known of the policy', [], undefined],
    [
      'since after what cannot be read any more, which is taken for no block',
      [said(0, 'block'), { from: at(1), vault: { name: 'prod-disks', modus: 'block' } }, said(26, 'block')],
      26,
    ],
    ['not where its policy cannot be read', [{ from: at(0), vault: null }], undefined],
    [
      'since it was, also where another version of the app noted members that this one does not know',
      [
        {
          from: at(0),
          vault: { name: 'prod-disks', mode: 'block', of: 1, keys: [{ pattern: 'x', olderVersions: 'hourly' }] },
        },
      ],
      0,
    ],
  ])('%s', (_says, history, sinceHours) => {
    expect(blockSince(history, 'prod-disks', 'disk-a')).toEqual(sinceHours === undefined ? undefined : at(sinceHours));
  });

  test('for itself: another key of its vault may not be', () => {
    const history = [said(0, 'alert', canary('block'))];
    expect([
      blockSince(history, 'PROD-disks', 'disk-b'),
      blockSince(history, 'prod-disks', 'sql'),
      blockSince(history, 'test-disks', 'disk-a'),
    ]).toEqual([at(0), undefined, undefined]);
  });
});

const yearly = { every: 'P1Y', notifyBefore: 'P30D' };
const quarterly = { every: 'P90D', notifyBefore: 'P30D' };
const updating = { ...yearly, sets: 'update' };

describe('the rotation schedule of a key', () => {
  const of = policy.parse({
    vaults: [
      {
        name: 'prod',
        rotation: yearly,
        keys: [
          { pattern: 'disk-*', rotation: quarterly },
          { pattern: 'Backup', rotation: quarterly },
          { pattern: 'sql' },
        ],
      },
      { name: 'lab' },
    ],
  });

  test.each<readonly [says: string, vault: string, key: string, rotation: unknown]>([
    ['is that of its pattern', 'prod', 'disk-a', { ...quarterly, setsExpiry: false }],
    ['is that of the vault where no pattern fits', 'prod', 'other', { ...yearly, setsExpiry: false }],
    ['is that of the vault where its pattern has none', 'prod', 'sql', { ...yearly, setsExpiry: false }],
    ['sets an expiry where a pattern names the very key', 'prod', 'backup', { ...quarterly, setsExpiry: true }],
    ['is missing where nothing has one', 'lab', 'disk-a', undefined],
  ])('%s', (_says, name, key, rotation) => {
    expect(keyPolicy(of, name, key).rotation).toEqual(rotation);
  });

  test.each<readonly [says: string, vault: object, is: boolean]>([
    ['of a vault in block asks for the rights to rotate', { mode: 'block', rotation: yearly }, true],
    ['of a pattern asks for them as well', { mode: 'block', keys: [{ pattern: 'a', rotation: yearly }] }, true],
    ['of a vault in alert asks for none', { rotation: yearly }, false],
    ['that there is not asks for none', { mode: 'block' }, false],
  ])('%s', (_says, more, is) => {
    expect(vaultsRotated(policy.parse({ vaults: [{ name: 'Prod', ...more }] }))).toEqual(is ? ['prod'] : []);
  });

  test.each<readonly [says: string, vault: object, is: boolean]>([
    ['of a key in block that says update asks for the right on sets', { mode: 'block', rotation: updating }, true],
    [
      'of a pattern that says so asks for it as well',
      { mode: 'block', keys: [{ pattern: 'a', rotation: updating }] },
      true,
    ],
    ['that says alert does not ask for it', { mode: 'block', rotation: { ...yearly, sets: 'alert' } }, false],
    ['that says nothing of sets does not ask for it', { mode: 'block', rotation: yearly }, false],
    ['of a vault in alert does not ask for it', { rotation: updating }, false],
  ])('%s', (_says, more, is) => {
    expect(updatesSets(policy.parse({ vaults: [{ name: 'prod', ...more }] }))).toBe(is);
  });

  test.each<readonly [window: object, now: string, is: boolean]>([
    [{}, '2026-04-06T00:00:00Z', true],
    [{ from: 8, until: 16 }, '2026-04-06T07:59:59Z', false],
    [{ from: 8, until: 16 }, '2026-04-06T08:00:00Z', true],
    [{ from: 8, until: 16 }, '2026-04-06T15:59:59Z', true],
    [{ from: 8, until: 16 }, '2026-04-06T16:00:00Z', false],
    [{ days: ['monday'] }, '2026-04-06T23:59:59Z', true],
    [{ days: ['monday'] }, '2026-04-07T00:00:00Z', false],
    [{ days: ['monday'], from: 22, until: 4 }, '2026-04-06T03:59:59Z', false],
    [{ days: ['monday'], from: 22, until: 4 }, '2026-04-06T22:00:00Z', true],
    [{ days: ['monday'], from: 22, until: 4 }, '2026-04-07T03:59:59Z', true],
    [{ days: ['monday'], from: 22, until: 4 }, '2026-04-07T04:00:00Z', false],
    [{ days: ['saturday'], from: 22, until: 4 }, '2026-04-05T03:00:00Z', true],
    [{ from: 22, until: 0 }, '2026-04-06T23:59:59Z', true],
    [{ from: 22, until: 0 }, '2026-04-07T00:00:00Z', false],
  ])('with the window %j is open at %s: %s', (window, now, is) => {
    const { rotation } = keyPolicy(
      policy.parse({ vaults: [{ name: 'prod', rotation: { ...yearly, window } }] }),
      'prod',
      'a',
    );
    expect(rotation && isInWindow(rotation, new Date(now))).toBe(is);
  });
});

const vault = (more: object) => ({ vaults: [{ name: 'prod-disks', ...more }] });

describe('a policy is accepted', () => {
  test.each([
    ['with one vault and nothing else said: then it only alerts', vault({}), { mode: 'alert' }],
    ['with the shortest name of a vault', vault({ name: 'abc' }), { name: 'abc' }],
    ['with the longest name of a vault', vault({ name: `a${'b'.repeat(23)}` }), {}],
    ['with single hyphens in the name of a vault', vault({ name: 'a-b-c' }), {}],
    ['with a pattern as long as the longest name of a key', vault({ keys: [{ pattern: `${'a'.repeat(127)}*` }] }), {}],
    ['with one day of notice', vault({ keys: [{ pattern: '*', notifyBeforeExpiryDays: 1 }] }), {}],
    ['with ten years of notice', vault({ keys: [{ pattern: '*', notifyBeforeExpiryDays: 3650 }] }), {}],
  ])('%s', (_says, file, says) => {
    expect(policy.parse(file).vaults[0]).toMatchObject(says);
  });

  test('with the console as its channel where none is named', () => {
    expect(policy.parse(vault({})).channels).toEqual(['console']);
  });
});

describe('a policy is refused', () => {
  test.each([
    ['without a vault', { vaults: [] }, 'must name at least one vault to guard'],
    ['without a channel', { ...vault({}), channels: [] }, 'must name at least one channel'],
    ['with a mode that does not exist', vault({ mode: 'blok' }), 'must be "alert" or "block", not "blok"'],
    ['with a member that it does not know, as a slip of the pen', vault({ Mode: 'block' }), 'has no member Mode'],
    [
      'with a member of a key that it does not know',
      vault({ keys: [{ pattern: '*', gaurd: false }] }),
      'has no member gaurd: its members are pattern, guard,',
    ],
    ['with a name of a vault that is too short', vault({ name: 'ab' }), 'is not the name of a key vault'],
    [
      'with a name of a vault that is too long',
      vault({ name: `a${'b'.repeat(24)}` }),
      'is not the name of a key vault',
    ],
    [
      'with a host in place of the name of a vault',
      vault({ name: 'disks.vault.azure.net' }),
      'is not the name of a key vault',
    ],
    [
      'with two hyphens in a row in the name of a vault, which Azure refuses',
      vault({ name: 'a--b' }),
      'is not the name of a key vault',
    ],
    [
      'with a pattern longer than the name of any key',
      vault({ keys: [{ pattern: `${'a'.repeat(128)}*` }] }),
      'must have at most 127 characters besides *',
    ],
    ['with a pattern that is a regular expression', vault({ keys: [{ pattern: '.*' }] }), 'must hold letters'],
    [
      'with no day of notice',
      vault({ keys: [{ pattern: '*', notifyBeforeExpiryDays: 0 }] }),
      'must be a whole number of days from 1 to 3650, not 0',
    ],
    [
      'with more than ten years of notice',
      vault({ keys: [{ pattern: '*', notifyBeforeExpiryDays: 3651 }] }),
      'must be a whole number of days from 1 to 3650, not 3651',
    ],
  ])('%s', (_says, file, because) => {
    const { error } = policy.safeParse(file);
    expect(error?.issues.map(({ message }) => message).join('\n')).toContain(because);
  });

  test('with all its faults at once, not only the first', () => {
    const { error } = policy.safeParse({
      vaults: [{ name: 'x', mode: 'blok', keys: [{ pattern: '.' }] }],
      chanels: [],
    });
    expect(error?.issues.length).toBe(4);
  });
});

test('a stored policy is read without what only another version of the app knows', () => {
  const stored = {
    vaults: [{ name: 'prod', later: 1, keys: [{ pattern: 'x', olderVersions: 'hourly' }] }],
    later: true,
  };
  expect(storedPolicy.parse(stored)).toEqual(policy.parse({ vaults: [{ name: 'prod', keys: [{ pattern: 'x' }] }] }));
  expect(policy.safeParse(stored).success).toBe(false);
});
