import { describe, expect, test } from 'vitest';
import type { Action } from '../../../../shared/domain/decision.ts';
import type { AttributeChange, ObservedKey } from '../../../../shared/domain/key.ts';
import { isAbout, isShown, loggedAs, showsAtOnce, versionOf } from '../../../../shared/guard/actions.ts';
import { outcomeOf } from '../../../../shared/guard/outcomes.ts';
import { ACTED, DETAIL, inDays, NOW, OPERATIONS, present, shown, V1, V2 } from '../../guard/keys/situations.ts';

const recover: Action = { kind: 'recover-key', vault: 'prod-disks', key: 'disk-a', deletedOn: ACTED };
const restore = (change: AttributeChange = { enabled: true }): Action => ({
  kind: 'restore-version',
  vault: 'prod-disks',
  key: 'disk-a',
  version: V1,
  change,
});

describe('a write', () => {
  test('that recovers a key is about the key, is logged as KeyRecover and takes its time to show', () => {
    expect([versionOf(recover), loggedAs(recover), showsAtOnce(recover)]).toEqual([undefined, 'KeyRecover', false]);
    expect([isAbout(recover, { version: undefined }), isAbout(recover, { version: V1 })]).toEqual([true, false]);
  });

  test('that restores a version is about that one, is logged as KeyUpdate and shows at once', () => {
    expect([versionOf(restore()), loggedAs(restore()), showsAtOnce(restore())]).toEqual([V1, 'KeyUpdate', true]);
    expect([V1, V2, undefined].map((version) => isAbout(restore(), { version }))).toEqual([true, false, false]);
  });
});

describe('the vault shows what a write was to bring about', () => {
  const gone: ObservedKey = { kind: 'absent' };
  const fewer = { ...DETAIL, operations: ['wrapKey'] };
  test.each<readonly [says: string, action: Action, observed: ObservedKey, is: boolean]>([
    ['a recovered key with a version', recover, present(shown()), true],
    ['a recovered key without any', recover, present(), false],
    ['a recovered key that is in neither list', recover, gone, false],
    ['an enabled version', restore(), present(shown()), true],
    ['a version that is still disabled', restore(), present(shown({ enabled: false })), false],
    ['another version', restore(), present(shown({ version: V2 })), false],
    ['a version of a key that is gone', restore(), gone, false],
    ['an expiry', restore({ expiresOn: inDays(9) }), present(shown({ expiresOn: inDays(9) })), true],
    ['another expiry', restore({ expiresOn: inDays(9) }), present(shown({ expiresOn: NOW })), false],
    ['no expiry where one was set', restore({ expiresOn: inDays(9) }), present(shown()), false],
    ['a not-before', restore({ notBefore: ACTED }), present(shown({ notBefore: ACTED })), true],
    ['another not-before', restore({ notBefore: ACTED }), present(shown({ notBefore: NOW })), false],
    ['operations', restore({ operations: [...OPERATIONS] }), present(shown()), true],
    ['fewer operations', restore({ operations: [...OPERATIONS] }), present(shown({ detail: fewer })), false],
    [
      'operations that are not shown',
      restore({ operations: [...OPERATIONS] }),
      present(shown({ detail: undefined })),
      false,
    ],
    [
      'one of two attributes',
      restore({ enabled: true, expiresOn: inDays(9) }),
      present(shown({ expiresOn: NOW })),
      false,
    ],
  ])('%s', (_says, action, observed, is) => {
    expect(isShown(action, observed)).toBe(is);
  });
});

describe('what came of an intent', () => {
  const outcome = (action: Action, answered: Parameters<typeof outcomeOf>[1], observed: ObservedKey) =>
    outcomeOf({ id: 'intent-1', at: NOW, action, findings: [] }, answered, observed);
  const disabled = present(shown({ enabled: false }));

  test.each<readonly [says: string, is: unknown, expected: unknown]>([
    ['is done where the vault shows it', outcome(restore(), { kind: 'begun' }, present(shown())), { kind: 'done' }],
    [
      'is done where the vault shows it, whatever it answered',
      outcome(restore(), { kind: 'failed', because: 'throttled' }, present(shown())),
      { kind: 'done' },
    ],
    [
      'is what was answered where it was refused',
      outcome(restore(), { kind: 'failed', because: 'throttled' }, disabled),
      { kind: 'failed', because: 'throttled' },
    ],
    [
      'is failed where it should show at once and does not',
      outcome(restore(), { kind: 'begun' }, disabled),
      { kind: 'failed', because: 'Reading back does not show it.' },
    ],
    [
      'is failed where nobody answered and it should show, with both reasons',
      outcome(restore(), { kind: 'unknown', because: 'No answer.' }, disabled),
      { kind: 'failed', because: 'No answer. Reading back does not show it.' },
    ],
    [
      'is begun where a recovery takes its time',
      outcome(recover, { kind: 'begun' }, { kind: 'absent' }),
      { kind: 'begun' },
    ],
    [
      'is unknown where nobody answered to a recovery and it has not shown',
      outcome(recover, { kind: 'unknown', because: 'No answer.' }, { kind: 'absent' }),
      { kind: 'unknown', because: 'No answer.' },
    ],
  ])('%s', (_says, is, expected) => {
    expect(is).toEqual(expected);
  });
});
