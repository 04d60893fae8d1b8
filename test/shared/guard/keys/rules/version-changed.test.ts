import { versionChanged } from '../../../../../shared/guard/keys/rules/version-changed.ts';
import { ACTED, DETAIL, inDays, inMs, OPERATIONS, oneVersion, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const may = (...operations: readonly string[]) => ({ detail: { ...DETAIL, operations } });
const told = { version: V1, since: ACTED, stopsDisks: false, remedy: { kind: 'tell' } } as const;

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
  ],
  rejects: [
    [
      'an expiry pushed out by a second: told, and unapproved until accepted',
      oneVersion({ expiresOn: inMs(1_000) }, { expiresOn: inMs(0) }),
      {
        ...told,
        act: 'expire',
        summary: `Version ${V1} of prod-disks/disk-a has expiry 2026-03-01 12:00:01 UTC instead of 2026-03-01 12:00:00 UTC.`,
      },
    ],
    [
      'an expiry taken away',
      oneVersion({}, { expiresOn: inDays(90) }),
      {
        ...told,
        act: 'expire',
        summary: `Version ${V1} of prod-disks/disk-a has expiry none instead of 2026-05-30 12:00:00 UTC.`,
      },
    ],
    [
      'a not-before moved to a date that has passed by now',
      oneVersion({ notBefore: inDays(0) }, { notBefore: inDays(-5) }),
      { ...told, act: 'not-before' },
    ],
    [
      'a not-before set in the past where none was approved',
      oneVersion({ notBefore: inDays(-5) }),
      {
        ...told,
        act: 'not-before',
        summary: `Version ${V1} of prod-disks/disk-a has not-before 2026-02-24 12:00:00 UTC instead of none.`,
      },
    ],
    [
      'a not-before taken away',
      oneVersion({}, { notBefore: inDays(-5) }),
      {
        ...told,
        act: 'not-before',
        summary: `Version ${V1} of prod-disks/disk-a has not-before none instead of 2026-02-24 12:00:00 UTC.`,
      },
    ],
    [
      'a not-before that is still to come, moved earlier: more usable is told too',
      oneVersion({ notBefore: inDays(1) }, { notBefore: inDays(2) }),
      { ...told, act: 'not-before' },
    ],
    ['an operation added', oneVersion(may(...OPERATIONS, 'import')), { ...told, act: 'operations' }],
    [
      'an operation removed that no disk needs',
      oneVersion(may('wrapKey', 'unwrapKey')),
      { ...told, act: 'operations' },
    ],
    [
      'an operation changed on a retired version',
      oneVersion({ enabled: false, ...may('wrapKey', 'unwrapKey') }, { enabled: false }),
      { ...told, act: 'operations' },
    ],
    [
      'several changes at once: nobody approved them as one act',
      oneVersion({ expiresOn: inDays(91), ...may('wrapKey', 'unwrapKey') }, { expiresOn: inDays(90) }),
      { ...told, act: undefined },
    ],
  ],
});
