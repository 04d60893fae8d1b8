import { describe, expect, test } from 'vitest';
import type { ApprovableAct } from '../../../../shared/domain/approval.ts';
import type { Finding } from '../../../../shared/domain/finding.ts';
import type { KeyPolicy } from '../../../../shared/domain/policy.ts';
import type { KeyRecord, VersionRecord } from '../../../../shared/domain/register.ts';
import { later } from '../../../../shared/domain/time.ts';
import { datesOf, ifUndated } from '../../../../shared/guard/dating.ts';
import {
  ACTED,
  approval,
  approved,
  inDays,
  inMs,
  known,
  NOW,
  OPERATIONS,
  POLICY,
  recordOf,
  shown,
  V1,
  V2,
} from './situations.ts';

/** What somebody did to a version; when, nobody knows but that it was no later than the date that the vault gives. */
const finding: Finding = {
  rule: 'version-disabled',
  severity: 'critical',
  version: V1,
  since: ACTED,
  act: 'disable',
  stopsDisks: true,
  summary: 'Disabled.',
  remedy: { kind: 'restore', version: V1, change: { enabled: true } },
};
/** Over before the vault's date, and not when the version was last seen otherwise, a day ago. */
const over = approval({ until: inMs(-60_000) });
const removed = { ...over, acts: ['operations' as const] };

interface Case {
  readonly found?: Partial<Finding>;
  readonly of?: Partial<VersionRecord>;
  readonly acts?: KeyRecord['acts'];
  readonly actsCutUntil?: Date;
  readonly approvals?: readonly ReturnType<typeof approval>[];
  readonly lastPassAt?: Date;
  /** When the vault says that it was changed; as it was seen where left out. */
  readonly updated?: Date;
  /** Which version the vault calls current, and the one that it last did. */
  readonly current?: readonly [string, string];
  readonly olderVersions?: KeyPolicy['olderVersions'];
  readonly now?: Date;
}
const undated = ({
  found = {},
  of = {},
  acts = [],
  actsCutUntil,
  approvals = [over],
  lastPassAt,
  updated,
  current = [V1, V1],
  olderVersions = 'hourly',
  // All records have had their time to come.
  now = inMs(600_000),
}: Case): boolean => {
  const looked = {
    key: 'disk-a',
    observed: {
      kind: 'present',
      managed: false,
      current: current[0],
      versions: [shown({ updated: updated ?? known(of).seen?.updated ?? ACTED })],
    },
    record: recordOf({ [V1]: known(of) }, { acts, actsCutUntil, current: current[1] }),
    policy: { ...POLICY, olderVersions },
    approvals,
    lastPassAt,
    now,
  } as const;
  return ifUndated({ ...finding, ...found }, looked).undated === true;
};

const seen = (more: Partial<NonNullable<VersionRecord['seen']>>): Partial<VersionRecord> => ({
  seen: {
    at: inDays(-1),
    updated: inDays(-2),
    enabled: true,
    operations: [...OPERATIONS],
    inFullAt: inDays(-1),
    verdict: 'good',
    ...more,
  },
});
const told = (oid: string, at: Date, more: Partial<KeyRecord['acts'][number]> = {}): KeyRecord['acts'][number] => ({
  id: `${oid}-${at.toISOString()}`,
  operation: 'KeyUpdate',
  version: V1,
  at,
  by: { oid },
  ...more,
});
const inTime = inMs(-120_000);

