import { describe, expect, test } from 'vitest';
import type { ApprovableAct } from '../../../../shared/domain/approval.ts';
import type { Finding, Found, Situation } from '../../../../shared/domain/finding.ts';
import type { ObservedVersion } from '../../../../shared/domain/key.ts';
import {
  type Difference,
  differenceKey,
  type KeyRecord,
  type LastObserved,
} from '../../../../shared/domain/register.ts';
import { type Dating, dated } from '../../../../shared/guard/keys/differences.ts';
import {
  ACTED,
  approved,
  BORN,
  DETAIL,
  hold,
  inDays,
  inMs,
  known,
  lastObserved,
  NOW,
  present,
  recordOf,
  shown,
  situation,
  V1,
  V2,
} from './situations.ts';

type Clues = Pick<Dating, 'holds' | 'sweptOtherwiseAt'>;

/** What a rule found of a version, and of a key as a whole. */
const foundOf = (act: ApprovableAct | undefined, more: Partial<Found> = {}): Found => ({
  rule: 'a-rule',
  severity: 'critical',
  version: V1,
  act,
  stopsDisks: true,
  summary: 'Something is not as approved.',
  commands: [],
  ...more,
});
const deletion = foundOf('delete', { version: undefined, since: ACTED });
const NOTHING: Clues = { holds: [], sweptOtherwiseAt: undefined };

/** What of a finding says when it came to be. */
const whenOf = ({ since, otherwiseAt, firstObservedAt, hold: under }: Finding): Difference => ({
  since,
  firstObservedAt,
  ...(otherwiseAt === undefined ? {} : { otherwiseAt }),
  ...(under === undefined ? {} : { hold: under }),
});

interface Case {
  /** As the vault shows it now. */
  readonly version?: Partial<ObservedVersion>;
  /** As it was last observed, a day ago; `undefined` for never. */
  readonly last?: Partial<LastObserved> | undefined;
  readonly standing?: Difference;
  readonly more?: Partial<Situation>;
  readonly current?: string;
  readonly dating?: Partial<Clues>;
}

const recordWith = (
  { last = {}, standing, current = V1 }: Case,
  act: ApprovableAct,
  isNeverObserved = false,
): KeyRecord =>
  recordOf(
    { [V1]: known(), [V2]: known() },
    {
      observed: {
        current,
        versions: isNeverObserved ? {} : { [V1]: lastObserved(last), [V2]: lastObserved() },
        differing: standing === undefined ? {} : { [differenceKey(V1, act)]: standing },
      },
    },
  );

/** When something of a version came to be, that was changed half a minute ago. */
function when(act: ApprovableAct, of: Case = {}): Difference {
  const record = recordWith(of, act);
  const observed = present(shown({ updated: ACTED, ...of.version }));
  return whenOf(dated(foundOf(act), { ...situation({ observed, record, ...of.more }), ...NOTHING, ...of.dating }));
}

const disabled = { version: { enabled: false } };

