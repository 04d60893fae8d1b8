import { describe, expect, test } from 'vitest';
import type { Judgement, Verdict } from '../../../../shared/domain/decision.ts';
import type { ObservedVersion } from '../../../../shared/domain/key.ts';
import type { KeyRecord, VersionRecord } from '../../../../shared/domain/register.ts';
import { later } from '../../../../shared/domain/time.ts';
import { decide, type Given, settlingSeconds, wasBadBefore } from '../../../../shared/guard/decide.ts';
import {
  ACTED,
  approval,
  approved,
  BORN,
  by,
  DETAIL,
  given,
  hold,
  inDays,
  inMs,
  known,
  NOW,
  OPERATIONS,
  POLICY,
  present,
  recordOf,
  shown,
  V1,
  V2,
} from './situations.ts';

/** A version that somebody has made unusable, everything else being as it should. */
const bad = (
  version: Partial<ObservedVersion>,
  more: Partial<Given> = {},
  record: Partial<VersionRecord> = {},
): Given =>
  given({
    observed: present(shown({ updated: ACTED, ...version })),
    record: recordOf({ [V1]: known(record) }),
    ...more,
  });
const disabled = (more: Partial<Given> = {}, record: Partial<VersionRecord> = {}): Given =>
  bad({ enabled: false }, more, record);
const deleted = (more: Partial<Given> = {}): Given =>
  given({ observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: inDays(90) }, ...more });
const withRecord = (of: Given, more: Partial<KeyRecord>): Given => ({ ...of, record: { ...of.record, ...more } });

const seenDisabled: VersionRecord['seen'] = {
  at: inMs(-10_000),
  updated: ACTED,
  enabled: false,
  operations: [...OPERATIONS],
  inFullAt: inMs(-10_000),
  verdict: 'left',
};

const id = { vault: 'prod-disks', key: 'disk-a' };
const enableV1 = { kind: 'restore-version', ...id, version: V1, change: { enabled: true } } as const;
const recover = { kind: 'recover-key', ...id, deletedOn: ACTED } as const;
const verdicts = (of: Given): readonly Verdict[] => decide(of).judgements.map(({ verdict }: Judgement) => verdict);

describe('a key that is as approved', () => {
  test('leads to nothing', () => {
    expect(decide(given())).toEqual({
      judgements: [],
      actions: [],
      changes: [],
      lookAgainInSeconds: undefined,
      contested: false,
    });
  });
});

describe('what is undone', () => {
  test('is a disablement: the version is enabled and nothing else of it changed', () => {
    expect(decide(disabled())).toMatchObject({ actions: [enableV1], changes: [], lookAgainInSeconds: undefined });
  });

  test('is a deletion: the key is recovered', () => {
    expect(decide(deleted()).actions).toEqual([recover]);
  });

  test('is everything bad of one version in one write', () => {
    const all = { enabled: false, notBefore: inDays(1), expiresOn: inDays(1), detail: { ...DETAIL, operations: [] } };
    expect(decide(bad(all)).actions).toEqual([
      {
        ...enableV1,
        change: {
          enabled: true,
          notBefore: BORN,
          expiresOn: new Date('2036-02-27T12:00:00Z'),
          operations: [...OPERATIONS],
        },
      },
    ]);
  });

  test('is each bad version by a write of its own', () => {
    const two = given({
      observed: present(shown({ version: V2, enabled: false }), shown({ enabled: false })),
      record: recordOf({ [V1]: known(), [V2]: known() }),
    });
    expect(decide(two).actions).toEqual([{ ...enableV1, version: V2 }, enableV1]);
  });
});