describe('an approval covers an act or not, and nobody can say', () => {
  test.each<readonly [says: string, of: Case]>([
    ['when its window was over before the vault’s date and open at the last look', {}],
    ['when its window was over a moment after the last look', { of: seen({ at: inMs(-60_001) }) }],
    ['when its window was over a moment after the last pass', { lastPassAt: inMs(-60_001) }],
    ['when something else of it was bad at the last look, and was to be undone', { of: seen({ verdict: 'undo' }) }],
    ['when something else of it was bad at the last look, and was left', { of: seen({ verdict: 'left' }) }],
    ['when an earlier look could not say either', { found: { earlier: 'undated' } }],
    ['when there is nothing to be undone as yet', { found: { remedy: { kind: 'tell' } } }],
    [
      'when an earlier look dated it, and the version was changed since, so that it may have been put back and done again',
      { found: { earlier: 'dated' }, of: seen({ updated: inMs(-7_200_000), at: inMs(-3_600_000) }), updated: ACTED },
    ],
    [
      'when the window was over at the last pass, which did not list older versions',
      { lastPassAt: inMs(-60_000), current: [V2, V2] },
    ],
    [
      'when the window was over at the last pass, and it has become an older version since',
      { lastPassAt: inMs(-60_000), current: [V2, V1] },
    ],
    [
      'when the window was over at the last pass, which did not list retired versions',
      {
        lastPassAt: inMs(-60_000),
        current: [V2, V2],
        olderVersions: 'each-minute',
        of: { approved: approved({ enabled: false }) },
      },
    ],
    [
      'when its window was open for a part of the time in which it may have been',
      {
        found: { act: 'operations', since: inDays(-1), latest: NOW },
        of: seen({ at: inMs(-1_000) }),
        approvals: [removed],
      },
    ],
    [
      'when it is about operations, which the last look and the last pass did not read',
      { found: { act: 'operations' }, of: seen({ at: inMs(-1_000) }), lastPassAt: inMs(-1_000), approvals: [removed] },
    ],
    ['when a record tells of a fitting act within the window', { acts: [told('anna', inTime)] }],
    ['when one of several records tells of a fitting act', { acts: [told('granter', inTime), told('anna', inTime)] }],
    [
      'when a record that names no version tells of a fitting act',
      { acts: [{ ...told('anna', inTime), version: undefined }] },
    ],
    [
      'when only records of other operations have come',
      { acts: [told('granter', inTime, { operation: 'KeyDelete' })] },
    ],
    ['when only records about other versions have come', { acts: [told('granter', inTime, { version: V2 })] }],
    ['when only records from before the last look have come', { acts: [told('granter', inDays(-1))] }],
    [
      'when a record tells of another act, and others may still come',
      { acts: [told('granter', inTime)], now: later(ACTED, 599_999) },
    ],
    [
      'when records were let go of acts that may have been it',
      { acts: [told('granter', inTime)], actsCutUntil: later(inDays(-1), 1) },
    ],
    ['when only records of later acts have come', { acts: [told('granter', later(ACTED, 5_001))] }],
  ])('%s', (_says, of) => {
    expect(undated(of)).toBe(true);
  });
});

