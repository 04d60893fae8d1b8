import { describe, expect, test } from 'vitest';
import { entry } from '../../../shared/audit/entries.ts';

const now = (): Date => new Date('2026-03-01T12:00:00Z');
const needs = { now, newId: () => 'new' };
const subject = { vault: 'payments', key: 'disk-key' };

describe('an entry', () => {
  test('is of now, under a new id', () => {
    expect(entry('decision', subject, { a: 1 }, needs)).toEqual({
      id: 'new',
      time: now(),
      what: 'decision',
      subject,
      detail: { a: 1 },
    });
  });

  test('says more, or otherwise, where the caller does', () => {
    const earlier = new Date('2026-03-01T11:00:00Z');
    expect(entry('hint', subject, {}, needs, { time: earlier, who: { oid: 'alice' } })).toMatchObject({
      id: 'new',
      time: earlier,
      who: { oid: 'alice' },
    });
  });

  test.each([
    ['dates as ISO strings', { at: now() }, { at: '2026-03-01T12:00:00.000Z' }],
    ['nothing of what is undefined', { gone: undefined, list: [undefined] }, { list: [null] }],
    ['null for a number that is none', { n: Number.NaN }, { n: null }],
    ['nothing where there is nothing', {}, {}],
  ])('has %s in its detail', (_, detail, expected) => {
    expect(entry('decision', subject, detail, needs).detail).toStrictEqual(expected);
  });

  const circle: Record<string, unknown> = {};
  circle.again = circle;
  test.each([
    ['a list', [1], 'it has no members'],
    ['text', new String('text'), 'it has no members'],
    ['a moment', now(), 'it has no members'],
    ['nothing that JSON knows', () => {}, 'JSON'],
    ['a number too large for JSON', { n: 1n }, 'BigInt'],
    ['itself within itself', circle, 'circular'],
  ])('is refused by its id where its detail is %s', (_, detail, because) => {
    expect(() => entry('decision', subject, detail, needs)).toThrow(
      expect.objectContaining({ name: 'EntryInvalid', entry: 'new', because: expect.stringContaining(because) }),
    );
  });
});
