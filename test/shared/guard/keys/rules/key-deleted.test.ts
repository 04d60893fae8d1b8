import type { Standing } from '../../../../../shared/domain/register.ts';
import { keyDeleted } from '../../../../../shared/guard/keys/rules/key-deleted.ts';
import { ACTED, approved, inDays, inMs, known, recordOf, situation, V1 } from '../situations.ts';
import { testRule } from './table.ts';

const deleted = { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: inDays(90) } as const;
const abandoned = (at: Date): Standing => ({ kind: 'abandoned', at, by: 'anna', because: 'it is gone' });
const comesBack = (standing: Standing) => recordOf({ [V1]: known() }, { approved: { standing } });

testRule(keyDeleted, {
  accepts: [
    ['a key that is there', situation()],
    ['a key that is in neither list: another rule finds it', situation({ observed: { kind: 'absent' } })],
    ['a deleted key that the register does not know', situation({ observed: deleted, record: recordOf({}) })],
    [
      'the very deletion that was approved',
      situation({
        observed: deleted,
        record: comesBack({ kind: 'deletion-approved', approval: 'a', deletedOn: ACTED }),
      }),
    ],
    [
      'a deletion of the very moment in which a person abandoned the key',
      situation({ observed: deleted, record: comesBack(abandoned(ACTED)) }),
    ],
  ],
  rejects: [
    [
      'a deleted key: taken back',
      situation({ observed: deleted }),
      {
        version: undefined,
        since: ACTED,
        act: 'delete',
        stopsDisks: true,
        summary: 'Key prod-disks/disk-a is deleted. Azure purges it on 2026-05-30 12:00:00 UTC.',
        undo: { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED },
      },
    ],
    [
      'a deleted key whose vault says no day of purging',
      situation({ observed: { ...deleted, scheduledPurgeOn: undefined } }),
      {
        summary: 'Key prod-disks/disk-a is deleted.',
        undo: { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED },
      },
    ],
    [
      'another deletion than the approved one, of a key that somebody brought back: alerted, and not undone',
      situation({
        observed: { ...deleted, deletedOn: inMs(-29_000) },
        record: comesBack({ kind: 'deletion-approved', approval: 'a', deletedOn: ACTED }),
      }),
      {
        since: inMs(-29_000),
        stopsDisks: false,
        summary:
          'Key prod-disks/disk-a is deleted. It had been deleted with approval or abandoned before, and had come back. Azure purges it on 2026-05-30 12:00:00 UTC.',
        undo: undefined,
      },
    ],
    [
      'a deletion a moment after a person abandoned the key: alerted, and not undone',
      situation({ observed: deleted, record: comesBack(abandoned(inMs(-30_001))) }),
      { since: ACTED, stopsDisks: false, undo: undefined },
    ],
    [
      'a deleted key of which nothing is approved: alerted, since something may need it',
      situation({ observed: deleted, record: recordOf({ [V1]: known({ attributes: undefined }) }) }),
      {
        stopsDisks: false,
        summary:
          'Key prod-disks/disk-a is deleted. Nobody has approved a version of it. Azure purges it on 2026-05-30 12:00:00 UTC.',
        undo: undefined,
      },
    ],
    [
      'a deleted key of which only retired versions are approved',
      situation({ observed: deleted, record: recordOf({ [V1]: known({ attributes: approved({ enabled: false }) }) }) }),
      { undo: { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED } },
    ],
  ],
});
