import { describe, expect, test } from 'vitest';
import type { ApprovableAct } from '../../../../shared/domain/approval.ts';
import { spellVerdict, undoneBy, type Verdict, type Withholding } from '../../../../shared/domain/decision.ts';
import type { ObservedVersion } from '../../../../shared/domain/key.ts';
import { type Difference, differenceKey, type Standing } from '../../../../shared/domain/register.ts';
import { decide, type Given, settlingSeconds } from '../../../../shared/guard/keys/decide.ts';
import {
  ACTED,
  approval,
  approved,
  BORN,
  DETAIL,
  given,
  hold,
  inDays,
  inMs,
  known,
  lastObserved,
  NOW,
  OPERATIONS,
  type Parts,
  POLICY,
  present,
  recordOf,
  shown,
  V1,
  V2,
} from './situations.ts';

/** A version that somebody has made unusable, everything else being as it should. */
const bad = (version: Partial<ObservedVersion>, more: Partial<Given> = {}): Given =>
  given({ observed: present(shown({ updated: ACTED, ...version })), ...more });
const disabled = (more: Partial<Given> = {}): Given => bad({ enabled: false }, more);
const DELETED = { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: inDays(90) } as const;
const deleted = (more: Partial<Given> = {}): Given => given({ observed: DELETED, ...more });
const withParts = (parts: Parts, versions = { [V1]: known() }): Pick<Given, 'record'> => ({
  record: recordOf(versions, parts),
});
const RETIRED = { [V1]: known({ attributes: approved({ enabled: false }) }) };

/** A version that is disabled since before: so it was at the last observation, and this is what is known of it. */
const disabledBefore = (difference: Partial<Difference>, more: Partial<Given> = {}): Given =>
  disabled({
    ...withParts({
      observed: {
        versions: { [V1]: lastObserved({ updated: ACTED, enabled: false }) },
        differing: { [differenceKey(V1, 'disable')]: { since: ACTED, firstObservedAt: inMs(-20_000), ...difference } },
      },
    }),
    ...more,
  });
/** A deletion that was observed before. */
const deletedBefore = (difference: Partial<Difference>, more: Partial<Given> = {}): Given =>
  deleted({
    ...withParts({
      observed: {
        differing: {
          [differenceKey(undefined, 'delete')]: { since: ACTED, firstObservedAt: inMs(-20_000), ...difference },
        },
      },
    }),
    ...more,
  });
const recovering = (sinceMs: number, deletedOn = ACTED): Pick<Given, 'record'> =>
  withParts({ inFlight: { recovering: { since: inMs(-sinceMs), deletedOn } } });

const id = { vault: 'prod-disks', key: 'disk-a' };
const enableV1 = { kind: 'restore-version', ...id, version: V1, change: { enabled: true } } as const;
const recover = { kind: 'recover-key', ...id, deletedOn: ACTED } as const;
const verdicts = (of: Given): readonly Verdict[] => decide(of).judgements.map(({ verdict }) => verdict);

describe('a key that is as approved', () => {
  test('leads to nothing', () => {
    expect(decide(given())).toEqual({
      judgements: [],
      actions: [],
      changes: [],
      inspectAgainInSeconds: undefined,
    });
  });
});

