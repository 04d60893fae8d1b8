import { expect } from 'vitest';
import { keyPurged } from '../../../../shared/guard/rules/key-purged.ts';
import { inMs, known, NOW, recordOf, situation, V1 } from '../situations.ts';
import { describeRule } from './table.ts';

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
const lost = { version: undefined, act: undefined, stopsDisks: true, remedy: { kind: 'tell' } } as const;
const purged = { at: inMs(-5_000), by: { oid: 'somebody' } };

describeRule(keyPurged, {
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
      absent(3_600_000, 7, {
        purged,
        approvedDeletion: { approval: 'a', deletedOn: NOW, scheduledPurgeOn: purged.at },
      }),
    ],
    [
      'a key that was deleted with approval and is gone, with no record of a purge: Azure purges it in the end',
      absent(3_600_000, 7, { approvedDeletion: { approval: 'a', deletedOn: NOW } }),
    ],
  ],
  rejects: [
    [
      'an absent key with a record of its purge: at once, since the purge',
      absent(undefined, undefined, { purged }),
      { ...lost, since: purged.at },
    ],
    [
      'the purge, by somebody, of a key whose deletion alone was approved',
      absent(3_600_000, 7, { purged, approvedDeletion: { approval: 'a', deletedOn: NOW, scheduledPurgeOn: NOW } }),
      { ...lost, since: purged.at, summary: expect.stringContaining('Its deletion was approved, the purge was not.') },
    ],
    [
      'a key gone for ten minutes from a vault that still lists another',
      absent(600_000, 1),
      { ...lost, since: inMs(-600_000) },
    ],
  ],
});
