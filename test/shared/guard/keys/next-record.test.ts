import { describe, expect, test } from 'vitest';
import type { Decision, Judgement, Verdict, Withholding } from '../../../../shared/domain/decision.ts';
import type { Finding, Situation } from '../../../../shared/domain/finding.ts';
import type { AttributeChange } from '../../../../shared/domain/key.ts';
import type { KeyRecord, VersionRecord } from '../../../../shared/domain/register.ts';
import { decide } from '../../../../shared/guard/decide.ts';
import { afterLook, afterWriting } from '../../../../shared/guard/next-record.ts';
import {
  ACTED,
  approved,
  DETAIL,
  given,
  inDays,
  inMs,
  known,
  NOW,
  OPERATIONS,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from './situations.ts';

const nothing: Pick<Decision, 'changes' | 'judgements'> = { changes: [], judgements: [] };
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
/** A judgement of a disabled version, or of the key as a whole. */
const judged = (verdict: Verdict, version: string | undefined = V1): Judgement => ({
  finding: {
    rule: 'version-disabled',
    severity: 'critical',
    version,
    since: ACTED,
    act: 'disable',
    stopsDisks: true,
    summary: 'Disabled.',
    remedy: { kind: 'restore', version: version ?? V1, change: { enabled: true } },
  },
  verdict,
});
const withheld = (because: Withholding): Verdict => ({ kind: 'withheld', because, action });

const looked = (of: Situation, decision: Parameters<typeof afterLook>[1]) => afterLook(of, decision, of.now);

describe('after a look the register holds', () => {
  const seenAfter = (of: Situation, judgements: readonly Judgement[] = []): VersionRecord['seen'] =>
    looked(of, { changes: [], judgements }).versions[V1]?.seen;

  test('what was seen, when, and that it was good', () => {
    const of = situation({ observed: present(shown({ updated: ACTED, expiresOn: inDays(90) })) });
    expect(seenAfter(of)).toEqual({
      at: NOW,
      updated: ACTED,
      enabled: true,
      notBefore: undefined,
      expiresOn: inDays(90),
      operations: [...OPERATIONS],
      inFullAt: NOW,
      verdict: 'good',
    });
  });

  test('the operations of the last reading in full, where there was none this time', () => {
    const of = situation({ observed: present(shown({ detail: undefined })) });
    expect(seenAfter(of)).toMatchObject({ at: NOW, operations: [...OPERATIONS], inFullAt: inDays(-1) });
  });

  test.each<
    readonly [
      says: string,
      version: Parameters<typeof shown>[0],
      record: Partial<VersionRecord>,
      seen: object | undefined,
    ]
  >([
    [
      'what the list shows of a disabled version that may not be read in full, with the approved operations',
      { enabled: false, detail: undefined },
      { seen: undefined },
      { at: NOW, enabled: false, operations: [...OPERATIONS], inFullAt: NOW },
    ],
    ['nothing of a version that was never read in full', { detail: undefined }, { seen: undefined }, undefined],
    [
      'nothing of a disabled version of which no operations are known',
      { enabled: false, detail: undefined },
      { seen: undefined, approved: undefined },
      undefined,
    ],
  ])('%s', (_says, version, of, seen) => {
    const next = seenAfter(situation({ observed: present(shown(version)), record: recordOf({ [V1]: known(of) }) }));
    if (seen === undefined) expect(next).toBeUndefined();
    else expect(next).toMatchObject(seen);
  });

  test('whether anything was found', () => {
    const found: Judgement = judged({ kind: 'told' });
    expect(looked(situation(), { changes: [], judgements: [found] }).lastLookFound).toBe(true);
    expect(looked(situation(), nothing).lastLookFound).toBeUndefined();
  });

  test.each<readonly [what: string, verdict: Verdict, left: 'good' | 'undo' | 'left']>([
    ['told', { kind: 'told' }, 'good'],
    ['to be undone', { kind: 'undo', action }, 'undo'],
    ['settling', { kind: 'settling' }, 'undo'],
    ['withheld, once-a-minute', withheld('once-a-minute'), 'undo'],
    ['withheld, recovering', withheld('recovering'), 'undo'],
    ['withheld, hold', withheld('hold'), 'left'],
    ['withheld, alert-only', withheld('alert-only'), 'left'],
    ['withheld, no-baseline', withheld('no-baseline'), 'left'],
    ['withheld, managed', withheld('managed'), 'left'],
    ['withheld, mass-brake', withheld('mass-brake'), 'left'],
    ['withheld, uncounted', withheld('uncounted'), 'left'],
    ['withheld, undated', withheld('undated'), 'left'],
    ['approved', { kind: 'approved', approval: 'approval-1' }, 'left'],
  ])('whether a version was left as it was: %s', (_what, verdict, left) => {
    expect(seenAfter(situation(), [judged(verdict)])?.verdict).toBe(left);
  });

  test('that a version is to be undone where any of its findings is', () => {
    expect(seenAfter(situation(), [judged({ kind: 'told' }), judged({ kind: 'undo', action })])?.verdict).toBe('undo');
  });

  test('that a version is good where only others are not', () => {
    expect(seenAfter(situation(), [judged({ kind: 'undo', action }, V2)])?.verdict).toBe('good');
  });

  test('which version is current', () => {
    const of = situation({
      observed: present(shown({ version: V2 }), shown()),
      record: recordOf({ [V1]: known(), [V2]: known() }),
    });
    expect(looked(of, nothing).current).toBe(V2);
  });

  test('what was approved by it', () => {
    const of = given({ observed: present(shown({ version: V2, created: ACTED, updated: ACTED }), shown()) });
    const next = looked(of, decide(of));
    expect(next.versions[V2]).toMatchObject({ approved: approved(), seen: { at: NOW, verdict: 'good' } });
  });

  test('since when the key is in neither list, from the first look on', () => {
    const absent = situation({ observed: { kind: 'absent' } });
    const first = looked(absent, nothing);
    expect(first.absentSince).toEqual(NOW);
    expect(looked({ ...absent, record: first, now: inMs(60_000) }, nothing).absentSince).toEqual(NOW);
  });

  test.each<readonly [says: string, observed: Situation['observed']]>([
    ['is there', present(shown())],
    ['is among the deleted keys', deleted()],
  ])('nothing of an absence once the key %s', (_says, observed) => {
    const record = recordOf({ [V1]: known() }, { absentSince: ACTED });
    expect(looked(situation({ observed, record }), nothing).absentSince).toBeUndefined();
  });

  test('nothing of a purge once the key is there', () => {
    const record = recordOf({ [V1]: known() }, { purged: { at: ACTED, by: { oid: 'x' } } });
    expect(looked(situation({ record }), nothing).purged).toBeUndefined();
    expect(looked(situation({ record, observed: { kind: 'absent' } }), nothing).purged).toBeDefined();
  });

  test('since when approved versions do not list, from the first look on, until all do', () => {
    const record = recordOf({ [V1]: known(), [V2]: known() });
    const first = looked(situation({ record }), nothing);
    expect(first.incompleteSince).toEqual(NOW);
    expect(looked({ ...situation({ record: first }), now: inMs(60_000) }, nothing).incompleteSince).toEqual(NOW);
    expect(looked(situation({ record: first, observed: deleted() }), nothing).incompleteSince).toBeUndefined();
    const whole = present(shown(), shown({ version: V2 }));
    expect(looked(situation({ record: first, observed: whole }), nothing).incompleteSince).toBeUndefined();
  });

  test('the acts that were undone within the hour', () => {
    const undone = [
      { version: V1, since: inMs(-3_700_000), at: inMs(-3_600_000) },
      { version: V1, since: inMs(-3_700_000), at: inMs(-3_599_999) },
    ];
    expect(looked(situation({ record: recordOf({ [V1]: known() }, { undone }) }), nothing).undone).toEqual(
      undone.slice(1),
    );
  });
});

describe('a recovery that was begun', () => {
  const begun = (...versions: readonly string[]): KeyRecord =>
    recordOf(Object.fromEntries(versions.map((version) => [version, known()])), {
      recovering: { since: inMs(-5_000), deletedOn: ACTED },
    });
  const recoveringAfter = (record: KeyRecord, observed: Situation['observed']) =>
    looked(situation({ record, observed }), nothing).recovering;

  test.each<readonly [says: string, record: KeyRecord, observed: Situation['observed']]>([
    ['while the same deletion shows', begun(V1), deleted()],
    ['while the key is in neither list', begun(V1), { kind: 'absent' }],
    ['while an approved version does not list', begun(V1, V2), present(shown())],
  ])('goes on %s', (_says, record, observed) => {
    expect(recoveringAfter(record, observed)).toEqual(record.recovering);
  });

  test.each<readonly [says: string, record: KeyRecord, observed: Situation['observed']]>([
    ['when all approved versions list', begun(V1, V2), present(shown(), shown({ version: V2 }))],
    ['when the key was deleted again', begun(V1), deleted(inMs(-1_000))],
  ])('is over %s', (_says, record, observed) => {
    expect(recoveringAfter(record, observed)).toBeUndefined();
  });
});

describe('what differs', () => {
  const dated = { since: ACTED };
  const undatedNow = { undated: true, after: inDays(-1) } as const;
  const undated = { since: ACTED, ...undatedNow };
  const differingAfter = (verdict: Verdict, more: Partial<Finding> = {}, before?: VersionRecord['differing']) =>
    looked(situation({ observed: present(shown()), record: recordOf({ [V1]: known({ differing: before }) }) }), {
      changes: [],
      judgements: [{ ...judged(verdict), finding: { ...judged(verdict).finding, ...more } }],
    }).versions[V1]?.differing;

  test.each<readonly [says: string, expected: VersionRecord['differing'], is: VersionRecord['differing']]>([
    ['what is undone', { disable: dated }, differingAfter({ kind: 'undo', action })],
    ['what is told', { disable: dated }, differingAfter({ kind: 'told' })],
    ['what nobody could date, marked', { disable: undated }, differingAfter(withheld('undated'), undatedNow)],
    [
      'what nobody could date while it was held for another reason',
      { disable: undated },
      differingAfter(withheld('hold'), undatedNow),
    ],
    [
      'what may have been at any time, with its end',
      { disable: { since: ACTED, latest: NOW } },
      differingAfter({ kind: 'told' }, { latest: NOW }),
    ],
    ['what another look dated, anew', { disable: dated }, differingAfter({ kind: 'told' }, {}, { disable: undated })],
    [
      'nothing that was approved',
      undefined,
      differingAfter({ kind: 'approved', approval: 'a' }, {}, { disable: dated }),
    ],
    ['nothing that people could not have approved', undefined, differingAfter({ kind: 'told' }, { act: undefined })],
    ['nothing of another version', undefined, differingAfter({ kind: 'told' }, { version: V2 })],
  ])('keeps the date of %s', (_says, expected, is) => {
    expect(is).toEqual(expected);
  });

  const all = { disable: dated, enable: dated, expire: dated, 'not-before': dated, operations: dated };
  const written = (change: AttributeChange): VersionRecord['differing'] =>
    afterWriting(recordOf({ [V1]: known({ differing: all }), [V2]: known({ differing: all }) }), [
      { kind: 'restore-version', vault: 'prod-disks', key: 'disk-a', version: V1, change },
    ]).versions[V1]?.differing;

  test.each<readonly [says: string, change: AttributeChange, gone: readonly string[]]>([
    ['enabled', { enabled: true }, ['disable', 'enable']],
    ['an expiry', { expiresOn: NOW }, ['expire']],
    ['a not-before', { notBefore: NOW }, ['not-before']],
    ['operations', { operations: [] }, ['operations']],
  ])('has no date after our own write of %s, and all else keeps its own', (_says, change, gone) => {
    expect(written(change)).toEqual(Object.fromEntries(Object.entries(all).filter(([act]) => !gone.includes(act))));
  });

  test('keeps its date through a write to another version, and through a recovery', () => {
    const record = recordOf({ [V1]: known({ differing: all }), [V2]: known() });
    const recover = { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED } as const;
    const other = {
      kind: 'restore-version',
      vault: 'prod-disks',
      key: 'disk-a',
      version: V2,
      change: { enabled: true },
    } as const;
    expect(afterWriting(record, [recover, other])).toBe(record);
  });
});

test('the material of a version that could not be read while it was disabled is kept once it can be', () => {
  const unread = known({ fingerprint: undefined, keyType: undefined, keySizeBits: undefined });
  const { versions } = looked(situation({ record: recordOf({ [V1]: unread }) }), nothing);
  expect(versions[V1]).toMatchObject({ fingerprint: DETAIL.fingerprint, keyType: 'RSA', keySizeBits: 2048 });
});
