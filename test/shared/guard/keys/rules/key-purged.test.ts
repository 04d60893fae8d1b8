import { expect } from 'vitest';
import { keyPurged } from '../../../../../shared/guard/keys/rules/key-purged.ts';
import { inDays, inMs, known, recordOf, situation, V1 } from '../../situations.ts';
import { testRule } from './table.ts';

const absent = (
  goneForMs: number | undefined,
  listedKeys: number | undefined,
  more: Parameters<typeof recordOf>[1] = {},
) =>
  situation({
    observed: { kind: 'absent' },
    listedKeys,
    record: recordOf(
      { [V1]: known() },
      { ...(goneForMs === undefined ? {} : { absentSince: inMs(-goneForMs) }), ...more },
    ),
  });
const letGo = (deletedOn: Date, scheduledPurgeOn?: Date) => ({ approval: 'a', deletedOn, scheduledPurgeOn });
const lost = { version: undefined, act: undefined, stopsDisks: true, remedy: { kind: 'tell' } } as const;
const purged = { at: inMs(-5_000), by: { oid: 'somebody' } };

testRule(keyPurged, {
  accepts: [
    ['a key that is there', situation()],
    [
      'a key that is there although a record told of a purge',
      situation({ record: recordOf({ [V1]: known() }, { purged }) }),
    ],
    [
      'an absent key that the register does not know',
      situation({ observed: { kind: 'absent' }, listedKeys: 7, record: recordOf({}) }),
    ],
    ['a key that is in neither list for the first time', absent(undefined, 7)],
    ['a key gone for a moment less than ten minutes', absent(599_999, 7)],
    ['a key gone for an hour from a vault that lists no key at all', absent(3_600_000, 0)],
    ['a key gone for an hour where no sweep has counted the vault', absent(3_600_000, undefined)],
    [
      'a purge, when its day had come, of a key that was deleted with approval',
      absent(3_600_000, 7, { purged, approvedDeletion: letGo(inDays(-90), purged.at) }),
    ],
    [
      'a record of the key that had the name before: a version was made since',
      absent(undefined, undefined, { purged: { ...purged, at: inDays(-101) } }),
    ],
    [
      'a purge before the deletion that was approved',
      absent(3_600_000, 7, { purged, approvedDeletion: letGo(inMs(-4_999)) }),
    ],
    [
      'a key that was deleted with approval and is gone, with no record of a purge and no day: Azure purges it in the end',
      absent(3_600_000, 7, { approvedDeletion: letGo(inDays(-90)) }),
    ],
    [
      'the same, gone since its day, by clocks that may differ',
      absent(600_000, 1, { approvedDeletion: letGo(inDays(-2), inMs(-595_000)) }),
    ],
  ],
  rejects: [
    [
      'an absent key with a record of its purge: at once, since the purge',
      absent(undefined, undefined, { purged }),
      { ...lost, since: purged.at },
    ],
    [
      'the purge, by somebody, of a key whose deletion alone was approved: its disks have stopped already',
      absent(3_600_000, 7, { purged, approvedDeletion: letGo(inMs(-5_000), inDays(90)) }),
      {
        ...lost,
        stopsDisks: false,
        since: purged.at,
        summary: expect.stringContaining('Its deletion was approved, the purge was not.'),
      },
    ],
    [
      'a purge by somebody where nobody knows when Azure would do so',
      absent(3_600_000, 7, { purged, approvedDeletion: letGo(inMs(-5_000)) }),
      { ...lost, stopsDisks: false },
    ],
    [
      'a key that was deleted with approval, gone for ten minutes, before its day',
      absent(600_000, 1, { approvedDeletion: letGo(inDays(-2), inMs(-594_999)) }),
      { ...lost, stopsDisks: false, since: inMs(-600_000) },
    ],
    [
      'the same where the only record is one of a purge before that deletion',
      absent(600_000, 1, {
        purged: { ...purged, at: inDays(-3) },
        approvedDeletion: letGo(inDays(-2), inMs(-594_999)),
      }),
      { ...lost, stopsDisks: false, since: inMs(-600_000) },
    ],
    [
      'a key of which nobody has approved a version: no disks are known to stop',
      situation({
        observed: { kind: 'absent' },
        record: recordOf({ [V1]: known({ approved: undefined }) }, { purged }),
      }),
      { ...lost, stopsDisks: false, summary: expect.stringContaining('Nobody has approved a version of it.') },
    ],
    [
      'a key gone for ten minutes from a vault that still lists another',
      absent(600_000, 1),
      { ...lost, since: inMs(-600_000) },
    ],
  ],
});
