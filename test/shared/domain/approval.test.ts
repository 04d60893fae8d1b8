import { describe, expect, test } from 'vitest';
import {
  type Approval,
  approval as approvalSchema,
  covers,
  fitsActor,
  type UnapprovedState,
} from '../../../shared/domain/approval.ts';
import { approval, inDays, inMs, NOW, V1, V2 } from '../guard/keys/situations.ts';

const MINUTE_MS = 60_000;
/** A version that was last observed as enabled a minute ago, and is disabled now. */
const state = (more: Partial<UnapprovedState> = {}): UnapprovedState => ({
  key: 'disk-a',
  version: V1,
  act: 'disable',
  otherwiseAt: inMs(-MINUTE_MS),
  ...more,
});
const by = (oid: string, at = inDays(-1)) => ({ by: { oid }, at });
/** A state that was last observed otherwise so many ms ago. */
const afterGap = (gapMs: number) => state({ otherwiseAt: inMs(-gapMs) });

type Row = readonly [says: string, approval: Approval, state: UnapprovedState];

describe('an approval covers', () => {
  test.each<Row>([
    ['the state of the version that it names', approval(), state()],
    [
      'the key as a whole, whatever version it names: deleting has none',
      approval({ acts: ['delete'] }),
      state({ act: 'delete', version: undefined }),
    ],
    ['any version where it says so', approval({ version: '*' }), state({ version: V2 })],
    ['any key of a vault that is being decommissioned', approval({ key: '*' }), state({ key: 'disk-b' })],
    ['each of several acts', approval({ acts: ['disable', 'expire'] }), state({ act: 'expire' })],
    ['from the very moment in which its window opens', approval({ from: NOW }), state()],
    [
      'while its window was open for a moment after the last observation that showed it otherwise',
      approval({ until: inMs(1 - MINUTE_MS) }),
      state(),
    ],
    [
      'when its window was open at the very moment of the last observation that showed it otherwise',
      approval({ until: inMs(-MINUTE_MS) }),
      state(),
    ],
    [
      'when it was withdrawn since the last observation that showed it otherwise',
      approval({ withdrawn: by('granter', inMs(-30_000)) }),
      state(),
    ],
    [
      'after a gap of ten minutes, a window that was open within it',
      approval({ until: inMs(-5 * MINUTE_MS) }),
      afterGap(10 * MINUTE_MS),
    ],
    ['after a longer gap, a window that is open now', approval(), afterGap(60 * MINUTE_MS)],
    ['after a longer gap, a window that ends this very moment', approval({ until: NOW }), afterGap(60 * MINUTE_MS)],
    ['what was never observed otherwise, where its window is open now', approval(), state({ otherwiseAt: undefined })],
    ['whoever it is meant for: the actor is known only minutes later', approval({ by: 'anna' }), state()],
  ])('%s', (_says, given, of) => {
    expect(covers(given, of, NOW)).toBe(true);
  });
});

describe('an approval does not cover', () => {
  test.each<Row>([
    ['another key', approval(), state({ key: 'disk-b' })],
    ['another version', approval(), state({ version: V2 })],
    ['another act', approval(), state({ act: 'expire' })],
    ['anything a moment before its window opens', approval({ from: inMs(1) }), state()],
    [
      'what was observed otherwise a moment after its window was over',
      approval({ until: inMs(-MINUTE_MS - 1) }),
      state(),
    ],
    [
      'what was observed otherwise a moment after it was withdrawn',
      approval({ withdrawn: by('granter', inMs(-MINUTE_MS - 1)) }),
      state(),
    ],
    [
      'anything where it was withdrawn before its window opened',
      approval({ from: inMs(-30_000), withdrawn: by('granter', inMs(-45_000)) }),
      state(),
    ],
    [
      'anything where it was withdrawn at the moment in which its window opened',
      approval({ from: inMs(-30_000), withdrawn: by('granter', inMs(-30_000)) }),
      state(),
    ],
    [
      'after a gap of more than ten minutes, a window that was open within it and is over',
      approval({ until: inMs(-1) }),
      afterGap(10 * MINUTE_MS + 1),
    ],
    [
      'after a gap of more than ten minutes, one that was withdrawn within it',
      approval({ withdrawn: by('granter', inMs(-1)) }),
      afterGap(10 * MINUTE_MS + 1),
    ],
    [
      'what was never observed otherwise, where its window is over',
      approval({ until: inMs(-1) }),
      state({ otherwiseAt: undefined }),
    ],
    ['anything before it is granted', approval({ granted: undefined }), state()],
    ['anything where the asker granted it', approval({ asked: by('anna'), granted: by('anna') }), state()],
    [
      'anything where the asker granted it, in whatever case',
      approval({ asked: by('anna'), granted: by('ANNA') }),
      state(),
    ],
  ])('%s', (_says, given, of) => {
    expect(covers(given, of, NOW)).toBe(false);
  });
});

describe('break-glass', () => {
  const glass = (more: Partial<Approval> = {}): Approval =>
    approval({
      ...{ breakGlass: true, asked: by('anna'), granted: by('anna'), by: 'anna', version: V1, acts: ['disable'] },
      ...{ from: inMs(-MINUTE_MS), until: inMs(59 * MINUTE_MS), ...more },
    });

  test.each<[says: string, given: Approval, is: boolean]>([
    ['covers the version that it names, on one word', glass(), true],
    ['covers nothing where the guardian did not call it so', glass({ breakGlass: undefined }), false],
    ['covers no other version', glass({ version: V2 }), false],
    ['covers nothing where it is for every version', glass({ version: '*' }), false],
    ['covers nothing where it is for every key', glass({ key: '*' }), false],
    ['covers nothing where it allows to delete as well', glass({ acts: ['disable', 'delete'] }), false],
    ['covers nothing where it is longer than an hour', glass({ until: inMs(59 * MINUTE_MS + 1) }), false],
    ['covers nothing once it is withdrawn', glass({ withdrawn: by('carl', inMs(-2 * MINUTE_MS)) }), false],
  ])('%s', (_says, given, is) => {
    expect(covers(given, state(), NOW)).toBe(is);
  });

  test('is for the person alone who broke the glass', () => {
    expect(['anna', 'carl'].map((oid) => fitsActor(glass(), oid))).toEqual([true, false]);
  });
});

describe('who is meant by an approval', () => {
  test.each([
    ['the one who is named', 'anna', 'anna', true],
    ['the one who is named, in whatever case', 'ANNA', 'anna', true],
    ['nobody but the one who is named', 'anna', 'carl', false],
    ['anyone', 'anyone', 'carl', true],
    ['the one who asked, where it is anyone', 'anyone', 'asker', true],
    ['anyone but the granter', 'anyone', 'granter', false],
    ['anyone but the granter, in whatever case', 'anyone', 'GRANTER', false],
    ['not the granter even where that one is named', 'granter', 'granter', false],
    ['whoever a record without an object id is of: it is no mismatch', 'anna', 'unknown', true],
  ])('%s', (_says, named, oid, fits) => {
    expect(fitsActor(approval({ by: named }), oid)).toBe(fits);
  });
});

test('an approval comes back from storage as it went in', () => {
  const whole = approval({ ticket: 'CHG-7', withdrawn: { by: { oid: 'granter', name: 'Gerda' }, at: NOW } });
  expect(approvalSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

test('an approval names at least one act', () => {
  expect(approvalSchema.safeParse({ ...approval(), acts: [] }).success).toBe(false);
});
