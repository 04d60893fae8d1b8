import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../../shared/domain/decision.ts';
import type { Inspection } from '../../../../shared/domain/hint.ts';
import { keyOf } from '../../../../shared/domain/subject.ts';
import { delaySeconds, followUp, isPlanned, tryAgain } from '../../../../shared/guard/keys/follow-up.ts';
import { ACTED, inMs, known, NOW, recordOf, V1 } from './situations.ts';

const subject = keyOf({ vault: 'prod-disks', key: 'disk-a' });
const NOTHING: Decision = { judgements: [], actions: [], inspectAgainInSeconds: undefined };
const recover = { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED } as const;
const planned = (nextInspectionAt: Date | undefined) => recordOf({ [V1]: known() }, { inFlight: { nextInspectionAt } });

/** A queue that notes what it is sent, on a clock that stands still. */
function queue() {
  const sent: (readonly [message: Inspection, delaySeconds: number | undefined])[] = [];
  const inspections = { send: async (message: Inspection, delay?: number) => void sent.push([message, delay]) };
  return { sent, ports: { queues: { inspections }, newId: () => 'hint-1', now: () => NOW } };
}

test.each([
  [0, 1],
  [1, 2],
  [5, 32],
  [6, 60],
  [1_000, 60],
])('the attempt after %i failed ones waits %i s', (attempt, seconds) => {
  expect(delaySeconds(attempt)).toBe(seconds);
});

test.each([
  ['is still to come', true, inMs(1)],
  ['is due this very moment', false, NOW],
  ['was never asked for', false, undefined],
] as const)('an inspection that %s is planned: %s', (_says, isSo, at) => {
  expect(isPlanned(planned(at), NOW)).toBe(isSo);
});

describe('what is left to do', () => {
  test.each<readonly [says: string, decision: Decision, seconds: number, why: string]>([
    ['what settles or flaps, when it is due', { ...NOTHING, inspectAgainInSeconds: 8 }, 8, 'not settled'],
    ['what the last round decided, in a second', { ...NOTHING, actions: [recover] }, 1, 'more to do'],
    [
      'what the last round decided, before what settles',
      { ...NOTHING, actions: [recover], inspectAgainInSeconds: 8 },
      1,
      'more to do',
    ],
  ])('is inspected again: %s', async (_says, decision, seconds, why) => {
    const { sent, ports } = queue();
    expect(await followUp(subject, decision, planned(undefined), ports)).toEqual(inMs(seconds * 1_000));
    const hint = { id: 'hint-1', sense: 'follow-up', sensedAt: NOW, says: { kind: 'inspect-again', why } };
    expect(sent).toEqual([[{ subject, hints: [hint], attempt: 0 }, seconds]]);
  });

  test('is nothing where nothing is decided and nothing settles', async () => {
    const { sent, ports } = queue();
    expect(await followUp(subject, NOTHING, planned(inMs(60_000)), ports)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('is asked for once, whoever asks', async () => {
    const { sent, ports } = queue();
    const decision = { ...NOTHING, inspectAgainInSeconds: 8 };
    expect(await followUp(subject, decision, planned(inMs(1)), ports)).toEqual(inMs(1));
    expect(sent).toEqual([]);
    expect(await followUp(subject, decision, planned(NOW), ports)).toEqual(inMs(8_000));
    expect(sent).toHaveLength(1);
  });
});

describe('what failed', () => {
  const message = (attempt: number): Inspection => ({ subject, hints: [], attempt });

  test.each([
    [0, 1],
    [3, 8],
  ])('is tried again, with its hints, after %i attempts in %i s', async (attempt, seconds) => {
    const { sent, ports } = queue();
    expect(await tryAgain(message(attempt), planned(undefined), ports)).toEqual(inMs(seconds * 1_000));
    expect(sent).toEqual([[message(attempt + 1), seconds]]);
  });

  test('is asked for once, where another message asks as well', async () => {
    const { sent, ports } = queue();
    expect(await tryAgain(message(0), planned(inMs(5_000)), ports)).toEqual(inMs(5_000));
    expect(sent).toEqual([]);
  });

  test('is tried again where the planned attempt is the one that failed', async () => {
    const { sent, ports } = queue();
    expect(await tryAgain(message(1), planned(inMs(5_000)), ports)).toEqual(inMs(2_000));
    expect(sent).toHaveLength(1);
  });
});
