import { expect, test } from 'vitest';
import { DAY_MS, later } from '../../../../shared/domain/time.ts';
import { rotationPolicyFires } from '../../../../shared/posture/checks/rotation-policy-fires.ts';
import { type KeyFacts, known, unknown } from '../../../../shared/posture/facts.ts';
import { keyFacts, NOW, present, VERSION, version } from '../facts.ts';

const check = (facts: KeyFacts) => rotationPolicyFires.check(facts, NOW);
const beforeExpiry = { rotate: { when: 'before-expiry', period: 'P30D' }, expiresIn: 'P2Y' } as const;
const expiring = present({ [VERSION]: version({ expiresOn: later(NOW, 100 * DAY_MS) }) });

test.each([
  ['that rotates some time after a version was made', keyFacts()],
  ['that rotates before an expiry which there is', keyFacts(expiring, { rotationPolicy: known(beforeExpiry) })],
  ['of a deleted key', keyFacts({ kind: 'absent', seenBy: 'Key Vault' }, { rotationPolicy: known(undefined) })],
])('a policy %s is accepted', (_, facts) => {
  expect(check(facts)).toEqual([]);
});

test.each([
  ['no policy', keyFacts(present(), { rotationPolicy: known(undefined) }), /No rotation policy/],
  [
    'a policy that only notifies',
    keyFacts(present(), { rotationPolicy: known({ rotate: undefined, expiresIn: 'P1Y' }) }),
    /No rotation policy/,
  ],
  [
    'a policy before an expiry that it does not set',
    keyFacts(expiring, { rotationPolicy: known({ ...beforeExpiry, expiresIn: undefined }) }),
    /sets no expiry/,
  ],
  [
    'a policy before an expiry that the newest version does not have',
    keyFacts(present(), { rotationPolicy: known(beforeExpiry) }),
    /newest version has no expiry/,
  ],
])('a key with %s is found', (_, facts, says) => {
  expect(check(facts)).toMatchObject([{ kind: 'finding', says: expect.stringMatching(says) }]);
});

test.each([
  ['the policy', keyFacts(present(), { rotationPolicy: unknown('no right to read it') })],
  ['the key', keyFacts(present(), { state: unknown('the firewall refuses'), rotationPolicy: known(beforeExpiry) })],
])('it is unknown where %s cannot be read', (_, facts) => {
  expect(check(facts)).toMatchObject([{ kind: 'unknown' }]);
});
