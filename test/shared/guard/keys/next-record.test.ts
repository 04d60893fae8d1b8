import { describe, expect, test } from 'vitest';
import type { Ended, Judgement, Outcome, Verdict, Withholding } from '../../../../shared/domain/decision.ts';
import type { Finding, Situation } from '../../../../shared/domain/finding.ts';
import type { AttributeChange } from '../../../../shared/domain/key.ts';
import {
  type Difference,
  differenceKey,
  type KeyRecord,
  type LastObserved,
  type Standing,
} from '../../../../shared/domain/register.ts';
import { decide, type KeyDecision } from '../../../../shared/guard/keys/decide.ts';
import { nextRecord, recordAfterActing } from '../../../../shared/guard/keys/next-record.ts';
import {
  ACTED,
  approved,
  DETAIL,
  given,
  inDays,
  inMs,
  known,
  lastObserved,
  NOW,
  OPERATIONS,
  present,
  recordOf,
  restoring,
  shown,
  situation,
  V1,
  V2,
} from './situations.ts';

const NOTHING: KeyDecision = { changes: [], judgements: [], actions: [], inspectAgainInSeconds: undefined };
const READ_AT = inMs(-1_000);
const deleted = (deletedOn = ACTED): Situation['observed'] => ({
  kind: 'deleted',
  managed: false,
  deletedOn,
  scheduledPurgeOn: undefined,
});
const action = {
  kind: 'restore-version',
  vault: 'prod-disks',
  key: 'disk-a',
  version: V1,
  change: { enabled: true },
} as const;
const FINDING: Finding = {
  rule: 'version-disabled',
  severity: 'critical',
  version: V1,
  since: ACTED,
  otherwiseAt: inDays(-1),
  firstObservedAt: NOW,
  act: 'disable',
  stopsDisks: true,
  summary: 'Disabled.',
  undo: restoring({ enabled: true }),
  commands: [],
};
/** A judgement of a disabled version. */
const judged = (verdict: Verdict, more: Partial<Finding> = {}): Judgement => ({
  finding: { ...FINDING, ...more },
  verdict,
});
const withheld = (because: Withholding): Verdict => ({ kind: 'withheld', because });

const inspected = (of: Situation, decision: Partial<KeyDecision> = {}): KeyRecord =>
  nextRecord(of.record, { ...NOTHING, ...decision }, { observed: of.observed, readAt: READ_AT, now: of.now });

