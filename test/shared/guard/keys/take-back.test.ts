import { describe, expect, test } from 'vitest';
import type { Incident } from '../../../../shared/domain/incident.ts';
import type { Consumption, RegisterChange, Standing } from '../../../../shared/domain/register.ts';
import { takenBack } from '../../../../shared/guard/keys/take-back.ts';
import { incidentId } from '../../../../shared/incidents/draft.ts';
import { approvedActByOther } from '../../../../shared/incidents/kinds/approved-act-by-other.ts';
import { unexpectedUse } from '../../../../shared/incidents/kinds/unexpected-use.ts';
import type { StoredIncident } from '../../../../shared/incidents/store.ts';
import { withChanges } from '../../../../shared/register/changes.ts';
import { ACTED, approved, BORN, inMs, known, NOW, recordOf, V1, V2 } from './situations.ts';

const ID = { vault: 'prod-disks', key: 'disk-a' };
const DELETED: Standing = { kind: 'deletion-approved', approval: 'approval-1', deletedOn: ACTED };
const KEEP: RegisterChange = { kind: 'set-standing', standing: { kind: 'kept' } };

/** An incident as it stands in its row. */
const stored = (
  draft: ReturnType<typeof approvedActByOther.draft>,
  state: Incident['state'] = 'open',
): StoredIncident => {
  const value = { ...draft, commands: [], id: incidentId(draft), detectedAt: NOW, state, revision: 1 };
  return { value, row: { partition: 'prod-disks,disk-a', row: value.id, etag: '1', data: value } };
};
const byOther = (version: string | undefined, state?: Incident['state']): StoredIncident =>
  stored(
    approvedActByOther.draft({
      ...ID,
      version,
      operation: version === undefined ? 'KeyDelete' : 'KeyUpdate',
      approval: 'approval-1',
      by: { oid: 'mallory' },
      at: ACTED,
      stopsDisks: true,
    }),
    state,
  );

const use: Consumption = { approval: 'approval-1', act: 'disable', at: ACTED, before: approved() };
const disabled = known({ attributes: approved({ enabled: false }), consumed: [use] });
/** Two versions whose disablement was approved. */
const record = recordOf({ [V1]: disabled, [V2]: disabled });
const approvedAgain = (version: string): RegisterChange => ({
  kind: 'approve-version',
  version,
  created: BORN,
  attributes: approved(),
  because: 'restored by a person',
  takenBack: true,
});
const plainly = { alsoApproved: false, version: undefined };
const all = { alsoApproved: true, version: undefined };

describe('what a person who restores takes back', () => {
  test.each<readonly [says: string, standing: readonly StoredIncident[], changes: readonly RegisterChange[]]>([
    ['is nothing where all was done by whom it was meant for', [], []],
    ['is what somebody else did, of the version that it was done to', [byOther(V1)], [approvedAgain(V1)]],
    ['is nothing where that incident is over', [byOther(V1, 'resolved')], []],
    [
      'is nothing for an incident of another kind',
      [stored(unexpectedUse.draft('backed-up', ID, { oid: 'mallory' }, ACTED, 'KeyBackup'))],
      [],
    ],
    ['is nothing of versions where the key as a whole was deleted by somebody else', [byOther(undefined)], []],
  ])('%s', (_says, standing, changes) => {
    expect(takenBack(record, plainly, standing)).toEqual(changes);
  });

  test('is all that approvals allowed where the person says so', () => {
    expect(takenBack(record, all, [])).toEqual([approvedAgain(V1), approvedAgain(V2)]);
  });

  test('is that of one version where the person names it, and what somebody else did besides', () => {
    expect(takenBack(record, { alsoApproved: true, version: V2 }, [])).toEqual([approvedAgain(V2)]);
    expect(takenBack(record, { alsoApproved: true, version: V2 }, [byOther(V1)])).toEqual([
      approvedAgain(V1),
      approvedAgain(V2),
    ]);
  });

  test('is approved as it was before the first of several approvals', () => {
    const second: Consumption = {
      approval: 'approval-2',
      act: 'expire',
      at: NOW,
      before: approved({ enabled: false }),
    };
    const twice = recordOf({ [V1]: known({ attributes: approved({ enabled: false }), consumed: [use, second] }) });
    expect(takenBack(twice, plainly, [byOther(V1)])).toEqual([approvedAgain(V1)]);
  });

  test('is nothing of a version of which nobody knows what was approved before', () => {
    const { before: _, ...unknown } = use;
    expect(takenBack(recordOf({ [V1]: known({ consumed: [unknown] }) }), all, [])).toEqual([]);
    expect(takenBack(recordOf({ [V1]: known() }), all, [byOther(V1)])).toEqual([]);
  });

  test('is taken back once: then nothing is consumed any more', () => {
    const after = withChanges(record, takenBack(record, all, []));
    expect(takenBack(after, all, [byOther(V1)])).toEqual([]);
  });
});

describe('the approval of a deletion', () => {
  const deleted = recordOf({ [V1]: known() }, { approved: { standing: DELETED } });

  test.each<
    readonly [
      says: string,
      given: Parameters<typeof takenBack>[1],
      standing: readonly StoredIncident[],
      isTakenBack: boolean,
    ]
  >([
    ['is taken back where somebody else deleted the key', plainly, [byOther(undefined)], true],
    ['is taken back where the person says so', all, [], true],
    [
      'is taken back where the person names a version: it cannot be restored in a deleted key',
      { alsoApproved: true, version: V1 },
      [],
      true,
    ],
    ['stands where nobody says otherwise', plainly, [], false],
    ['stands where somebody else did something to a version only', plainly, [byOther(V1)], false],
    ['stands where that incident is over', plainly, [byOther(undefined, 'resolved')], false],
  ])('%s', (_says, given, standing, isTakenBack) => {
    expect(takenBack(deleted, given, standing)).toEqual(isTakenBack ? [KEEP] : []);
  });

  test('is none of a key that a person abandoned', () => {
    const standing: Standing = { kind: 'abandoned', at: inMs(-60_000), by: 'anna', because: 'it is gone' };
    const abandoned = recordOf({ [V1]: known() }, { approved: { standing } });
    expect(takenBack(abandoned, all, [byOther(undefined)])).toEqual([]);
  });
});
