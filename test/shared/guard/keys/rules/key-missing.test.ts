import { expect } from 'vitest';
import type { Standing } from '../../../../../shared/domain/register.ts';
import { keyMissing } from '../../../../../shared/guard/keys/rules/key-missing.ts';
import { inDays, inMs, known, NOW, type Parts, recordOf, situation, V1 } from '../situations.ts';
import { testRule } from './table.ts';

/** A key that is in neither list, and was first observed so that long ago; at this very inspection where left out. */
const absent = (goneForMs: number | undefined, { observed, ...more }: Parts = {}) =>
  situation({
    observed: { kind: 'absent' },
    record: recordOf(
      { [V1]: known() },
      { ...more, observed: { ...observed, absentSince: goneForMs === undefined ? undefined : inMs(-goneForMs) } },
    ),
  });
const comesBack = (
  deletedOn: Date,
  scheduledPurgeOn?: Date,
): Parts & { readonly approved: { standing: Standing } } => ({
  approved: { standing: { kind: 'deletion-approved', approval: 'a', deletedOn, scheduledPurgeOn } },
});
const recovering = (sinceMs: number): Parts => ({
  inFlight: { recovering: { since: inMs(-sinceMs), deletedOn: inMs(-sinceMs - 1_000) } },
});
const purge = { at: inMs(-5_000), by: { oid: 'somebody' } };
const purged = { audit: { purged: purge } };
const settling = { version: undefined, act: undefined, stopsDisks: false, isSettling: true } as const;
const missing = {
  version: undefined,
  act: undefined,
  stopsDisks: true,
  summary:
    'Key prod-disks/disk-a is missing: it is among neither the keys nor the deleted keys. If there is a backup of it, restore it now; if not, copy off what the running machines hold.',
  undo: undefined,
  abandons: 'key',
} as const;
const lost = {
  ...missing,
  summary:
    'Key prod-disks/disk-a was purged on 2026-03-01 11:59:55 UTC: its material is lost. If there is a backup of the key, restore it now; if not, nobody can undo that: copy off what the running machines hold.',
  by: purge.by,
} as const;
const notApproved = expect.stringContaining('Nobody has approved a version of it.');
const purgeNotApproved = expect.stringContaining('Its deletion was approved, its purge was not.');

testRule(keyMissing, {
  accepts: [
    ['a key that is there', situation()],
    [
      'a key that is there although a record says that it was purged',
      situation({ record: recordOf({ [V1]: known() }, purged) }),
    ],
    [
      'a deleted key',
      situation({ observed: { kind: 'deleted', managed: false, deletedOn: NOW, scheduledPurgeOn: undefined } }),
    ],
    [
      'an absent key that the register does not know',
      situation({ observed: { kind: 'absent' }, record: recordOf({}) }),
    ],
    [
      'an absent key that a person abandoned',
      absent(3_600_000, {
        approved: { standing: { kind: 'abandoned', at: inMs(-60_000), by: 'anna', because: 'it is gone' } },
        ...purged,
      }),
    ],
    [
      'a purge, when its day had come, of a key that was deleted with approval',
      absent(3_600_000, { ...purged, ...comesBack(inDays(-90), purge.at) }),
    ],
    [
      'a purge, by clocks that may differ, five seconds before that day',
      absent(3_600_000, { ...purged, ...comesBack(inDays(-90), NOW) }),
    ],
    [
      'a purge before the deletion that was approved: another key had the name',
      absent(3_600_000, { ...purged, ...comesBack(inMs(-4_999)) }),
    ],
    [
      'a key that was deleted with approval and is gone, with no record of a purge and no day: Azure purges it in the end',
      absent(3_600_000, comesBack(inDays(-90))),
    ],
    ['the same, gone since its day, by clocks that may differ', absent(600_000, comesBack(inDays(-2), inMs(-595_000)))],
  ],
  rejects: [
    ['a key that is in neither list for the first time: settling', absent(undefined), { ...settling, since: NOW }],
    ['a key gone for a moment less than a minute: settling', absent(59_999), { ...settling, since: inMs(-59_999) }],
    ['a key gone for a minute: missing', absent(60_000), { ...missing, since: inMs(-60_000) }],
    ['a key gone for an hour: missing still, since no record says that it was purged', absent(3_600_000), missing],
    [
      'a key that is away a moment less than fifteen minutes after the vault accepted its recovery: settling',
      absent(600_000, recovering(899_999)),
      { ...settling, since: inMs(-600_000) },
    ],
    [
      'a key that is away a moment less than fifteen minutes after its recovery was sent, of which nobody saw the answer: settling',
      absent(600_000, { inFlight: { undone: [{ since: inMs(-900_000), at: inMs(-899_999), unanswered: true }] } }),
      { ...settling, since: inMs(-600_000) },
    ],
    [
      'a key that is away fifteen minutes after the vault accepted its recovery: missing',
      absent(600_000, recovering(900_000)),
      missing,
    ],
    [
      'a key of which only a record of the one before it says that it was purged',
      absent(60_000, { audit: { purged: { ...purge, at: inDays(-101) } } }),
      missing,
    ],
    [
      'an absent key with a record of its purge: at once, since it was first observed to be gone',
      absent(30_000, purged),
      { ...lost, since: inMs(-30_000) },
    ],
    [
      'a record of its purge at the first inspection that does not find it: since now',
      absent(undefined, purged),
      { ...lost, since: NOW },
    ],
    [
      'a record of its purge within the fifteen minutes after the vault accepted its recovery',
      absent(undefined, { ...purged, ...recovering(1_000) }),
      lost,
    ],
    [
      'the purge, by somebody, of a key whose deletion alone was approved: its disks have stopped already',
      absent(3_600_000, { ...purged, ...comesBack(inMs(-5_000), inDays(90)) }),
      { ...lost, stopsDisks: false, summary: purgeNotApproved },
    ],
    [
      'a purge a moment more than five seconds before its day',
      absent(3_600_000, { ...purged, ...comesBack(inDays(-90), inMs(1)) }),
      { ...lost, stopsDisks: false, summary: purgeNotApproved },
    ],
    [
      'a purge by somebody where nobody knows when Azure would do so',
      absent(3_600_000, { ...purged, ...comesBack(inMs(-5_000)) }),
      { ...lost, stopsDisks: false, summary: purgeNotApproved },
    ],
    [
      'a key that was deleted with approval and is gone before its day: also when that day has come',
      absent(600_000, comesBack(inDays(-2), inMs(-594_999))),
      { ...missing, stopsDisks: false, since: inMs(-600_000), summary: purgeNotApproved },
    ],
    [
      'the same where the only record is one of a purge before that deletion',
      absent(600_000, { audit: { purged: { ...purge, at: inDays(-3) } }, ...comesBack(inDays(-2), inMs(-594_999)) }),
      { ...missing, stopsDisks: false, since: inMs(-600_000), summary: purgeNotApproved },
    ],
    [
      'a key of which nobody has approved a version: no disks are known to stop',
      situation({
        observed: { kind: 'absent' },
        record: recordOf({ [V1]: known({ attributes: undefined }) }, { observed: { absentSince: inMs(-60_000) } }),
      }),
      { ...missing, stopsDisks: false, summary: notApproved },
    ],
    [
      'the purge of a key of which nobody has approved a version',
      situation({
        observed: { kind: 'absent' },
        record: recordOf({ [V1]: known({ attributes: undefined }) }, purged),
      }),
      { ...lost, stopsDisks: false, summary: notApproved },
    ],
  ],
});
