import { deletedKeyBack } from '../../../../../shared/guard/keys/rules/deleted-key-back.ts';
import { ACTED, inDays, inMs, known, NOW, recordOf, situation, V1 } from '../../situations.ts';
import { testRule } from './table.ts';

const DELETED = inDays(-1);
const letGo = (more: Parameters<typeof recordOf>[1] = {}) =>
  recordOf({ [V1]: known() }, { approvedDeletion: { approval: 'approval-1', deletedOn: DELETED }, ...more });
const told = (operation: string, at: Date) => ({ id: operation, operation, at, by: { oid: 'mallory' } });

testRule(deletedKeyBack, {
  accepts: [
    ['a key that was never deleted with approval', situation()],
    [
      'a key that stays deleted',
      situation({
        observed: { kind: 'deleted', managed: false, deletedOn: DELETED, scheduledPurgeOn: undefined },
        record: letGo(),
      }),
    ],
    ['a key that was purged since', situation({ observed: { kind: 'absent' }, record: letGo() })],
  ],
  rejects: [
    [
      'one that is back, at the first look: since now',
      situation({ record: letGo() }),
      {
        version: undefined,
        since: NOW,
        act: undefined,
        stopsDisks: false,
        summary:
          'Key prod-disks/disk-a is back: it was deleted on 2026-02-28 12:00:00 UTC with approval approval-1, and is not guarded until a person accepts it in a baseline.',
        remedy: { kind: 'tell' },
      },
    ],
    [
      'one that a person gave up: no deletion is said to have been approved',
      situation({
        record: recordOf(
          { [V1]: known() },
          { approvedDeletion: { approval: 'closed by anna: retired', deletedOn: DELETED, givenUp: true } },
        ),
      }),
      {
        summary:
          'Key prod-disks/disk-a is back: it was given up on 2026-02-28 12:00:00 UTC (closed by anna: retired), and is not guarded until a person accepts it in a baseline.',
      },
    ],
    [
      'one that an earlier look saw back',
      situation({ record: letGo({ backSince: inMs(-60_000) }) }),
      { since: inMs(-60_000) },
    ],
    [
      'one of which a record tells when it was recovered',
      situation({ record: letGo({ acts: [told('KeyRecover', ACTED)] }) }),
      { since: ACTED },
    ],
    [
      'one that was made anew and rotated since: since it was made, in whatever order the records came',
      situation({ record: letGo({ acts: [told('KeyCreate', NOW), told('KeyImport', ACTED)] }) }),
      { since: ACTED },
    ],
    [
      'one that was recovered before the deletion that people approved, too: since now',
      situation({ record: letGo({ acts: [told('KeyRecover', inDays(-2)), told('KeyUpdate', ACTED)] }) }),
      { since: NOW },
    ],
  ],
});
