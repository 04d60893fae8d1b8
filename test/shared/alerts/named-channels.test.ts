import { expect, test } from 'vitest';
import { namedChannels } from '../../../shared/alerts/named-channels.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { PolicyInvalid } from '../../../shared/errors.ts';

/** A policy that cannot be had. */
const failing = (error: Error) => ({
  get policy(): never {
    throw error;
  },
});

test('are those of the policy, in its order', () => {
  const channels = ['webhook', 'console'];
  expect(namedChannels({ policy: policy.parse({ vaults: [{ name: 'payments' }], channels }) })).toEqual(channels);
});

test('are none while the policy cannot be used', () => {
  expect(namedChannels(failing(new PolicyInvalid('policy.json', ['it is empty'])))).toEqual([]);
});

test('are not known where something else fails', () => {
  expect(() => namedChannels(failing(new TypeError('a fault of ours')))).toThrow(TypeError);
});
