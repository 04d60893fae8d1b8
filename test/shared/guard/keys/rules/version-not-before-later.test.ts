import { versionNotBeforeLater } from '../../../../../shared/guard/keys/rules/version-not-before-later.ts';
import { approved, BORN, inDays, inMs, known, oneVersion, recordOf, restoring, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const toCreation = { undo: restoring({ notBefore: BORN }), approves: { notBefore: BORN } };

testRule(versionNotBeforeLater, {
  accepts: [
    ['a version without the date', oneVersion({})],
    ['a date that has passed', oneVersion({ notBefore: inDays(-1) })],
    ['a date that is this very moment: the version can be used', oneVersion({ notBefore: inDays(0) })],
    ['the approved date, though still to come', oneVersion({ notBefore: inDays(2) }, { notBefore: inDays(2) })],
    ['an earlier date than approved', oneVersion({ notBefore: inDays(1) }, { notBefore: inDays(2) })],
  ],
  rejects: [
    [
      'a date pushed out where none was approved: put back to the creation of the version, which becomes the approved date',
      oneVersion({ notBefore: inDays(1) }),
      {
        version: V1,
        act: 'not-before',
        stopsDisks: true,
        summary: `Version ${V1} of prod-disks/disk-a cannot be used before 2026-03-02 12:00:00 UTC; approved: no not-before.`,
        ...toCreation,
      },
    ],
    [
      'a date one millisecond ahead',
      oneVersion({ notBefore: inMs(1) }),
      { act: 'not-before', stopsDisks: true, ...toCreation },
    ],
    [
      'a date a second later than the approved one that is still to come: put back',
      oneVersion({ notBefore: inMs(2_000) }, { notBefore: inMs(1_000) }),
      {
        summary: `Version ${V1} of prod-disks/disk-a cannot be used before 2026-03-01 12:00:02 UTC; approved: 2026-03-01 12:00:01 UTC.`,
        undo: restoring({ notBefore: inMs(1_000) }),
      },
    ],
    [
      'a date pushed out from an approved one that has passed: put back',
      oneVersion({ notBefore: inDays(1) }, { notBefore: inDays(-100) }),
      { undo: restoring({ notBefore: inDays(-100) }) },
    ],
    [
      'a date pushed out from an approved one that the service refused: put back to the creation of the version, which becomes the approved date',
      oneVersion(
        { notBefore: inDays(1) },
        {},
        {
          record: recordOf(
            { [V1]: known({ attributes: approved({ notBefore: inDays(-100) }) }) },
            { inFlight: { refusedDates: { [V1]: { dates: [inDays(-100)] } } } },
          ),
        },
      ),
      toCreation,
    ],
    [
      'a date pushed out on a retired version: alerted, for no disk uses it',
      oneVersion({ enabled: false, notBefore: inDays(1) }, { enabled: false }),
      { stopsDisks: false, undo: undefined },
    ],
  ],
});