describe('after an inspection the register holds', () => {
  const observedAfter = (of: Situation): LastObserved | undefined => inspected(of).observed.versions[V1];

  test('what was observed, and when reading it began', () => {
    const of = situation({ observed: present(shown({ updated: ACTED, expiresOn: inDays(90) })) });
    expect(observedAfter(of)).toEqual({
      at: READ_AT,
      updated: ACTED,
      enabled: true,
      notBefore: undefined,
      expiresOn: inDays(90),
      operations: [...OPERATIONS],
      inFullAt: READ_AT,
    });
  });

  test('the operations of the last reading in full, where there was none this time', () => {
    const of = situation({ observed: present(shown({ detail: undefined })) });
    expect(observedAfter(of)).toMatchObject({ at: READ_AT, operations: [...OPERATIONS], inFullAt: inDays(-1) });
  });

  test.each<
    readonly [
      says: string,
      version: Parameters<typeof shown>[0],
      record: Parameters<typeof known>[0],
      observed: object | undefined,
    ]
  >([
    [
      'what the list shows of a disabled version that may not be read in full, with the approved operations',
      { enabled: false, detail: undefined },
      {},
      { at: READ_AT, enabled: false, operations: [...OPERATIONS], inFullAt: READ_AT },
    ],
    ['nothing of a version that was never read in full', { detail: undefined }, {}, undefined],
    [
      'nothing of a disabled version of which no operations are known',
      { enabled: false, detail: undefined },
      { attributes: undefined },
      undefined,
    ],
  ])('%s', (_says, version, of, observed) => {
    const record = recordOf({ [V1]: known(of) }, { observed: { versions: {} } });
    const next = observedAfter(situation({ observed: present(shown(version)), record }));
    if (observed === undefined) expect(next).toBeUndefined();
    else expect(next).toMatchObject(observed);
  });

  test('nothing of a version that the register does not know', () => {
    const of = situation({ observed: present(shown(), shown({ version: V2 })) });
    expect(Object.keys(inspected(of).observed.versions)).toEqual([V1]);
  });

  test('what was last observed of the versions of a key that is not there', () => {
    for (const observed of [deleted(), { kind: 'absent' } as const])
      expect(inspected(situation({ observed })).observed).toMatchObject({
        current: V1,
        versions: { [V1]: lastObserved() },
      });
  });

  test('whether anything was found', () => {
    const judgements = [judged({ kind: 'left-to-people' })];
    expect(inspected(situation(), { judgements }).observed.foundSomething).toBe(true);
    expect(inspected(situation()).observed.foundSomething).toBeUndefined();
  });

  test('which version is current', () => {
    const of = situation({
      observed: present(shown({ version: V2 }), shown()),
      record: recordOf({ [V1]: known(), [V2]: known() }),
    });
    expect(inspected(of).observed.current).toBe(V2);
  });

  test('what was approved by it, and what was observed of that', () => {
    const of = given({ observed: present(shown({ version: V2, created: ACTED, updated: ACTED }), shown()) });
    const next = inspected(of, decide(of));
    expect(next.approved.versions[V2]).toMatchObject({ attributes: approved() });
    expect(next.observed.versions[V2]).toMatchObject({ at: READ_AT, updated: ACTED });
  });

  test('since when the key is in neither list, from the first inspection on', () => {
    const absent = situation({ observed: { kind: 'absent' } });
    const first = inspected(absent);
    expect(first.observed.absentSince).toEqual(NOW);
    expect(inspected({ ...absent, record: first, now: inMs(60_000) }).observed.absentSince).toEqual(NOW);
  });

  test.each<readonly [says: string, observed: Situation['observed']]>([
    ['is there', present(shown())],
    ['is among the deleted keys', deleted()],
  ])('nothing of an absence once the key %s', (_says, observed) => {
    const record = recordOf({ [V1]: known() }, { observed: { absentSince: ACTED } });
    expect(inspected(situation({ observed, record })).observed.absentSince).toBeUndefined();
  });

  test('nothing of a purge once the key is there', () => {
    const purged = { at: ACTED, by: { oid: 'x' } };
    const record = recordOf({ [V1]: known() }, { audit: { purged } });
    expect(inspected(situation({ record })).audit.purged).toBeUndefined();
    expect(inspected(situation({ record, observed: { kind: 'absent' } })).audit.purged).toEqual(purged);
  });

  test('since when approved versions do not list, from the first inspection on, until all do', () => {
    const record = recordOf({ [V1]: known(), [V2]: known() });
    const first = inspected(situation({ record }));
    expect(first.observed.incompleteSince).toEqual(NOW);
    const next = (of: Partial<Situation>) => inspected(situation({ record: first, ...of })).observed.incompleteSince;
    expect(next({ now: inMs(60_000) })).toEqual(NOW);
    expect(next({ observed: deleted() })).toBeUndefined();
    expect(next({ observed: present(shown(), shown({ version: V2 })) })).toBeUndefined();
  });

  test.each<readonly [says: string, standing: Standing]>([
    ['its deletion was approved', { kind: 'deletion-approved', approval: 'a', deletedOn: ACTED }],
    ['a person abandoned it', { kind: 'abandoned', at: ACTED, by: 'anna', because: 'it is gone' }],
  ])('since when a key is back although %s, until it is gone again', (_says, standing) => {
    const record = recordOf({ [V1]: known() }, { approved: { standing } });
    const first = inspected(situation({ record }));
    expect(first.observed.backSince).toEqual(NOW);
    expect(inspected(situation({ record: first, now: inMs(60_000) })).observed.backSince).toEqual(NOW);
    expect(inspected(situation({ record: first, observed: deleted() })).observed.backSince).toBeUndefined();
    expect(inspected(situation()).observed.backSince).toBeUndefined();
  });

  test('the acts that were undone within the hour', () => {
    const undone = [
      { version: V1, since: inMs(-3_700_000), at: inMs(-3_600_000) },
      { version: V1, since: inMs(-3_700_000), at: inMs(-3_599_999) },
    ];
    const record = recordOf({ [V1]: known() }, { inFlight: { undone } });
    expect(inspected(situation({ record })).inFlight.undone).toEqual(undone.slice(1));
  });

  test('the material of a version that could not be read while it was disabled, once it can be', () => {
    const unread = known({ fingerprint: undefined, keyType: undefined, keySizeBits: undefined });
    const next = inspected(situation({ record: recordOf({ [V1]: unread }) }));
    expect(next.approved.versions[V1]).toMatchObject({
      fingerprint: DETAIL.fingerprint,
      keyType: 'RSA',
      keySizeBits: 2048,
    });
  });

  test('the material of a version as it was approved, whatever is shown now', () => {
    const of = situation({ observed: present(shown({ detail: { ...DETAIL, fingerprint: 'other' } })) });
    expect(inspected(of).approved.versions[V1]?.fingerprint).toBe('f1');
  });
});

