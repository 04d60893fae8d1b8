import { describe, expect, test } from 'vitest';
import type { KeyRecord, RegisterChange, VersionRecord } from '../../../shared/domain/register.ts';
import { withChanges } from '../../../shared/register/changes.ts';
import { ACTED, approved, BORN, known, NOW, recordOf, V1, V2 } from '../guard/keys/situations.ts';

const ONE = recordOf({ [V1]: known() });

describe('a change of what is approved', () => {
  const approve: RegisterChange = {
    kind: 'approve-version',
    version: V1,
    created: BORN,
    approved: approved({ enabled: false }),
    because: 'approval approval-1',
    spent: { approval: 'approval-1', act: 'disable', at: ACTED },
  };
  const V1_OF = (record: KeyRecord): VersionRecord | undefined => record.versions[V1];

  test('that approves a version replaces what it is held to and keeps all else that is known of it', () => {
    const before = known({ differing: { expire: { since: ACTED } }, distrusted: 'it was imported' });
    expect(V1_OF(withChanges(recordOf({ [V1]: before }), [approve]))).toEqual({
      ...before,
      approved: approved({ enabled: false }),
      spent: [{ approval: 'approval-1', act: 'disable', at: ACTED }],
      accepted: undefined,
    });
  });

  test('that approves a version adds to the approvals that were spent on it', () => {
    const again: RegisterChange = { ...approve, spent: { approval: 'approval-2', act: 'expire', at: NOW } };
    expect(V1_OF(withChanges(ONE, [approve, again]))?.spent.map((use) => use.approval)).toEqual([
      'approval-1',
      'approval-2',
    ]);
  });

  test.each<readonly [says: string, use: VersionRecord['spent'][number]]>([
    ['another approval', { approval: 'approval-2', act: 'disable', at: ACTED }],
    ['another act', { approval: 'approval-1', act: 'expire', at: ACTED }],
    ['another time', { approval: 'approval-1', act: 'disable', at: NOW }],
  ])('that is spent by %s counts beside the first', (_says, spent) => {
    expect(V1_OF(withChanges(ONE, [approve, { ...approve, spent }]))?.spent).toEqual([approve.spent, spent]);
  });

  test('that approves a new version makes it known', () => {
    const born: RegisterChange = {
      ...approve,
      version: V2,
      keyType: 'RSA',
      keySizeBits: 4096,
      fingerprint: 'f2',
      spent: undefined,
    };
    expect(withChanges(ONE, [born]).versions[V2]).toMatchObject({
      created: BORN,
      keyType: 'RSA',
      keySizeBits: 4096,
      fingerprint: 'f2',
      spent: [],
      approved: approved({ enabled: false }),
    });
  });

  test('that makes a version known does not approve it', () => {
    const know: RegisterChange = { kind: 'know-version', version: V2, created: BORN, because: 'it is disabled' };
    expect(withChanges(ONE, [know]).versions[V2]).toMatchObject({ created: BORN, spent: [] });
    expect(withChanges(ONE, [know]).versions[V2]?.approved).toBeUndefined();
  });

  test('that makes a version known leaves what was seen of it, and why it was distrusted', () => {
    const distrusted = recordOf({ [V1]: known({ approved: undefined, distrusted: 'it was imported' }) });
    const know: RegisterChange = { kind: 'know-version', version: V1, created: BORN, because: 'it is disabled' };
    expect(withChanges(distrusted, [know])).toEqual({
      ...distrusted,
      versions: { [V1]: { ...distrusted.versions[V1], created: BORN } },
    });
  });

  test('that distrusts a version takes its approval and says why', () => {
    const distrust: RegisterChange = { kind: 'distrust-version', version: V1, because: 'it was imported' };
    expect(V1_OF(withChanges(ONE, [distrust]))).toEqual({
      ...known(),
      approved: undefined,
      distrusted: 'it was imported',
    });
    expect(withChanges(ONE, [{ ...distrust, version: V2 }])).toEqual(ONE);
  });

  test('that approves a deletion is kept until it is forgotten', () => {
    const gone = withChanges(ONE, [{ kind: 'approve-deletion', approval: 'approval-1', deletedOn: ACTED, by: 'anna' }]);
    expect(gone.approvedDeletion).toEqual({ approval: 'approval-1', deletedOn: ACTED, by: 'anna' });
    expect(withChanges(gone, [{ kind: 'forget-deletion' }]).approvedDeletion).toBeUndefined();
  });

  test.each<readonly [kind: string, change: RegisterChange]>([
    ['approve-version', approve],
    ['know-version', { kind: 'know-version', version: V2, created: BORN, because: 'it is disabled' }],
    ['distrust-version', { kind: 'distrust-version', version: V1, because: 'it was imported' }],
    ['approve-deletion', { kind: 'approve-deletion', approval: 'approval-1', deletedOn: ACTED }],
    ['forget-deletion', { kind: 'forget-deletion' }],
  ])('is applied twice as it is once: %s', (_kind, change) => {
    expect(withChanges(ONE, [change, change])).toEqual(withChanges(ONE, [change]));
  });
});
