import { describe, expect, test } from 'vitest';
import { versionChanged } from '../../../../../shared/guard/keys/rules/version-changed.ts';
import { DETAIL, found, inDays, inMs, OPERATIONS, oneVersion, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const may = (...operations: readonly string[]) => ({ detail: { ...DETAIL, operations } });
const alertOnly = { version: V1, stopsDisks: false, undo: undefined } as const;

testRule(versionChanged, {
  accepts: [
    ['a version that is as approved', oneVersion({})],
    [
      'the approved dates',
      oneVersion({ notBefore: inDays(-5), expiresOn: inDays(90) }, { notBefore: inDays(-5), expiresOn: inDays(90) }),
    ],
    ['the same operations in another order', oneVersion(may(...OPERATIONS.toReversed()))],
    ['a version that was not read in full', oneVersion({ detail: undefined })],
    ['an expiry pulled in: another rule finds it', oneVersion({ expiresOn: inDays(89) }, { expiresOn: inDays(90) })],
    ['an expiry where none was approved: another rule finds it', oneVersion({ expiresOn: inDays(90) })],
    ['a not-before pushed out: another rule finds it', oneVersion({ notBefore: inMs(1) })],
    ['a lost wrapKey: another rule finds it', oneVersion(may('unwrapKey', 'sign'))],
    ['a retired version that stays disabled', oneVersion({ enabled: false }, { enabled: false })],
    ['a version disabled though approved as enabled: another rule finds it', oneVersion({ enabled: false })],
  ],
  rejects: [
    [
      'a retired version that is enabled: alerted, never disabled by the guardian and never adopted',
      oneVersion({}, { enabled: false }),
      {
        ...alertOnly,
        act: 'enable',
        summary: `Version ${V1} of prod-disks/disk-a is enabled and was approved as disabled.`,
        commands: [
          `az keyvault key set-attributes --vault-name prod-disks --name disk-a --version ${V1} --enabled false  # if nobody meant it`,
          `key-guardian baseline accept prod-disks --as-shown disk-a/${V1}  # if it was meant`,
        ],
      },
    ],
    [
      'an expiry pushed out by a second: alerted, and unapproved until accepted',
      oneVersion({ expiresOn: inMs(1_000) }, { expiresOn: inMs(0) }),
      {
        ...alertOnly,
        act: 'expire',
        summary: `Version ${V1} of prod-disks/disk-a expires on 2026-03-01 12:00:01 UTC; approved: 2026-03-01 12:00:00 UTC.`,
      },
    ],
    [
      'an expiry taken away',
      oneVersion({}, { expiresOn: inDays(90) }),
      {
        ...alertOnly,
        act: 'expire',
        summary: `Version ${V1} of prod-disks/disk-a has no expiry; approved: 2026-05-30 12:00:00 UTC.`,
      },
    ],
    [
      'a not-before moved to a date that has passed by now',
      oneVersion({ notBefore: inDays(0) }, { notBefore: inDays(-5) }),
      { ...alertOnly, act: 'not-before' },
    ],
    [
      'a not-before set in the past where none was approved',
      oneVersion({ notBefore: inDays(-5) }),
      {
        ...alertOnly,
        act: 'not-before',
        summary: `Version ${V1} of prod-disks/disk-a has the not-before 2026-02-24 12:00:00 UTC; approved: no not-before.`,
      },
    ],
    [
      'a not-before taken away',
      oneVersion({}, { notBefore: inDays(-5) }),
      {
        ...alertOnly,
        act: 'not-before',
        summary: `Version ${V1} of prod-disks/disk-a has no not-before; approved: the not-before 2026-02-24 12:00:00 UTC.`,
      },
    ],
    [
      'a not-before that is still to come, moved earlier: more usable is alerted too',
      oneVersion({ notBefore: inDays(1) }, { notBefore: inDays(2) }),
      { ...alertOnly, act: 'not-before' },
    ],
    ['an operation added', oneVersion(may(...OPERATIONS, 'import')), { ...alertOnly, act: 'operations' }],
    [
      'an operation removed that no disk needs',
      oneVersion(may('wrapKey', 'unwrapKey')),
      { ...alertOnly, act: 'operations' },
    ],
    [
      'an operation changed on a retired version',
      oneVersion({ enabled: false, ...may('wrapKey', 'unwrapKey') }, { enabled: false }),
      { ...alertOnly, act: 'operations' },
    ],
    [
      'an operation added, and a wrapKey that was never approved missing',
      oneVersion(may('sign', 'verify', 'encrypt'), { operations: ['sign', 'verify'] }),
      { ...alertOnly, act: 'operations' },
    ],
  ],
});

describe('of several changes at once', () => {
  test('each is a finding of its own, since people may have approved one and not the other', () => {
    const several = oneVersion(
      { expiresOn: inDays(91), notBefore: inDays(-5), ...may('wrapKey', 'unwrapKey') },
      { enabled: false, expiresOn: inDays(90) },
    );
    expect(found('version-changed', several).map(({ act }) => act)).toEqual([
      'enable',
      'expire',
      'not-before',
      'operations',
    ]);
  });
});