describe('a recovery that was begun', () => {
  const recovering = { since: inMs(-5_000), deletedOn: ACTED };
  const begun = (...versions: readonly string[]): KeyRecord =>
    recordOf(Object.fromEntries(versions.map((version) => [version, known()])), { inFlight: { recovering } });
  const recoveringAfter = (record: KeyRecord, observed: Situation['observed']) =>
    inspected(situation({ record, observed })).inFlight.recovering;

  test.each<readonly [says: string, record: KeyRecord, observed: Situation['observed']]>([
    ['while the same deletion shows', begun(V1), deleted()],
    ['while the key is in neither list', begun(V1), { kind: 'absent' }],
    ['while an approved version does not list', begun(V1, V2), present(shown())],
  ])('goes on %s', (_says, record, observed) => {
    expect(recoveringAfter(record, observed)).toEqual(recovering);
  });

  test.each<readonly [says: string, record: KeyRecord, observed: Situation['observed']]>([
    ['when all approved versions list', begun(V1, V2), present(shown(), shown({ version: V2 }))],
    ['when the key was deleted again', begun(V1), deleted(inMs(-1_000))],
  ])('is over %s', (_says, record, observed) => {
    expect(recoveringAfter(record, observed)).toBeUndefined();
  });
});

describe('what differs', () => {
  const here = { since: ACTED, otherwiseAt: inDays(-1), firstObservedAt: NOW, hold: undefined };
  const before: Difference = { since: inDays(-3), firstObservedAt: inDays(-2) };
  const [disable, deletion] = [differenceKey(V1, 'disable'), differenceKey(undefined, 'delete')];
  const differingAfter = (
    judgements: readonly Judgement[],
    observed = present(shown()),
    standing: KeyRecord['observed']['differing'] = {},
  ) =>
    inspected(situation({ observed, record: recordOf({ [V1]: known() }, { observed: { differing: standing } }) }), {
      judgements,
    }).observed.differing;

  test.each<readonly [says: string, judgement: Judgement]>([
    ['undone', judged({ kind: 'undo' })],
    ['left to people', judged({ kind: 'left-to-people' })],
    ['withheld', judged(withheld('hold'))],
  ])('is kept while it is %s', (_says, judgement) => {
    expect(differingAfter([judgement])).toEqual({ [disable]: here });
  });

  test('is kept with the hold under which it may have come to be', () => {
    expect(differingAfter([judged(withheld('under-hold'), { hold: 'hold-1' })])).toEqual({
      [disable]: { ...here, hold: 'hold-1' },
    });
  });

  test.each<readonly [says: string, judgements: readonly Judgement[]]>([
    ['was approved', [judged({ kind: 'approved', approval: 'a' })]],
    ['is as approved again', []],
    ['people could not have approved', [judged({ kind: 'left-to-people' }, { act: undefined })]],
  ])('is not kept where it %s', (_says, judgements) => {
    expect(differingAfter(judgements, present(shown()), { [disable]: before })).toEqual({});
  });

  test('of versions that nobody could see stays as it was', () => {
    for (const observed of [deleted(), { kind: 'absent' } as const])
      expect(differingAfter([], observed, { [disable]: before })).toEqual({ [disable]: before });
  });

  test('of the key as a whole is over once it is there, and stays while it is in neither list', () => {
    const standing = { [deletion]: before };
    expect(differingAfter([], present(shown()), standing)).toEqual({});
    expect(differingAfter([], { kind: 'absent' }, standing)).toEqual(standing);
    expect(differingAfter([], deleted(), standing)).toEqual({});
    expect(
      differingAfter([judged({ kind: 'undo' }, { version: undefined, act: 'delete' })], deleted(), standing),
    ).toEqual({ [deletion]: here });
  });
});

