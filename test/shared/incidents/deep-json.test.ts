import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepJson } from '../../../shared/incidents/deep-json.ts';
import { wholeText } from '../../../shared/incidents/quarantine.ts';

test('is what JSON.stringify writes, for all that JSON can say', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(deepJson(value)).toBe(JSON.stringify(value));
    }),
    { seed: 20260301, numRuns: 500 },
  );
});

test('leaves nothing out, however deep it is nested and however long its lists are', () => {
  const deep = `{"list":[${Array.from({ length: 300 }, (_, place) => `"item-${place}"`).join(',')}],"x":${'['.repeat(50_000)}"needle"${']'.repeat(50_000)}}`;
  expect(() => JSON.stringify(JSON.parse(deep))).toThrow(RangeError);
  expect(wholeText(JSON.parse(deep))).toBe(deep);
});
