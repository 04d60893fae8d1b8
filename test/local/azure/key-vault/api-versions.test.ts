import { expect, test } from 'vitest';
import { isApiVersion, isSince } from '../../../../local/azure/key-vault/api-versions.ts';

test.each([
  ['7.1-preview', true],
  ['7.5-preview.1', true],
  ['2025-07-01', true],
  ['7.9', false],
  ['7.5-preview', false],
])('%s is an api-version: %s', (version, isOne) => {
  expect(isApiVersion(version)).toBe(isOne);
});

test.each([
  ['7.1-preview', '7.1', false],
  ['7.1-preview', '7.0', true],
  ['7.3-preview', '7.3-preview', true],
  ['7.10', '7.0', false],
  ['2025-07-01', '7.6', true],
])('%s is %s or newer: %s', (version, since, isNewer) => {
  expect(isSince(version, since)).toBe(isNewer);
});