describe('a write is withheld', () => {
  const leftSeen: NonNullable<VersionRecord['seen']> = {
    at: inDays(-1),
    updated: ACTED,
    enabled: false,
    operations: [...OPERATIONS],
    inFullAt: inDays(-1),
    verdict: 'left',
  };
  const left = { seen: leftSeen };
  /** Its window was over before the date that the vault gives, and not when the version was last seen otherwise. */
  const overBy = approval({ until: inMs(-60_000) });
  const managed = (version: Partial<ObservedVersion>): Given['observed'] => ({
    kind: 'present',
    managed: true,
    current: V1,
    versions: [shown({ updated: ACTED, ...version })],
  });
  test.each<readonly [says: string, because: string, of: Given]>([
    ['before a baseline is accepted', 'no-baseline', disabled({ baselineAccepted: false })],
    ['of a key behind a certificate', 'managed', disabled({ observed: managed({ enabled: false }) })],
    ['in mode alert', 'alert-only', disabled({ policy: { ...POLICY, mode: 'alert' } })],
    ['while the key is held', 'hold', disabled({ holds: [hold()] })],
    ['of what was bad at the last look and nobody has counted', 'uncounted', disabled({}, left)],
    [
      'of what was bad at the last look, with more than 20 versions like it',
      'mass-brake',
      disabled({ badBefore: 21 }, left),
    ],
    [
      'of a recovery that was begun a moment less than a minute ago',
      'recovering',
      deleted({ record: recordOf({ [V1]: known() }, { recovering: { since: inMs(-59_999), deletedOn: ACTED } }) }),
    ],
    [
      'of what an approval covers or not, since its window was over before the vault’s time and not at the last look',
      'undated',
      disabled({ approvals: [overBy] }),
    ],
    [
      'of what could not be dated at the last look either',
      'undated',
      disabled(
        { approvals: [overBy] },
        { seen: seenDisabled, differing: { disable: { since: ACTED, undated: true } } },
      ),
    ],
    [
      'of a deletion that was left at the last look and nobody has counted',
      'uncounted',
      deleted({ record: recordOf({ [V1]: known() }, { leftDeleted: ACTED }) }),
    ],
  ])('%s', (_says, because, of) => {
    expect(decide(of)).toMatchObject({ actions: [], judgements: [{ verdict: { kind: 'withheld', because } }] });
  });

  test.each<readonly [says: string, of: Given]>([
    ['when the hold on it has ended this very moment', disabled({ holds: [hold({ until: NOW })] })],
    ['when another key is held', disabled({ holds: [hold({ key: 'disk-b' })] })],
    ['of what was bad at the last look, with 20 versions in all', disabled({ badBefore: 20 }, left)],
    ['of what was good at the last look, however many versions there are', disabled({ badBefore: 500 })],
    [
      'of what was left at the last look and has changed since',
      disabled({}, { seen: { ...leftSeen, updated: inMs(-60_000) } }),
    ],
    [
      'of a recovery that was begun a minute ago and has not shown',
      deleted({ record: recordOf({ [V1]: known() }, { recovering: { since: inMs(-60_000), deletedOn: ACTED } }) }),
    ],
    [
      'of another deletion than the one whose recovery was begun',
      deleted({
        record: recordOf({ [V1]: known() }, { recovering: { since: inMs(-1_000), deletedOn: inMs(-40_000) } }),
      }),
    ],
    [
      'when the window of the approval was over at the last pass',
      disabled({ approvals: [overBy], lastPassAt: inMs(-60_000) }),
    ],
    [
      'when a record tells of an act that the approval does not cover, and all have had their time to come',
      withRecord(disabled({ approvals: [overBy], now: later(ACTED, 600_000) }), { acts: [by('KeyUpdate', 'mallory')] }),
    ],
    [
      'of another deletion than the one that was left at the last look',
      deleted({ record: recordOf({ [V1]: known() }, { leftDeleted: inMs(-60_000) }) }),
    ],
  ])('not %s', (_says, of) => {
    expect(verdicts(of).map(({ kind }) => kind)).toEqual(['undo']);
  });

  test('with what would have been written', () => {
    expect(verdicts(disabled({ holds: [hold()] }))).toEqual([{ kind: 'withheld', because: 'hold', action: enableV1 }]);
  });

  test('for the reason that people chose, before the guardian’s own caution', () => {
    const every = disabled({ policy: { ...POLICY, mode: 'alert' }, holds: [hold()], badBefore: 21 }, left);
    expect(verdicts(every)).toMatchObject([{ because: 'alert-only' }]);
    expect(verdicts({ ...every, policy: POLICY })).toMatchObject([{ because: 'hold' }]);
    expect(verdicts({ ...every, policy: POLICY, holds: [] })).toMatchObject([{ because: 'mass-brake' }]);
  });
});

describe('what is told and never undone', () => {
  test.each<readonly [says: string, of: Given]>([
    ['a retired version that is enabled', bad({}, {}, { approved: approved({ enabled: false }) })],
    [
      'an expiry that has passed as approved',
      bad({ expiresOn: inDays(-1) }, {}, { approved: approved({ expiresOn: inDays(-1) }) }),
    ],
    [
      'a key that is missing',
      given({ observed: { kind: 'absent' }, record: recordOf({ [V1]: known() }, { absentSince: inMs(-60_000) }) }),
    ],
    ['another key under the same name', given({ observed: present(shown({ version: V2, created: inDays(-90) })) })],
  ])('%s', (_says, of) => {
    expect(decide(of).actions).toEqual([]);
    expect(verdicts(of)).toContainEqual({ kind: 'told' });
  });
});