describe('what is undone', () => {
  test('is a disablement: the version is enabled and nothing else of it changed', () => {
    expect(decide(disabled())).toMatchObject({ actions: [enableV1], changes: [], inspectAgainInSeconds: undefined });
  });

  test('is a deletion: the key is recovered', () => {
    expect(decide(deleted()).actions).toEqual([recover]);
  });

  test('is everything bad of one version in one write', () => {
    const all = { enabled: false, notBefore: inDays(1), expiresOn: inDays(1), detail: { ...DETAIL, operations: [] } };
    const of = bad(all);
    expect(decide(of).actions).toEqual([
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
    expect(undoneBy(enableV1, decide(of)).map(({ act }) => act)).toEqual([
      'disable',
      'expire',
      'not-before',
      'operations',
    ]);
  });

  const two = given({
    observed: present(shown({ version: V2, enabled: false }), shown({ enabled: false })),
    ...withParts({}, { [V1]: known(), [V2]: known() }),
  });

  test('is each bad version by a write of its own', () => {
    expect(decide(two).actions).toEqual([{ ...enableV1, version: V2 }, enableV1]);
    expect(undoneBy(enableV1, decide(two)).map(({ version }) => version)).toEqual([V1]);
  });

  test('is everything that becomes bad, however many versions at once', () => {
    const names = Array.from({ length: 500 }, (_, place) => `${place}`.padStart(32, '0'));
    const all = given({
      observed: present(...names.map((version) => shown({ version, enabled: false, updated: ACTED }))),
      blockSince: inDays(-1),
      ...withParts({}, Object.fromEntries(names.map((version) => [version, known()]))),
    });
    expect(decide(all).actions).toHaveLength(500);
  });
});

describe('a write is withheld', () => {
  const managed: Given['observed'] = {
    kind: 'present',
    managed: true,
    current: V1,
    versions: [shown({ updated: ACTED, enabled: false })],
  };
  const over = (more: Parameters<typeof hold>[0] = {}) => hold({ until: inMs(-10_000), ...more });
  const settled = (as: 'undo' | 'accept') => over({ settled: { by: { oid: 'responder' }, at: NOW, as } });
  const underHold = (holds: Given['holds']) => disabledBefore({ hold: 'hold-1' }, { holds });

  test.each<readonly [says: string, because: Withholding, of: Given]>([
    ['before a baseline is accepted', 'no-baseline', disabled({ baselineAccepted: false })],
    ['of a key behind a certificate', 'managed', disabled({ observed: managed })],
    ['of a deleted key behind a certificate', 'managed', deleted({ observed: { ...DELETED, managed: true } })],
    ['in mode alert', 'alert-only', disabled({ policy: { ...POLICY, mode: 'alert' } })],
    [
      'in mode alert, before a baseline is accepted as well',
      'alert-only',
      disabled({ baselineAccepted: false, policy: { ...POLICY, mode: 'alert' } }),
    ],
    ['while the key is held', 'hold', disabled({ holds: [hold()] })],
    ['while everything is held', 'hold', deleted({ holds: [hold({ vault: undefined, key: undefined })] })],
    [
      'of what may have come to be under a hold that is over',
      'under-hold',
      disabled({ holds: [over()], sweptOtherwiseAt: inMs(-60_000) }),
    ],
    ['of what came to be under a hold that is over, and that nobody has settled', 'under-hold', underHold([over()])],
    [
      'of what came to be under a hold that a person settled by accepting it',
      'under-hold',
      underHold([settled('accept')]),
    ],
    ['of what came to be under a hold of which nothing is known any more', 'under-hold', underHold([])],
    [
      'of what was observed a moment before block began',
      'before-block',
      disabledBefore({}, { blockSince: inMs(-19_999) }),
    ],
    [
      'of a deletion that was observed a moment before block began',
      'before-block',
      deletedBefore({}, { blockSince: inMs(-19_999) }),
    ],
    [
      'of what was so at the last observation before block began, though nobody found it then',
      'before-block',
      disabled({
        ...withParts({ observed: { versions: { [V1]: lastObserved({ enabled: false }) } } }),
        blockSince: inMs(-1_000),
      }),
    ],
    ['of a recovery that was begun a moment less than a minute ago', 'recovering', deleted(recovering(59_999))],
  ])('%s', (_says, because, of) => {
    expect(decide(of)).toMatchObject({ actions: [], judgements: [{ verdict: { kind: 'withheld', because } }] });
  });

  test.each<readonly [says: string, of: Given]>([
    [
      'when the hold on it has ended this very moment, and it came to be before that hold',
      disabledBefore({}, { holds: [hold({ until: NOW })] }),
    ],
    ['when another key is held', disabled({ holds: [hold({ key: 'disk-b' })] })],
    ['when a person settled the hold under which it came to be by undoing it', underHold([settled('undo')])],
    [
      'when a hold was over before it was last observed otherwise',
      disabled({ holds: [hold({ until: inMs(-65_001) })], sweptOtherwiseAt: inMs(-60_000) }),
    ],
    [
      'of what was first observed at the very moment when block began',
      disabledBefore({}, { blockSince: inMs(-20_000) }),
    ],
    ['of what was not so at the last observation before block began', disabled({ blockSince: inMs(-1_000) })],
    [
      'of what was bad before block began and has another value since',
      bad(
        { expiresOn: inDays(1) },
        {
          ...withParts({
            observed: {
              versions: { [V1]: lastObserved({ expiresOn: inDays(2) }) },
              differing: { [differenceKey(V1, 'expire')]: { since: inDays(-2), firstObservedAt: inDays(-2) } },
            },
          }),
          blockSince: inDays(-0.5),
        },
      ),
    ],
    [
      'of another deletion than the one that was observed before block began',
      deletedBefore({ since: inMs(-31_000) }, { blockSince: inMs(-10_000) }),
    ],
    ['of a recovery that was begun a minute ago and has not shown', deleted(recovering(60_000))],
    ['of a recovery that a clock an hour ahead noted', deleted(recovering(-3_600_000))],
    ['of another deletion than the one whose recovery was begun', deleted(recovering(1_000, inMs(-40_000)))],
  ])('not %s', (_says, of) => {
    expect(verdicts(of).map(spellVerdict)).toEqual(['undo']);
  });

  test('with what would have been written', () => {
    expect(verdicts(disabled({ holds: [hold()] }))).toEqual([{ kind: 'withheld', because: 'hold' }]);
  });

  test('for the reason that people chose, before what they have to settle', () => {
    const of = (more: Partial<Given>) => disabledBefore({ hold: 'hold-1' }, { blockSince: NOW, holds: [], ...more });
    const reasons: readonly (readonly [Withholding, Partial<Given>])[] = [
      ['alert-only', { policy: { ...POLICY, mode: 'alert' }, baselineAccepted: false, holds: [hold()] }],
      ['no-baseline', { baselineAccepted: false, holds: [hold()] }],
      ['hold', { holds: [hold()] }],
      ['under-hold', {}],
      ['before-block', { holds: [settled('undo')] }],
    ];
    for (const [because, more] of reasons) expect(verdicts(of(more))).toMatchObject([{ because }]);
  });
});

describe('what is left to people and never undone', () => {
  test.each<readonly [says: string, of: Given]>([
    ['a retired version that is enabled', bad({}, withParts({}, RETIRED))],
    [
      'an expiry that has passed as approved',
      bad(
        { expiresOn: inDays(-1) },
        withParts({}, { [V1]: known({ attributes: approved({ expiresOn: inDays(-1) }) }) }),
      ),
    ],
    [
      'a key that is missing',
      given({ observed: { kind: 'absent' }, ...withParts({ observed: { absentSince: inMs(-60_000) } }) }),
    ],
    ['another key under the same name', given({ observed: present(shown({ version: V2, created: inDays(-90) })) })],
  ])('%s', (_says, of) => {
    expect(decide(of).actions).toEqual([]);
    expect(verdicts(of)).toContainEqual({ kind: 'left-to-people' });
  });
});

describe('an approved act', () => {
  const consumed = { approval: 'approval-1', act: 'disable', at: ACTED, otherwiseAt: inDays(-1), before: approved() };

  test('is consumed: the state it allows becomes the approved one', () => {
    expect(decide(disabled({ approvals: [approval()] }))).toMatchObject({
      judgements: [{ verdict: { kind: 'approved', approval: 'approval-1' } }],
      actions: [],
      changes: [{ kind: 'approve-version', version: V1, attributes: approved({ enabled: false }), consumed }],
    });
  });

  test.each<readonly [says: string, more: Partial<Given>]>([
    ['in mode alert', { policy: { ...POLICY, mode: 'alert' } }],
    ['before a baseline is accepted', { baselineAccepted: false }],
    ['under a hold', { holds: [hold()] }],
  ])('is consumed %s as well', (_says, more) => {
    expect(decide(disabled({ approvals: [approval()], ...more }))).toMatchObject({ changes: [{ consumed }] });
  });

  test.each<readonly [act: ApprovableAct, version: Partial<ObservedVersion>, becomes: object]>([
    ['expire', { expiresOn: inDays(1) }, { expiresOn: inDays(1) }],
    ['not-before', { notBefore: inDays(1) }, { notBefore: inDays(1) }],
    ['operations', { detail: { ...DETAIL, operations: ['sign'] } }, { operations: ['sign'] }],
  ])('changes only what it is about: %s', (act, version, becomes) => {
    const { actions, changes } = decide(
      bad({ ...version, enabled: false }, { approvals: [approval({ acts: [act] })] }),
    );
    expect(changes).toMatchObject([{ attributes: { ...approved(), ...becomes } }]);
    expect(actions).toEqual([enableV1]);
  });

  test('that is a deletion keeps the key deleted, until Azure purges it', () => {
    expect(decide(deleted({ approvals: [approval({ acts: ['delete'] })] }))).toMatchObject({
      actions: [],
      changes: [
        {
          kind: 'set-standing',
          standing: {
            kind: 'deletion-approved',
            approval: 'approval-1',
            deletedOn: ACTED,
            otherwiseAt: inDays(-1),
            scheduledPurgeOn: inDays(90),
          },
        },
      ],
    });
  });

  test('that enables a retired version makes it one that is to be enabled', () => {
    const enabled = bad({}, { approvals: [approval({ acts: ['enable'] })], ...withParts({}, RETIRED) });
    expect(decide(enabled)).toMatchObject({ actions: [], changes: [{ attributes: { enabled: true } }] });
  });

  test.each<readonly [says: string, approvals: Given['approvals']]>([
    ['for another version', [approval({ version: V2 })]],
    ['for another key', [approval({ key: 'disk-b' })]],
    ['for another act', [approval({ acts: ['expire'] })]],
    ['for a time that has not come', [approval({ from: inMs(1) })]],
    ['for a time that was over before it was last observed otherwise', [approval({ until: inDays(-2) })]],
    ['not granted', [approval({ granted: undefined })]],
    ['granted by the asker', [approval({ granted: { by: { oid: 'asker' }, at: inDays(-1) } })]],
  ])('is none where the approval is %s: it is undone', (_says, approvals) => {
    expect(decide(disabled({ approvals }))).toMatchObject({ actions: [enableV1], changes: [] });
  });

  test('is one whoever it was meant for: who did it is known only minutes later', () => {
    const forAnna = withParts({
      audit: { events: [{ id: 'a', operation: 'KeyUpdate', version: V1, at: ACTED, by: { oid: 'mallory' } }] },
    });
    expect(decide(disabled({ approvals: [approval({ by: 'anna' })], ...forAnna }))).toMatchObject({
      actions: [],
      changes: [{ consumed }],
    });
  });
});

describe('what the register learns by itself', () => {
  const newVersion = shown({ version: V2, created: ACTED, updated: ACTED });

  test.each<readonly [says: string, more: Partial<Given>]>([
    ['in block', {}],
    [
      'in alert, where the proposed baseline counts at once',
      { policy: { ...POLICY, mode: 'alert' }, baselineAccepted: false },
    ],
  ])('is a sound new version %s', (_says, more) => {
    expect(decide(given({ observed: present(newVersion, shown()), ...more }))).toMatchObject({
      judgements: [],
      changes: [{ kind: 'approve-version', version: V2 }],
    });
  });

  test('is that a new version is there and not approved, where it falls short', () => {
    expect(decide(given({ observed: present({ ...newVersion, enabled: false }, shown()) }))).toMatchObject({
      judgements: [{ finding: { rule: 'version-not-approved' }, verdict: { kind: 'left-to-people' } }],
      changes: [{ kind: 'know-version', version: V2 }],
    });
  });

  test.each<readonly [says: string, standing: Standing]>([
    ['its deletion was approved', { kind: 'deletion-approved', approval: 'a', deletedOn: inMs(-60_000) }],
    ['a person abandoned it', { kind: 'abandoned', at: inMs(-60_000), by: 'anna', because: 'it is gone' }],
  ])('is nothing of a key that is back although %s: people say what it is to be', (_says, standing) => {
    const back = given({
      observed: present(newVersion, shown({ enabled: false })),
      ...withParts({ approved: { standing } }),
    });
    expect(decide(back)).toMatchObject({
      judgements: [{ finding: { rule: 'version-not-approved' }, verdict: { kind: 'left-to-people' } }],
      actions: [],
      changes: [],
    });
  });
});

describe('a key that flaps', () => {
  const undone = (...agoMs: readonly number[]) =>
    agoMs.map((ago) => ({ version: V1, since: inMs(-ago - 1_000), at: inMs(-ago) }));
  const flapping = (agoMs: readonly number[], of = disabled): Given =>
    of(withParts({ inFlight: { undone: undone(...agoMs) } }));

  test('is undone each time, at once', () => {
    expect(decide(flapping([600_000, 300_000, 10_000])).actions).toEqual([enableV1]);
  });

  test.each<readonly [says: string, of: Given, seconds: number | undefined]>([
    ['is inspected again in 10 s', flapping([600_000, 300_000, 10_000]), 10],
    ['is inspected again in 10 s, where nothing is wrong as well', flapping([600_000, 300_000, 10_000], given), 10],
    ['flaps for an hour', flapping([3_599_999, 300_000, 10_000]), 10],
    ['flaps no more after an hour', flapping([3_600_000, 300_000, 10_000]), undefined],
    ['does not at the second act', flapping([300_000, 10_000]), undefined],
  ])('%s', (_says, of, seconds) => {
    expect(decide(of).inspectAgainInSeconds).toBe(seconds);
  });

  test('is inspected sooner where something settles', () => {
    const of = deleted(
      withParts({
        inFlight: { undone: undone(600_000, 300_000, 10_000), recovering: { since: inMs(-3_000), deletedOn: ACTED } },
      }),
    );
    expect(decide(of).inspectAgainInSeconds).toBe(4);
  });
});

describe('what settles', () => {
  const absentFor = (ms: number): Given =>
    given({ observed: { kind: 'absent' }, ...withParts({ observed: { absentSince: inMs(-ms) } }) });

  test.each<readonly [afterMs: number, seconds: number]>([
    [0, 1],
    [999, 1],
    [1_000, 2],
    [3_000, 4],
    [7_000, 8],
    [15_000, 15],
    [30_000, 30],
    [59_999, 1],
  ])('is inspected again: %i ms after it began, in %i s', (afterMs, seconds) => {
    expect(decide(absentFor(afterMs))).toMatchObject({
      actions: [],
      judgements: [{ verdict: { kind: 'settling' } }],
      inspectAgainInSeconds: seconds,
    });
  });

  test('is left to the sweep once it is missing', () => {
    expect(decide(absentFor(60_000)).inspectAgainInSeconds).toBeUndefined();
  });

  test('is inspected again every 30 s where it goes on for more than a minute', () => {
    expect([settlingSeconds(60), settlingSeconds(61), settlingSeconds(600)]).toEqual([30, 30, 30]);
  });

  test('is a recovery that was begun, counted from its beginning', () => {
    expect(decide(deleted(recovering(3_000))).inspectAgainInSeconds).toBe(4);
  });
});
