import { describe, expect, test } from 'vitest';
import {
  type Approval,
  approval as approvalSchema,
  covers,
  type DatedAct,
  fitsActor,
  mayCover,
} from '../../../shared/domain/approval.ts';
import { ACTED, approval, V1, V2 } from '../guard/keys/situations.ts';

const act = (more: Partial<DatedAct> = {}): DatedAct => ({
  act: 'disable',
  version: V1,
  at: ACTED,
  by: undefined,
  ...more,
});
const msAfter = (ms: number): Date => new Date(ACTED.getTime() + ms);
const by = (oid: string) => ({ by: { oid }, at: msAfter(-86_400_000) });

type Row = readonly [says: string, approval: Approval, act: DatedAct, key?: string];
const onDiskA = (rows: readonly Row[]) =>
  rows.map(([says, given, acted, key]) => [says, given, acted, key ?? 'disk-a'] as const);

describe('an approval covers', () => {
  const rows: readonly Row[] = [
    ['the act on the version that it names', approval(), act()],
    [
      'the version that it names when the act has none, as deleting',
      approval({ acts: ['delete'] }),
      act({ act: 'delete', version: undefined }),
    ],
    ['any version where it says so', approval({ version: '*' }), act({ version: V2 })],
    ['any key of a vault that is being decommissioned', approval({ key: '*' }), act(), 'disk-b'],
    ['each of several acts', approval({ acts: ['disable', 'expire'] }), act({ act: 'expire' })],
    ['an act at the very beginning of the window', approval({ from: ACTED }), act()],
    [
      'an act five seconds before the second in which the window begins: the clock of who asked may be ahead',
      approval({ from: msAfter(5_999) }),
      act(),
    ],
    ['an act at the very end of the window', approval({ until: ACTED }), act()],
    [
      'an act a moment before it was withdrawn',
      approval({ withdrawn: { by: { oid: 'granter' }, at: msAfter(1) } }),
      act(),
    ],
    ['an act by somebody who is not known yet', approval({ by: 'anna' }), act()],
    ['an act by the one who is named', approval({ by: 'anna' }), act({ by: 'anna' })],
    ['an act by the one who is named, in whatever case', approval({ by: 'ANNA' }), act({ by: 'anna' })],
    ['an act by anyone but the granter', approval(), act({ by: 'carl' })],
    ['an act by the one who asked', approval(), act({ by: 'asker' })],
  ];
  test.each(onDiskA(rows))('%s', (_says, given, acted, key) => {
    expect(covers(given, key, acted)).toBe(true);
  });
});

describe('an approval does not cover', () => {
  const rows: readonly Row[] = [
    ['another key', approval(), act(), 'disk-b'],
    ['another version', approval(), act({ version: V2 })],
    ['another act', approval(), act({ act: 'expire' })],
    ['an act six seconds before the window', approval({ from: msAfter(6_000) }), act()],
    ['an act a moment after the window', approval({ until: msAfter(-1) }), act()],
    ['an act at the moment of its withdrawal', approval({ withdrawn: { by: { oid: 'granter' }, at: ACTED } }), act()],
    ['anything before it is granted', approval({ granted: undefined }), act()],
    ['anything where the asker granted it himself', approval({ asked: by('anna'), granted: by('anna') }), act()],
    ['an act by another than the one who is named', approval({ by: 'anna' }), act({ by: 'carl' })],
    ['an act by the granter', approval(), act({ by: 'granter' })],
    ['an act by the granter, in whatever case', approval(), act({ by: 'GRANTER' })],
    [
      'anything where the asker granted it himself, in whatever case',
      approval({ asked: by('anna'), granted: by('ANNA') }),
      act(),
    ],
    ['an act by the granter although he is the one who is named', approval({ by: 'granter' }), act({ by: 'granter' })],
  ];
  test.each(onDiskA(rows))('%s', (_says, given, acted, key) => {
    expect(covers(given, key, acted)).toBe(false);
  });
});

describe('who is meant by an approval', () => {
  test.each([
    ['the one who is named', 'anna', 'anna', true],
    ['nobody but the one who is named', 'anna', 'carl', false],
    ['anyone', 'anyone', 'carl', true],
    ['anyone but the granter', 'anyone', 'granter', false],
    ['not the granter even where he is named', 'granter', 'granter', false],
  ])('%s', (_says, named, oid, fits) => {
    expect(fitsActor(approval({ by: named }), oid)).toBe(fits);
  });
});

describe('an approval may cover an act that happened between the last look and the date that the vault gives', () => {
  test.each<readonly [says: string, given: Approval, after: Date, may: boolean]>([
    [
      'when the window is over at the date and was not at the last look',
      approval({ until: msAfter(-60_000) }),
      msAfter(-120_000),
      true,
    ],
    ['not when the window was over at the last look', approval({ until: msAfter(-60_000) }), msAfter(-60_000), false],
    [
      'when the window is over a moment after the last look',
      approval({ until: msAfter(-60_000) }),
      msAfter(-60_001),
      true,
    ],
    [
      'when it was withdrawn since the last look',
      approval({ withdrawn: { by: { oid: 'granter' }, at: msAfter(-60_000) } }),
      msAfter(-120_000),
      true,
    ],
    [
      'not when it was withdrawn right after the last look',
      approval({ withdrawn: { by: { oid: 'granter' }, at: msAfter(-60_000) } }),
      msAfter(-60_001),
      false,
    ],
    ['not when the window begins after the date', approval({ from: msAfter(6_000) }), msAfter(-120_000), false],
    ['not when it is for another act', approval({ acts: ['enable'] }), msAfter(-120_000), false],
  ])('%s', (_says, given, after, may) => {
    expect(mayCover(given, 'disk-a', act(), after)).toBe(may);
  });
});

test('an approval comes back from storage as it went in', () => {
  const whole = approval({ ticket: 'CHG-7', withdrawn: { by: { oid: 'granter', name: 'Gerda' }, at: ACTED } });
  expect(approvalSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

test('an approval names at least one act', () => {
  expect(approvalSchema.safeParse({ ...approval(), acts: [] }).success).toBe(false);
});
