import { expect } from 'vitest';
import { keyMissing } from '../../../../../shared/guard/keys/rules/key-missing.ts';
import { inDays, inMs, known, NOW, recordOf, situation, V1 } from '../situations.ts';
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
const settling = { version: undefined, act: undefined, stopsDisks: false, remedy: { kind: 'wait' } } as const;
const missing = { version: undefined, act: undefined, stopsDisks: true, remedy: { kind: 'tell' } } as const;

testRule(keyMissing, {
  accepts: [
    ['a key that is there', situation()],
    [
      'a deleted key',
      situation({ observed: { kind: 'deleted', managed: false, deletedOn: NOW, scheduledPurgeOn: undefined } }),
    ],
    [
      'an absent key that the register does not know',
      situation({ observed: { kind: 'absent' }, record: recordOf({}) }),
    ],
    [
      'a key whose approved deletion ended in its purge',
      absent(3_600_000, 7, { approvedDeletion: { approval: 'a', deletedOn: inMs(-3_600_000) } }),
    ],
    [
      'a key of which a record told that it was purged: another rule tells',
      absent(undefined, 7, { purged: { at: NOW, by: { oid: 'x' } } }),
    ],
    ['a key gone for ten minutes from a vault that lists others: it counts as purged', absent(600_000, 1)],
  ],
  rejects: [
    ['a key that is in neither list for the first time: settling', absent(undefined, 7), { ...settling, since: NOW }],
    ['a key gone for a moment less than a minute: settling', absent(59_999, 7), { ...settling, since: inMs(-59_999) }],
    [
      'a key of which only a record of the one before it told that it was purged',
      absent(60_000, 7, { purged: { at: inDays(-101), by: { oid: 'x' } } }),
      missing,
    ],
    ['a key gone for a minute: missing', absent(60_000, 7), { ...missing, since: inMs(-60_000) }],
    ['a key gone for a moment less than ten minutes', absent(599_999, 7), missing],
    [
      'a key gone for an hour from a vault that lists no key at all: missing, not purged',
      absent(3_600_000, 0),
      missing,
    ],
    [
      'a key of which nobody has approved a version: no disks are known to stop',
      situation({
        observed: { kind: 'absent' },
        record: recordOf({ [V1]: known({ approved: undefined }) }, { absentSince: inMs(-60_000) }),
      }),
      { ...missing, stopsDisks: false, summary: expect.stringContaining('Nobody has approved a version of it.') },
    ],
    ['a key gone for an hour where no sweep has counted the vault', absent(3_600_000, undefined), missing],
  ],
});
