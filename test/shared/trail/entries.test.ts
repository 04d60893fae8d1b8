import { describe, expect, test } from 'vitest';
import { type RegisterChange, registerChange } from '../../../shared/domain/register.ts';
import { entry, registerEntry } from '../../../shared/trail/entries.ts';

const now = (): Date => new Date('2026-03-01T12:00:00Z');
const needs = { now, newId: () => 'new' };
const subject = { kind: 'key', vault: 'payments', key: 'disk-key' } as const;

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
    ['nothing of what is `undefined`', { gone: undefined, list: [undefined] }, { list: [null] }],
    ['null for a number that is none', { n: Number.NaN }, { n: null }],
    ['nothing where there is nothing', {}, {}],
  ])('has %s in its detail', (_, detail, expected) => {
    expect(entry('decision', subject, detail, needs).detail).toStrictEqual(expected);
  });

  test.each([
    ['as long as a field of a workspace takes', 63_900, (text: string) => ({ text })],
    [
      'longer, cut to its beginning as text',
      64_100,
      (text: string) => ({
        cutFromBytes: 64_111,
        beginning: `{"text":"${text}`.slice(0, 10_000),
      }),
    ],
  ])('has a detail that is %s', (_, length, expected) => {
    const text = 'x'.repeat(length);
    expect(entry('decision', subject, { text }, needs).detail).toEqual(expected(text));
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
      expect.objectContaining({ name: 'EntryInvalid', message: expect.stringContaining(because) }),
    );
  });
});

describe('an entry of the register', () => {
  const because = 'it was new';
  const attributes = { enabled: true, operations: [] };
  const cases: readonly (readonly [RegisterChange, string | undefined])[] = [
    [{ kind: 'approve-version', version: 'v1', created: now(), attributes, because }, 'v1'],
    [{ kind: 'know-version', version: 'v1', created: now(), because }, 'v1'],
    [{ kind: 'revoke-version', version: 'v1', because }, 'v1'],
    [{ kind: 'set-standing', standing: { kind: 'deletion-approved', approval: 'a1', deletedOn: now() } }, undefined],
    [{ kind: 'set-standing', standing: { kind: 'kept' } }, undefined],
  ];
  test.each(cases)('names the version, where it is of one: $kind', (change, version) => {
    const { what, subject: about, detail } = registerEntry(subject, change, needs);
    expect(what).toBe('register');
    expect(about).toStrictEqual(version === undefined ? subject : { ...subject, kind: 'version', version });
    expect(registerChange.parse(detail.change)).toEqual(change);
  });
});