describe('an approved act', () => {
  const spent = { approval: 'approval-1', act: 'disable', at: ACTED, by: undefined };

  test('is spent: the state it allows becomes the approved one', () => {
    expect(decide(disabled({ approvals: [approval()] }))).toMatchObject({
      judgements: [{ verdict: { kind: 'approved', approval: 'approval-1' } }],
      actions: [],
      changes: [{ kind: 'approve-version', version: V1, approved: { ...approved(), enabled: false }, spent }],
    });
  });

  test.each<readonly [act: 'expire' | 'not-before' | 'operations', version: Partial<ObservedVersion>, becomes: object]>(
    [
      ['expire', { expiresOn: inDays(1) }, { expiresOn: inDays(1) }],
      ['not-before', { notBefore: inDays(1) }, { notBefore: inDays(1) }],
      ['operations', { detail: { ...DETAIL, operations: ['sign'] } }, { operations: ['sign'] }],
    ],
  )('changes only what it is about: %s', (act, version, becomes) => {
    const { actions, changes } = decide(
      bad({ ...version, enabled: false }, { approvals: [approval({ acts: [act] })] }),
    );
    expect(changes).toMatchObject([{ approved: { ...approved(), ...becomes } }]);
    expect(actions).toEqual([enableV1]);
  });

  test('beside another on the same version: both are spent, each on what the other left', () => {
    const both = { enabled: false, expiresOn: inDays(1) };
    const { actions, changes } = decide(bad(both, { approvals: [approval({ acts: ['disable', 'expire'] })] }));
    expect(actions).toEqual([]);
    expect(changes.at(-1)).toMatchObject({ approved: { ...approved(), ...both } });
  });

  test('that is a deletion keeps the key deleted', () => {
    expect(decide(deleted({ approvals: [approval({ acts: ['delete'] })] }))).toMatchObject({
      actions: [],
      changes: [{ kind: 'approve-deletion', approval: 'approval-1', deletedOn: ACTED }],
    });
  });

  test('that enables a retired version makes it one that is to be enabled', () => {
    const enabled = bad(
      {},
      { approvals: [approval({ acts: ['enable'] })] },
      { approved: approved({ enabled: false }) },
    );
    expect(decide(enabled)).toMatchObject({ actions: [], changes: [{ approved: { enabled: true } }] });
  });

  test.each<readonly [says: string, approvals: Given['approvals'], acts: KeyRecord['acts']]>([
    ['for another version', [approval({ version: V2 })], []],
    ['for another key', [approval({ key: 'disk-b' })], []],
    ['for another act', [approval({ acts: ['expire'] })], []],
    ['for another time', [approval({ from: inMs(-20_000) })], []],
    ['for another person, where the record has told', [approval({ by: 'anna' })], [by('KeyUpdate', 'mallory')]],
    ['for anyone but the granter, who did it himself', [approval()], [by('KeyUpdate', 'granter')]],
  ])('is none where the approval is %s: it is undone', (_says, approvals, acts) => {
    const told = withRecord(disabled({ approvals, now: later(ACTED, 600_000) }), { acts });
    expect(decide(told).actions).toEqual([enableV1]);
  });

  test('names who did it, where the record has told', () => {
    const told = withRecord(disabled({ approvals: [approval()] }), { acts: [by('KeyUpdate', 'anna')] });
    expect(decide(told).changes).toMatchObject([{ spent: { ...spent, by: 'anna' } }]);
  });
});

describe('what the register learns by itself', () => {
  test('is a sound new version', () => {
    const rotated = given({ observed: present(shown({ version: V2, created: ACTED, updated: ACTED }), shown()) });
    expect(decide(rotated)).toMatchObject({ judgements: [], changes: [{ kind: 'approve-version', version: V2 }] });
  });

  test('is nothing of a key that is back although its deletion was approved: people say what it is to be', () => {
    const back = withRecord(
      given({ observed: present(shown({ version: V2, created: ACTED, updated: ACTED }), shown({ enabled: false })) }),
      { approvedDeletion: { approval: 'a', deletedOn: inMs(-60_000) } },
    );
    expect(decide(back)).toMatchObject({
      judgements: [{ finding: { rule: 'deleted-key-back' }, verdict: { kind: 'told' } }],
      actions: [],
      changes: [],
    });
  });

  test('is nothing before a baseline is accepted', () => {
    const rotated = given({ observed: present(shown({ version: V2, created: ACTED })), baselineAccepted: false });
    expect(decide(rotated).changes).toEqual([]);
  });
});