describe('a difference that was not there at the last observation', () => {
  test.each<readonly [act: ApprovableAct, of: Case]>([
    ['disable', disabled],
    ['enable', { last: { enabled: false } }],
    ['expire', { version: { expiresOn: inDays(1) } }],
    ['expire', { version: { expiresOn: inDays(1) }, last: { expiresOn: inDays(2) } }],
    ['not-before', { version: { notBefore: inDays(1) } }],
  ])('is since the vault’s own time of the change, and was observed otherwise then: %s', (act, of) => {
    expect(when(act, of)).toEqual({ since: ACTED, firstObservedAt: NOW, otherwiseAt: inDays(-1) });
  });

  test('is another than the one that stood: its value was changed again', () => {
    const standing = { since: inDays(-2), firstObservedAt: inDays(-2) };
    const of = { version: { expiresOn: inDays(1) }, last: { expiresOn: inDays(2) }, standing };
    expect(when('expire', of)).toEqual({ since: ACTED, firstObservedAt: NOW, otherwiseAt: inDays(-1) });
  });

  test.each<readonly [says: string, of: Case, otherwiseAt: Date]>([
    ['at the last good sweep, of the current version', disabled, inMs(-60_000)],
    ['at the last inspection, where that was later', { ...disabled, last: { at: inMs(-45_000) } }, inMs(-45_000)],
    [
      'at the last good sweep, of an older version that is listed each minute',
      { ...disabled, version: { enabled: false }, current: V2 },
      inMs(-60_000),
    ],
    [
      'at the last good sweep, of an older version that a known user needs',
      { ...disabled, version: { enabled: false }, current: V2, more: { pinned: [V1] } },
      inMs(-60_000),
    ],
    [
      'at the last inspection, of an older version that no known user needs',
      { ...disabled, current: V2, more: { pinned: [V2] } },
      inDays(-1),
    ],
  ])('was last observed otherwise %s', (_says, of, otherwiseAt) => {
    expect(when('disable', { ...of, dating: { sweptOtherwiseAt: inMs(-60_000) } })).toMatchObject({ otherwiseAt });
  });

  test('was last observed otherwise at the last inspection, of a retired version: no sweep lists it', () => {
    const record = recordOf(
      { [V1]: known({ attributes: approved({ enabled: false }) }), [V2]: known() },
      { observed: { current: V2, versions: { [V1]: lastObserved({ enabled: false }) } } },
    );
    const of = situation({ observed: present(shown({ version: V2 }), shown({ updated: ACTED })), record });
    expect(dated(foundOf('enable'), { ...of, ...NOTHING, sweptOtherwiseAt: inMs(-60_000) })).toMatchObject({
      otherwiseAt: inDays(-1),
    });
  });

  test('was never observed otherwise where its version was never observed', () => {
    const record = recordWith({}, 'disable', true);
    const of = situation({ observed: present(shown({ updated: ACTED, enabled: false })), record });
    expect(whenOf(dated(foundOf('disable'), { ...of, ...NOTHING, sweptOtherwiseAt: inMs(-60_000) }))).toEqual({
      since: ACTED,
      firstObservedAt: NOW,
    });
  });
});

describe('operations that changed', () => {
  const fewer = { detail: { ...DETAIL, operations: ['sign'] } };

  test('are since the vault’s own time, and were otherwise when they were last read in full', () => {
    const of = { version: fewer, last: { at: inMs(-60_000), inFullAt: inMs(-3_600_000) } };
    expect(when('operations', { ...of, dating: { sweptOtherwiseAt: inMs(-60_000) } })).toEqual({
      since: ACTED,
      firstObservedAt: NOW,
      otherwiseAt: inMs(-3_600_000),
    });
  });

  test('are since they were last read in full, where the vault’s own time did not move', () => {
    const of = { version: { ...fewer, updated: BORN }, last: { inFullAt: inMs(-3_600_000) } };
    expect(when('operations', of)).toEqual({
      since: inMs(-3_600_000),
      firstObservedAt: NOW,
      otherwiseAt: inMs(-3_600_000),
    });
  });

  test('and that a disablement hid are since that, whatever has enabled the version again', () => {
    const hidden = { updated: inMs(-60_000), inFullAt: inMs(-30_000), operationsAt: inMs(-3_600_000) };
    expect(when('operations', { version: fewer, last: hidden })).toEqual({
      since: inMs(-60_000),
      firstObservedAt: NOW,
      otherwiseAt: inMs(-3_600_000),
    });
  });
});

describe('a difference stays the same one', () => {
  const standing = { since: inDays(-5), firstObservedAt: inDays(-4), otherwiseAt: inDays(-6), hold: 'hold-0' };
  const both = { expiresOn: inDays(1), notBefore: inDays(1), enabled: false };
  test.each<readonly [act: ApprovableAct, of: Case]>([
    ['disable', { version: both, last: { enabled: false } }],
    ['enable', { version: { expiresOn: inDays(1) }, last: { enabled: true } }],
    ['expire', { version: both, last: { expiresOn: inDays(1) } }],
    ['not-before', { version: both, last: { notBefore: inDays(1) } }],
    [
      'operations',
      {
        version: { ...both, detail: { ...DETAIL, operations: ['sign', 'verify'] } },
        last: { operations: ['verify', 'sign'] },
      },
    ],
    ['operations', { version: { ...both, detail: undefined }, last: { operations: ['sign'] } }],
  ])('whatever else of its version was changed since: %s', (act, of) => {
    expect(when(act, { ...of, standing, dating: { holds: [hold()], sweptOtherwiseAt: inMs(-60_000) } })).toEqual(
      standing,
    );
  });

  test('where nobody found it before: what is approved changed, and it was first observed then', () => {
    expect(when('disable', { ...disabled, last: { enabled: false } })).toEqual({
      since: ACTED,
      firstObservedAt: inDays(-1),
    });
  });
});

