import { expect, test } from 'vitest';
import { setWithoutError } from '../../../../shared/posture/checks/set-without-error.ts';
import { NOW, setFacts } from '../facts.ts';

test('a set without an error of its rotation is accepted', () => {
  expect(setWithoutError.check(setFacts(), NOW)).toEqual([]);
});

test('a set that Azure no longer rotates is found, with its error', () => {
  const rotationError = { code: 'ManagedServiceIdentityNotFound', message: 'It is gone.' };
  expect(setWithoutError.check(setFacts({ rotationError }), NOW)).toMatchObject([
    {
      kind: 'finding',
      says: 'Azure rotates it no more until this is repaired: ManagedServiceIdentityNotFound: It is gone.',
    },
  ]);
});