describe('a key that is undone again and again', () => {
  const undone = (...agoMs: readonly number[]) =>
    agoMs.map((ago) => ({ version: V1, since: inMs(-ago - 1_000), at: inMs(-ago) }));
  const again = (...agoMs: readonly number[]): Given => withRecord(disabled(), { undone: undone(...agoMs) });

  test.each<readonly [says: string, of: Given, contested: boolean]>([
    ['is not contested at the second act within an hour', again(600_000), false],
    ['is contested at the third act within an hour', again(600_000, 300_000), true],
    ['is contested when the first of three was undone a moment less than an hour ago', again(3_599_999, 300_000), true],
    ['is not contested when the first of three was undone an hour ago', again(3_600_000, 300_000), false],
    [
      'is not contested by acts on another version',
      withRecord(disabled(), { undone: undone(600_000, 300_000).map((one) => ({ ...one, version: V2 })) }),
      false,
    ],
    [
      'is contested by acts on the key as a whole',
      withRecord(disabled(), { undone: undone(600_000, 300_000).map((one) => ({ ...one, version: undefined })) }),
      true,
    ],
    [
      'is not contested by the same act undone twice',
      withRecord(disabled(), { undone: [...undone(600_000), ...undone(600_000)] }),
      false,
    ],
    ['is not contested while nothing is wrong', withRecord(given(), { undone: undone(600_000, 300_000) }), false],
  ])('%s', (_says, of, contested) => {
    expect(decide(of).contested).toBe(contested);
  });

  test('goes on being undone, at most once a minute', () => {
    expect(decide(again(600_000, 60_000)).actions).toEqual([enableV1]);
    expect(decide(again(600_000, 59_999))).toMatchObject({
      actions: [],
      judgements: [{ verdict: { kind: 'withheld', because: 'once-a-minute' } }],
      lookAgainInSeconds: 1,
    });
  });

  test('is looked at again when the minute is over', () => {
    expect(decide(again(600_000, 20_000)).lookAgainInSeconds).toBe(40);
  });
});

describe('what settles', () => {
  const absentFor = (ms: number): Given =>
    given({ observed: { kind: 'absent' }, record: recordOf({ [V1]: known() }, { absentSince: inMs(-ms) }) });

  test.each<readonly [afterMs: number, seconds: number]>([
    [0, 1],
    [999, 1],
    [1_000, 2],
    [3_000, 4],
    [7_000, 8],
    [15_000, 15],
    [30_000, 30],
    [59_999, 1],
  ])('is looked at again: %i ms after it began, in %i s', (afterMs, seconds) => {
    expect(decide(absentFor(afterMs))).toMatchObject({
      actions: [],
      judgements: [{ verdict: { kind: 'settling' } }],
      lookAgainInSeconds: seconds,
    });
  });

  test('is left to the sweep once it is missing', () => {
    expect(decide(absentFor(60_000)).lookAgainInSeconds).toBeUndefined();
  });

  test('is looked at again every 30 s where it goes on for more than a minute', () => {
    expect([settlingSeconds(60), settlingSeconds(61), settlingSeconds(600)]).toEqual([30, 30, 30]);
  });

  test('is a recovery that was begun, counted from its beginning', () => {
    const begun = deleted({
      record: recordOf({ [V1]: known() }, { recovering: { since: inMs(-3_000), deletedOn: ACTED } }),
    });
    expect(decide(begun).lookAgainInSeconds).toBe(4);
  });
});

describe('a version was bad before the last look', () => {
  const restore = { version: V1, remedy: { kind: 'restore', version: V1, change: { enabled: true } } } as const;
  const observed = present(shown({ enabled: false, updated: ACTED }));
  const seen = (verdict: 'good' | 'undo' | 'left', updated = ACTED): KeyRecord =>
    recordOf({ [V1]: known({ seen: { at: NOW, updated, enabled: false, operations: [], inFullAt: NOW, verdict } }) });

  test.each<readonly [says: string, record: KeyRecord, was: boolean]>([
    ['when it was left in this very state', seen('left'), true],
    ['not when it was left and has changed since', seen('left', BORN), false],
    ['not when it was good', seen('good'), false],
    ['not when it was to be undone: a worker may have stopped in between', seen('undo'), false],
    ['when it was never seen', recordOf({ [V1]: known({ seen: undefined }) }), true],
  ])('%s', (_says, record, was) => {
    expect(wasBadBefore(restore, { observed, record })).toBe(was);
  });
});
