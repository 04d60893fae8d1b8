import { versionExpiring } from '../../../../../shared/guard/keys/rules/version-expiring.ts';
import { approved, inDays, inMs, known, oneVersion, POLICY, recordOf, restoring, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const inAYear = inDays(365);
const putBack = restoring({ expiresOn: inAYear });
/** Ten years of 365 days from the whole second of `NOW`. */
const tenYears = { expiresOn: new Date('2036-02-27T12:00:00Z') };

/** A version that was made 59.5 days ago and expires then: its approved expiry was refused, since it may be valid so many days at most. */
const refusedUnder = (longestDays: number, expiresOn: Date) =>
  oneVersion(
    { expiresOn },
    {},
    {
      record: recordOf(
        { [V1]: known({ attributes: approved({ expiresOn: inAYear }) }) },
        { inFlight: { refusedDates: { [V1]: { dates: [inAYear], longestDays } } } },
      ),
    },
  );

testRule(versionExpiring, {
  accepts: [
    ['a version that never expires, as approved', oneVersion({})],
    ['the approved expiry itself', oneVersion({ expiresOn: inAYear }, { expiresOn: inAYear })],
    ['the approved expiry, even when it has come near', oneVersion({ expiresOn: inDays(1) }, { expiresOn: inDays(1) })],
    ['the approved expiry a millisecond ahead', oneVersion({ expiresOn: inMs(1) }, { expiresOn: inMs(1) })],
    [
      'the approved expiry of a retired version, passed',
      oneVersion({ enabled: false, expiresOn: inDays(-1) }, { enabled: false, expiresOn: inDays(-1) }),
    ],
    [
      'a passed expiry pushed out, which is still past: another rule finds it',
      oneVersion({ enabled: false, expiresOn: inDays(-1) }, { enabled: false, expiresOn: inDays(-2) }),
    ],
    ['an expiry pushed out: another rule finds it', oneVersion({ expiresOn: inDays(366) }, { expiresOn: inAYear })],
    ['an approved expiry taken away: another rule finds it', oneVersion({}, { expiresOn: inAYear })],
  ],
  rejects: [
    [
      'an expiry pulled into the past: put back',
      oneVersion({ expiresOn: inDays(-1) }, { expiresOn: inAYear }),
      {
        version: V1,
        act: 'expire',
        stopsDisks: true,
        summary: `Version ${V1} of prod-disks/disk-a expired on 2026-02-28 12:00:00 UTC; approved: 2027-03-01 12:00:00 UTC.`,
        undo: putBack,
      },
    ],
    [
      'an expiry that is this very moment: disks stop now',
      oneVersion({ expiresOn: inDays(0) }, { expiresOn: inAYear }),
      { stopsDisks: true, undo: putBack },
    ],
    [
      'an expiry a millisecond ahead: disks do not stop yet',
      oneVersion({ expiresOn: inMs(1) }, { expiresOn: inAYear }),
      { stopsDisks: false, undo: putBack },
    ],
    [
      'an expiry a moment inside the notify time of 30 days: put back',
      oneVersion({ expiresOn: inMs(30 * 86_400_000 - 1) }, { expiresOn: inAYear }),
      { stopsDisks: false, undo: putBack },
    ],
    [
      'an expiry exactly at the notify time, nearer than approved: alerted',
      oneVersion({ expiresOn: inDays(30) }, { expiresOn: inAYear }),
      { act: 'expire', stopsDisks: false, undo: undefined },
    ],
    [
      'an expiry a second nearer than approved and far away: alerted',
      oneVersion({ expiresOn: inMs(365 * 86_400_000 - 1_000) }, { expiresOn: inAYear }),
      { undo: undefined },
    ],
    [
      'an expiry inside the longer notify time that the policy gives: put back',
      oneVersion(
        { expiresOn: inDays(59) },
        { expiresOn: inAYear },
        { policy: { ...POLICY, notifyBeforeExpiryDays: 60 } },
      ),
      { undo: putBack },
    ],
    [
      'an expiry outside the shorter notify time that the policy gives: alerted',
      oneVersion(
        { expiresOn: inDays(7) },
        { expiresOn: inAYear },
        { policy: { ...POLICY, notifyBeforeExpiryDays: 7 } },
      ),
      { undo: undefined },
    ],
    [
      'an expiry where none was approved: ten years ahead from the whole second, which becomes the approved one',
      oneVersion({ expiresOn: inDays(1) }, {}, { now: inMs(999) }),
      {
        act: 'expire',
        summary: `Version ${V1} of prod-disks/disk-a expires on 2026-03-02 12:00:00 UTC; approved: no expiry.`,
        undo: restoring(tenYears),
        approves: tenYears,
      },
    ],
    [
      'a far expiry where none was approved: alerted',
      oneVersion({ expiresOn: inDays(30) }),
      { stopsDisks: false, undo: undefined },
    ],
    [
      'an expiry pulled in on a retired version: alerted',
      oneVersion({ enabled: false, expiresOn: inDays(1) }, { enabled: false }),
      { undo: undefined },
    ],
    [
      'the approved expiry at the very moment when it passes: alerted since then, never undone',
      oneVersion({ expiresOn: inDays(0) }, { expiresOn: inDays(0) }),
      {
        version: V1,
        since: inDays(0),
        act: undefined,
        stopsDisks: true,
        summary: `Version ${V1} of prod-disks/disk-a expired on 2026-03-01 12:00:00 UTC, as approved: rotate the key.`,
        undo: undefined,
        commands: ['az keyvault key rotate --vault-name prod-disks --name disk-a'],
      },
    ],
    [
      'the approved expiry, long passed',
      oneVersion({ expiresOn: inDays(-10) }, { expiresOn: inDays(-10) }),
      { since: inDays(-10), act: undefined, undo: undefined },
    ],
    [
      'an expiry in the past where none was approved: put ten years ahead',
      oneVersion({ expiresOn: inDays(-1) }),
      {
        act: 'expire',
        stopsDisks: true,
        undo: restoring(tenYears),
        approves: tenYears,
      },
    ],
    [
      'a passed expiry that was approved even later: put back to what was approved',
      oneVersion({ expiresOn: inDays(-2) }, { expiresOn: inDays(-1) }),
      { act: 'expire', stopsDisks: true, undo: restoring({ expiresOn: inDays(-1) }) },
    ],
    [
      'a passed expiry of a version that a policy lets be valid no longer: alerted, for no later date is taken',
      refusedUnder(30, inDays(-1)),
      { act: 'expire', stopsDisks: true, undo: undefined },
    ],
    [
      'a near expiry that is already as late as a policy lets it be: alerted',
      refusedUnder(60, inDays(0.5)),
      { act: 'expire', stopsDisks: false, undo: undefined },
    ],
    [
      'a near expiry that a policy lets be later, but not as late as approved: set as late as it may be',
      refusedUnder(60, inDays(0.25)),
      { undo: restoring({ expiresOn: inDays(0.5) }), approves: { expiresOn: inDays(0.5) } },
    ],
  ],
});
