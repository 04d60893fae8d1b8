import { describe, expect, test } from 'vitest';
import { type Action, factsOf } from '../../../shared/domain/actions/registry.ts';
import type { Outcome } from '../../../shared/domain/decision.ts';
import type { ObservedKey } from '../../../shared/domain/key.ts';
import { afterReading, answeredOutcome, failureOf } from '../../../shared/guard/act.ts';
import { ACTED, NOW, present, shown, V1 } from './keys/situations.ts';

const recover: Action = { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED };
const enable: Action = {
  kind: 'restore-version',
  vault: 'prod-disks',
  key: 'disk-a',
  version: V1,
  change: { enabled: true },
};
const rotate: Action = { kind: 'rotate-key', vault: 'prod-disks', key: 'disk-a', from: 'the one before' };
const intentOf = (action: Action) => ({ id: 'intent-1', at: NOW, action, findings: [] });

describe('what came of an intent', () => {
  const disabled = present(shown({ enabled: false }));
  const enabled = present(shown());
  const gone: ObservedKey = { kind: 'absent' };
  const refused: Outcome = { kind: 'failed', because: 'throttled' };
  const lost: Outcome = { kind: 'unknown', because: 'No answer.' };

  test.each<
    readonly [
      says: string,
      action: Action,
      answered: Outcome,
      observed: ObservedKey,
      outcome: Outcome,
      isTaken: boolean,
    ]
  >([
    ['is done where the vault shows it', enable, { kind: 'begun' }, enabled, { kind: 'done' }, true],
    ['is done where the vault shows it, whatever it answered', enable, refused, enabled, { kind: 'done' }, true],
    [
      'is already-rotated where a rotation was refused and the key has a new version: somebody else made it',
      ...([rotate, refused, enabled] as const),
      ...([{ kind: 'already-rotated', because: 'throttled' }, false] as const),
    ],
    [
      'is done where a vault that fails over refused a rotation and may have done it',
      ...([rotate, { ...refused, mayBeDone: true }, enabled] as const),
      ...([{ kind: 'done' }, true] as const),
    ],
    ['is what was answered where it was refused', enable, refused, disabled, refused, false],
    [
      'is failed where it should show at once and does not',
      enable,
      { kind: 'begun' },
      disabled,
      { kind: 'failed', because: 'Reading back does not show it.' },
      true,
    ],
    [
      'is failed where nobody answered and it should show, with both reasons',
      enable,
      lost,
      disabled,
      { kind: 'failed', because: 'No answer. Reading back does not show it.' },
      true,
    ],
    ['is begun where a recovery takes its time', recover, { kind: 'begun' }, gone, { kind: 'begun' }, true],
    ['is unknown where nobody answered to a recovery and it has not shown', recover, lost, gone, lost, true],
  ])('%s', (_says, action, answered, observed, outcome, isTaken) => {
    const before = { intent: intentOf(action), outcome: answered, isTaken: answered.kind !== 'failed' };
    expect(afterReading(before, factsOf(action).isShown(observed))).toEqual({
      intent: intentOf(action),
      outcome,
      isTaken,
    });
  });

  test.each<readonly [outcome: Outcome, failure: string | undefined]>([
    [{ kind: 'done' }, undefined],
    [{ kind: 'begun' }, undefined],
    [refused, 'throttled'],
    [lost, 'No answer.'],
    [{ kind: 'already-rotated', because: 'conflict' }, undefined],
  ])('is a failure, or none: %j', (outcome, failure) => {
    expect(failureOf({ intent: intentOf(enable), outcome, isTaken: true })).toBe(failure);
  });
});

describe('what an answer says of a write', () => {
  const error = new Error('The service said no.');
  test.each<readonly [answer: Parameters<typeof answeredOutcome>[0], outcome: Outcome]>([
    [{ kind: 'ok', value: undefined }, { kind: 'begun' }],
    [{ kind: 'missing' }, { kind: 'failed', because: 'not found' }],
    [
      { kind: 'unreachable', error },
      { kind: 'unknown', because: 'The service said no.' },
    ],
    [
      { kind: 'throttled', error },
      { kind: 'failed', because: 'throttled: The service said no.' },
    ],
    [
      { kind: 'conflict', error },
      { kind: 'failed', because: 'conflict: The service said no.' },
    ],
    [
      { kind: 'read-only', error },
      { kind: 'failed', because: 'read-only: The service said no.', mayBeDone: true },
    ],
  ])('$kind', (answer, outcome) => {
    expect(answeredOutcome(answer)).toEqual(outcome);
  });
});