describe('an act can be dated well enough', () => {
  test.each<readonly [says: string, of: Case]>([
    ['when there is no approval at all', { approvals: [], found: { earlier: 'undated' } }],
    ['when it is nothing that people could have approved', { found: { act: undefined, earlier: 'undated' } }],
    ['when it is about the key as a whole: a deletion has its own date', { found: { version: undefined } }],
    ['when the version was never seen', { of: { seen: undefined }, found: { earlier: 'undated' } }],
    ['when the window was over at the last look', { of: seen({ at: inMs(-60_000) }) }],
    ['when the window was over at the last pass', { lastPassAt: inMs(-60_000) }],
    [
      'when the window was over at the last pass, which listed older versions as well',
      { lastPassAt: inMs(-60_000), current: [V2, V2], olderVersions: 'each-minute' },
    ],
    ['when an earlier look dated it', { found: { earlier: 'dated' } }],
    [
      'when an earlier look dated it, and the version was changed since, when no window was open any more',
      { found: { earlier: 'dated' }, of: seen({ updated: inMs(-7_200_000), at: inMs(-60_000) }), updated: ACTED },
    ],
    [
      'when the window was over before any time at which it may have been',
      {
        found: { act: 'operations', since: inMs(-60_000), latest: NOW },
        of: seen({ inFullAt: inMs(-60_000) }),
        approvals: [removed],
      },
    ],
    ['when a record tells of an act after the window', { acts: [told('anna', ACTED)] }],
    [
      'ten minutes after it, when a record tells of an act after the window',
      { acts: [told('anna', ACTED)], now: later(ACTED, 600_000) },
    ],
    [
      'when records tell of what an earlier look could not say',
      { acts: [told('anna', ACTED)], found: { earlier: 'undated', after: inDays(-1) } },
    ],
    ['when a record tells of an act by somebody it was not meant for', { acts: [told('granter', inTime)] }],
    [
      'when only records were let go of acts from before the last look',
      { acts: [told('granter', inTime)], actsCutUntil: inDays(-1) },
    ],
    [
      'when a later act is told that the approval would cover',
      {
        acts: [told('granter', ACTED), told('anna', later(ACTED, 5_001))],
        approvals: [over, approval({ from: later(ACTED, 5_001), until: inDays(1) })],
      },
    ],
    ['when the approval is for another act', { approvals: [approval({ acts: ['expire'], until: NOW })] }],
  ])('%s', (_says, of) => {
    expect(undated(of)).toBe(false);
  });
});

describe('an attribute came to be as it is', () => {
  const version = shown({ updated: ACTED });
  const dated = { since: inDays(-5) };
  const differing = { disable: dated, enable: dated, expire: dated, 'not-before': dated, operations: dated };
  const standing = known({ ...seen({}), differing });

  test.each<readonly [says: string, act: ApprovableAct | undefined, of: VersionRecord | undefined]>([
    ['that no look has seen', 'disable', known({ seen: undefined, differing })],
    ['of a version that is not known', 'disable', undefined],
    ['that people cannot approve', undefined, standing],
    ['that was as approved at the last look', 'disable', known(seen({}))],
    ['that was enabled at the last look', 'disable', known({ ...seen({ enabled: false }), differing })],
    ['that expired at another time at the last look', 'expire', known({ ...seen({ expiresOn: NOW }), differing })],
    ['that began at another time at the last look', 'not-before', known({ ...seen({ notBefore: NOW }), differing })],
    ['that held other operations at the last look', 'operations', known({ ...seen({ operations: [] }), differing })],
  ])('when the vault says: what it is %s', (_says, act, of) => {
    expect(datesOf(act, version, of, NOW)).toMatchObject({ since: ACTED });
  });

  test('with the vault’s time of the change before it, as it was last seen', () => {
    expect(datesOf('disable', { ...version, enabled: false }, known(seen({})), NOW)).toEqual({
      since: ACTED,
      previous: inDays(-2),
    });
  });

  test.each<ApprovableAct>(['disable', 'enable', 'expire', 'not-before', 'operations'])(
    'when an earlier look dated it, whatever was changed beside it since: %s',
    (act) => {
      expect(datesOf(act, version, standing, NOW)).toEqual({ since: inDays(-5), earlier: 'dated' });
    },
  );

  test('when an earlier look could not date it: in the time that it had, and no better', () => {
    const undatedThen = { operations: { since: inDays(-5), latest: inDays(-4), undated: true } } as const;
    expect(datesOf('operations', version, known({ ...seen({}), differing: undatedThen }), NOW)).toEqual({
      since: inDays(-5),
      latest: inDays(-4),
      earlier: 'undated',
    });
  });

  test('at any time since they were last read, where operations changed and the vault’s time did not', () => {
    const unmoved = known(seen({ updated: ACTED, operations: ['sign'] }));
    expect(datesOf('operations', version, unmoved, NOW)).toEqual({ since: inDays(-1), latest: NOW });
    expect(datesOf('disable', { ...version, enabled: false }, unmoved, NOW)).toEqual({
      since: ACTED,
      previous: ACTED,
    });
  });
});