describe('after writes the register holds', () => {
  const undone = { rule: 'version-disabled', severity: 'critical', stopsDisks: true, summary: 'Disabled.' } as const;
  const ended = (
    change: AttributeChange | undefined,
    outcome: Outcome = { kind: 'done' },
    isTaken = outcome.kind !== 'failed',
  ): Ended => ({
    intent: {
      id: 'intent-1',
      at: NOW,
      action:
        change === undefined
          ? { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED }
          : { ...action, change },
      findings: [
        { ...undone, ...(change === undefined ? {} : { version: V1 }), since: ACTED, otherwiseAt: inDays(-1) },
      ],
    },
    outcome,
    isTaken,
  });
  const record = recordOf({ [V1]: known(), [V2]: known() });
  const acted = (...all: readonly Ended[]): KeyRecord => recordAfterActing(record, all, NOW);
  const act = { version: V1, since: ACTED, otherwiseAt: inDays(-1), at: NOW };

  test.each<readonly [says: string, ended: Ended]>([
    ['was done', ended({ enabled: true })],
    ['was answered and did not show', ended({ enabled: true }, { kind: 'failed', because: 'Not shown.' }, true)],
  ])('the act that was undone, where the write %s', (_says, one) => {
    expect(acted(one).inFlight.undone).toEqual([act]);
  });

  test('the act that was undone, where nobody saw the answer: the write may have been done', () => {
    const lost = ended({ enabled: true }, { kind: 'unknown', because: 'Lost.' });
    const left = { ...ended({ enabled: true }), wasOpen: true } as const;
    for (const one of [lost, left]) expect(acted(one).inFlight.undone).toEqual([{ ...act, unanswered: true }]);
  });

  test('nothing that was undone, where a person restored it', () => {
    const { intent, ...rest } = ended({ enabled: true });
    expect(acted({ ...rest, intent: { ...intent, by: { oid: 'owner' } } }).inFlight.undone).toEqual([]);
  });

  test('when a recovery began, by a person’s word once for each deletion', () => {
    const { intent, ...rest } = ended(undefined, { kind: 'begun' });
    const byPerson = { ...rest, intent: { ...intent, by: { oid: 'owner' } } };
    const first = recordAfterActing(record, [byPerson], NOW);
    expect(first.inFlight.recovering).toEqual({ since: NOW, deletedOn: ACTED });
    expect(recordAfterActing(first, [byPerson], inDays(1)).inFlight.recovering?.since).toEqual(NOW);
    expect(recordAfterActing(first, [{ ...rest, intent }], inDays(1)).inFlight.recovering?.since).toEqual(inDays(1));
  });

  test('an act once, however often it is undone', () => {
    expect(acted(ended({ enabled: true }), ended({ enabled: true })).inFlight.undone).toEqual([act]);
  });

  test('nothing of a write that the vault did not take', () => {
    expect(acted(ended({ enabled: true }, { kind: 'failed', because: 'throttled' }))).toBe(record);
  });

  test.each<readonly [says: string, change: AttributeChange]>([
    ['enabled', { enabled: true }],
    ['an expiry', { expiresOn: inDays(90) }],
    ['a not-before', { notBefore: inDays(-90) }],
    ['operations', { operations: ['wrapKey'] }],
  ])('what was written, and all else as it was when it was last observed: %s', (_says, change) => {
    expect(acted(ended(change)).observed.versions).toEqual({
      [V1]: { ...lastObserved(), ...change },
      [V2]: lastObserved(),
    });
  });

  test('nothing as written where nobody answered', () => {
    expect(acted(ended({ enabled: true }, { kind: 'unknown', because: 'Lost.' })).observed).toEqual(record.observed);
  });

  test('nothing as written of a version that was never observed', () => {
    const never = recordOf({ [V1]: known() }, { observed: { versions: {} } });
    expect(recordAfterActing(never, [ended({ enabled: true })], NOW).observed).toEqual(never.observed);
  });

  test('that a recovery was begun, for the deletion that it undoes', () => {
    const next = acted(ended(undefined, { kind: 'begun' }));
    expect(next.inFlight.recovering).toEqual({ since: NOW, deletedOn: ACTED });
    expect(next.inFlight.undone).toEqual([{ ...act, version: undefined }]);
    expect(next.observed).toEqual(record.observed);
  });

  test.each<Outcome>([{ kind: 'done' }, { kind: 'unknown', because: 'Lost.' }])(
    'no recovery as begun that is $kind',
    (outcome) => {
      expect(acted(ended(undefined, outcome)).inFlight.recovering).toBeUndefined();
    },
  );
});