describe('a deletion', () => {
  const deleted = (record: KeyRecord, dating: Partial<Clues> = {}): Difference =>
    whenOf(
      dated(deletion, {
        ...situation({
          observed: { kind: 'deleted', managed: false, deletedOn: ACTED, scheduledPurgeOn: undefined },
          record,
        }),
        ...NOTHING,
        ...dating,
      }),
    );
  const standing = (since: Date) => ({
    [differenceKey(undefined, 'delete')]: { since, firstObservedAt: inMs(-20_000), otherwiseAt: inMs(-40_000) },
  });

  test('is since the vault’s own time, and was otherwise when the key was last there', () => {
    const record = recordOf(
      { [V1]: known(), [V2]: known() },
      { observed: { versions: { [V1]: lastObserved(), [V2]: lastObserved({ at: inMs(-90_000) }) } } },
    );
    expect(deleted(record)).toEqual({ since: ACTED, firstObservedAt: NOW, otherwiseAt: inMs(-90_000) });
    expect(deleted(record, { sweptOtherwiseAt: inMs(-60_000) })).toMatchObject({ otherwiseAt: inMs(-60_000) });
    expect(deleted(record, { sweptOtherwiseAt: inMs(-120_000) })).toMatchObject({ otherwiseAt: inMs(-90_000) });
  });

  test('was never observed otherwise where the key was never observed', () => {
    const record = recordOf({ [V1]: known() }, { observed: { versions: {} } });
    expect(deleted(record, { sweptOtherwiseAt: inMs(-60_000) })).toEqual({ since: ACTED, firstObservedAt: NOW });
  });

  test('stays the same one while its time does, and another is one of its own', () => {
    const record = (since: Date) => recordOf({ [V1]: known() }, { observed: { differing: standing(since) } });
    expect(deleted(record(ACTED))).toEqual({
      since: ACTED,
      firstObservedAt: inMs(-20_000),
      otherwiseAt: inMs(-40_000),
    });
    expect(deleted(record(inMs(-31_000)))).toEqual({ since: ACTED, firstObservedAt: NOW, otherwiseAt: inDays(-1) });
  });
});

describe('what people cannot approve', () => {
  const whenFound = (more: Partial<Found>): Difference =>
    whenOf(dated(foundOf(undefined, more), { ...situation(), ...NOTHING }));

  test('is since its rule says, else since now', () => {
    expect(whenFound({ since: inDays(-3) })).toEqual({ since: inDays(-3), firstObservedAt: NOW });
    expect(whenFound({})).toEqual({ since: NOW, firstObservedAt: NOW });
  });
});

describe('a difference may have come to be under a hold', () => {
  const at = (begin: number, end: number) => hold({ from: inMs(begin), until: inMs(end) });
  const swept = { sweptOtherwiseAt: inMs(-60_000) };
  test.each<readonly [says: string, holds: Dating['holds'], under: string | undefined]>([
    ['that is in force', [at(-90_000, 90_000)], 'hold-1'],
    ['that was over since it was last observed otherwise', [at(-90_000, -30_000)], 'hold-1'],
    ['that was over when it was last observed otherwise', [at(-90_000, -60_000)], 'hold-1'],
    ['that was over just before: clocks may be apart', [at(-90_000, -65_000)], 'hold-1'],
    ['not one that was over before', [at(-90_000, -65_001)], undefined],
    ['not one on another key', [{ ...at(-90_000, 90_000), key: 'disk-b' }], undefined],
  ])('%s', (_says, holds, under) => {
    expect(when('disable', { ...disabled, dating: { holds, ...swept } }).hold).toBe(under);
  });

  test('where it was never observed otherwise, one that is in force when it is first observed', () => {
    const found = (holds: Dating['holds']) =>
      dated(foundOf('disable'), {
        ...situation({
          observed: present(shown({ updated: ACTED, enabled: false })),
          record: recordWith({}, 'disable', true),
        }),
        holds,
        sweptOtherwiseAt: undefined,
      }).hold;
    expect([found([at(-90_000, -5_000)]), found([at(-90_000, -5_001)])]).toEqual(['hold-1', undefined]);
  });

  test('and no later one changes that', () => {
    const standing = { since: inDays(-5), firstObservedAt: inDays(-4) };
    const of = { ...disabled, last: { enabled: false }, standing, dating: { holds: [at(-90_000, 90_000)] } };
    expect(when('disable', of)).toEqual(standing);
  });
});
