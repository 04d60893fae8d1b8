import { describe, expect, test } from 'vitest';
import type { ApprovedVersion, Consumption, KeyRecord, RegisterChange } from '../../../shared/domain/register.ts';
import { changesByKey, withChanges } from '../../../shared/register/changes.ts';
import { ACTED, approved, BORN, inMs, known, NOW, recordOf, V1, V2 } from '../guard/keys/situations.ts';

const ONE = recordOf({ [V1]: known() });
const versionOf = (record: KeyRecord, version = V1): ApprovedVersion | undefined => record.approved.versions[version];

describe('a change of what is approved', () => {
  const use: Consumption = { approval: 'approval-1', act: 'disable', at: ACTED, before: approved() };
  const approve = {
    kind: 'approve-version',
    version: V1,
    created: BORN,
    attributes: approved({ enabled: false }),
    because: 'approval approval-1',
    consumed: use,
  } as const satisfies RegisterChange;
  const know = { kind: 'know-version', version: V2, created: BORN, because: 'it is disabled' } as const;
  const revoke = { kind: 'revoke-version', version: V1, because: 'it was imported' } as const;
  const deleted = {
    kind: 'set-standing',
    standing: { kind: 'deletion-approved', approval: 'approval-1', deletedOn: ACTED, otherwiseAt: inMs(-60_000) },
  } as const;
  const keep = { kind: 'set-standing', standing: { kind: 'kept' } } as const;
  const abandon = {
    kind: 'set-standing',
    standing: { kind: 'abandoned', at: NOW, by: 'anna', because: 'it is gone' },
  } as const;

  test('that approves a version replaces what it is held to and keeps all else that is known of it', () => {
    const before = known({ revoked: 'it was imported', accepted: true });
    expect(versionOf(withChanges(recordOf({ [V1]: before }), [approve]))).toEqual({
      ...before,
      attributes: approved({ enabled: false }),
      consumed: [use],
    });
  });

  test('that approves a version adds to the approvals that were consumed by it', () => {
    const again: RegisterChange = { ...approve, consumed: { ...use, approval: 'approval-2', act: 'expire' } };
    expect(versionOf(withChanges(ONE, [approve, again]))?.consumed.map(({ approval }) => approval)).toEqual([
      'approval-1',
      'approval-2',
    ]);
  });

  test.each<readonly [says: string, use: Consumption]>([
    ['another approval', { ...use, approval: 'approval-2' }],
    ['another act', { ...use, act: 'expire' }],
    ['another time', { ...use, at: NOW }],
  ])('that consumes %s counts beside the first', (_says, consumed) => {
    expect(versionOf(withChanges(ONE, [approve, { ...approve, consumed }]))?.consumed).toEqual([use, consumed]);
  });

  test('that approves a version without an approval leaves those that were consumed', () => {
    const { consumed: _, ...plainly } = approve;
    expect(versionOf(withChanges(ONE, [approve, plainly]))?.consumed).toEqual([use]);
  });

  test('that takes back what approvals allowed leaves none of them consumed', () => {
    const { consumed: _, ...plainly } = approve;
    const back: RegisterChange = { ...plainly, attributes: approved(), takenBack: true };
    expect(versionOf(withChanges(ONE, [approve, back]))).toMatchObject({ attributes: approved(), consumed: [] });
  });

  test('that a person accepted is marked so, and stays so', () => {
    const accepted = withChanges(ONE, [{ ...approve, accepted: true }]);
    expect(versionOf(accepted)?.accepted).toBe(true);
    expect(versionOf(withChanges(accepted, [approve]))?.accepted).toBe(true);
    expect(versionOf(withChanges(ONE, [approve]))?.accepted).toBeUndefined();
  });

  test('that approves a new version makes it known', () => {
    const { consumed: _, ...plainly } = approve;
    const material = { keyType: 'RSA', keySizeBits: 4096, fingerprint: 'f2' };
    expect(versionOf(withChanges(ONE, [{ ...plainly, version: V2, ...material }]), V2)).toMatchObject({
      created: BORN,
      ...material,
      consumed: [],
      attributes: approved({ enabled: false }),
    });
  });

  test('that makes a version known does not approve it', () => {
    const known = versionOf(withChanges(ONE, [know]), V2);
    expect(known).toMatchObject({ created: BORN, consumed: [] });
    expect(known?.attributes).toBeUndefined();
  });

  test('that makes a version known leaves what else is known of it, and why its approval was revoked', () => {
    const revoked = recordOf({ [V1]: known({ attributes: undefined, revoked: 'it was imported', consumed: [use] }) });
    expect(withChanges(revoked, [{ ...know, version: V1 }])).toEqual(revoked);
  });

  test('that revokes a version takes its approval and says why; one that is not known stays so', () => {
    expect(versionOf(withChanges(ONE, [revoke]))).toEqual({
      ...known(),
      attributes: undefined,
      revoked: 'it was imported',
    });
    expect(withChanges(ONE, [{ ...revoke, version: V2 }])).toEqual(ONE);
  });

  test.each([
    ['its deletion is approved', deleted],
    ['it is abandoned', abandon],
    ['it is kept', keep],
  ] as const)('of the key as a whole stands until the next: %s', (_says, change) => {
    for (const before of [deleted, abandon, keep])
      expect(withChanges(ONE, [before, change]).approved).toEqual({ ...ONE.approved, standing: change.standing });
  });

  test.each<readonly [kind: string, change: RegisterChange]>([
    ['approve-version', approve],
    ['know-version', know],
    ['revoke-version', revoke],
    ['set-standing', deleted],
  ])('is applied twice as it is once: %s', (_kind, change) => {
    expect(withChanges(ONE, [change, change])).toEqual(withChanges(ONE, [change]));
  });

  test.each<RegisterChange>([approve, know, revoke, deleted, keep, abandon])(
    'leaves what was observed, what is in flight and what was heard: $kind',
    (change) => {
      const { approved: _, ...rest } = withChanges(ONE, [change]);
      const { approved: __, ...before } = ONE;
      expect(rest).toEqual(before);
    },
  );

  test('is one of its key, among those of others in their order', () => {
    const byKey = changesByKey([
      ['disk-a', know],
      ['disk-b', keep],
      ['disk-a', approve],
    ]);
    expect([...byKey]).toEqual([
      ['disk-a', [know, approve]],
      ['disk-b', [keep]],
    ]);
  });
});
