import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../shared/domain/audit-record.ts';
import { EntryInvalid } from '../../../shared/errors.ts';
import { type ChainFault, chainStart, checkChain, link, readLine, toLine } from '../../../shared/trail/chain.ts';
import { entries, entry } from './entries.ts';

const start = chainStart('audit/2026-03-01/payments');

function chain(some: readonly AuditEntry[]): string[] {
  let head = start;
  return some.map((one) => {
    const record = link(one, head);
    head = record;
    return toLine(record);
  });
}

const lines = chain(entries('e', 4));
const [first = '', second = '', third = '', fourth = ''] = lines;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The line with a member changed and its hash made to fit again. */
function forged(line: string, change: Readonly<Record<string, unknown>>): string {
  const { hash: _, ...others } = { ...JSON.parse(line), ...change };
  const sorted = Object.fromEntries(Object.entries(others).sort(([one], [other]) => (one < other ? -1 : 1)));
  const hash = sha256(JSON.stringify(sorted));
  return JSON.stringify(
    Object.fromEntries(Object.entries({ ...sorted, hash }).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}

describe('a record', () => {
  test('has the SHA-256 of the canonical JSON of all its other members', () => {
    const record = link(entry('a', { detail: { z: 1, a: 'é' } }), start);
    expect(record.hash).toBe(
      sha256(
        `{"detail":{"a":"é","z":1},"id":"a","previousHash":"${sha256('audit/2026-03-01/payments')}","sequence":1,` +
          '"subject":{"key":"disk-key","kind":"key","vault":"payments"},"time":"2026-03-01T12:00:00.000Z","v":1,"what":"decision"}',
      ),
    );
  });

  test('that a later version wrote verifies and is read, whatever more it says', () => {
    const later = forged(first, { v: 2, region: 'westeurope', who: { oid: 'a', tenant: 'b' }, detail: { more: [1] } });
    expect(readLine(later)).toMatchObject({ record: { id: 'e1', v: 2, who: { oid: 'a' } } });
    const { hash } = JSON.parse(later);
    expect(checkChain([later, forged(second, { previousHash: hash })], start)).toMatchObject({
      kind: 'holds',
      head: { sequence: 2 },
    });
  });

  test.each([
    ['of another kind', { what: 'survey' }],
    ['about another kind of subject', { subject: { kind: 'disk' } }],
  ])('%s, which another version wrote, links the chain and is passed over', (_, change) => {
    const later = forged(second, { v: 2, ...change });
    const { hash } = JSON.parse(later);
    expect(readLine(later)).toEqual({ sequence: 2, previousHash: JSON.parse(first).hash, hash, record: undefined });
    expect(checkChain([first, later, forged(third, { previousHash: hash })], start)).toMatchObject({
      kind: 'holds',
      records: [{ id: 'e1' }, { id: 'e3' }],
      head: { sequence: 3 },
    });
    const edited = later.replace(/"time":"2026/, '"time":"2025');
    expect(checkChain([first, edited], start)).toMatchObject({ kind: 'broken', because: 'edited' });
  });

  test('that an earlier version wrote, without a version of its form, is read as of the first', () => {
    const { v: _, ...others } = JSON.parse(first);
    const earlier = forged(JSON.stringify(others), {});
    expect(earlier).not.toContain('"v":');
    expect(readLine(earlier)).toMatchObject({ record: { id: 'e1', v: 1 } });
  });

  test('that a later version wrote is as edited by a change of what this one does not know', () => {
    const later = forged(first, { v: 2, region: 'westeurope' }).replace('westeurope', 'northeurope');
    expect(readLine(later)).toBe('edited');
  });

  test('names both times where it was appended late', () => {
    const line = toLine(link({ ...entry('a'), appendedAt: new Date('2026-03-01T13:00:00Z') }, start));
    expect(line).toContain('"appendedAt":"2026-03-01T13:00:00.000Z"');
    expect(line).toContain('"time":"2026-03-01T12:00:00.000Z"');
  });

  test('is the same after it was written and read', () => {
    const record = link({ ...entry('a'), appendedAt: new Date('2026-03-01T13:00:00Z') }, start);
    expect(readLine(toLine(record))).toMatchObject({ record });
  });

  test('is one line, whatever its texts hold', () => {
    expect(toLine(link(entry('a', { detail: { text: 'one\ntwo\r\u2028' } }), start))).not.toMatch(/[\n\r]/);
  });

  test('keeps its place in a chain that holds when a name has half of a surrogate pair', () => {
    const record = link(entry('a', { who: { oid: '1', name: 'x\ud800y' }, detail: { 'k\udc00': ['\ud800'] } }), start);
    expect(record.who?.name).toBe('x\ufffdy');
    expect(record.detail).toEqual({ 'k\ufffd': ['\ufffd'] });
    expect(checkChain([toLine(record)], start).kind).toBe('holds');
  });

  const nested = (depth: number): AuditEntry['detail'][string] =>
    JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  test.each([
    ['its time is none', { time: new Date(Number.NaN) }, /: time: /],
    ['a number in it is none', { detail: { n: Number.NaN } }, /: detail\.n: /],
    ['it is nested too deep', { detail: { deep: nested(50_000) } }, /stack/],
    [
      'two things are wrong with it',
      { time: new Date(Number.NaN), detail: { n: Number.NaN } },
      /: time: .+, detail\.n: /,
    ],
  ])('is refused by its id, with what is wrong, where %s', (_, wrong, because) => {
    expect(() => link(entry('a', wrong), start)).toThrow(
      expect.objectContaining({ name: 'EntryInvalid', message: expect.stringMatching(because) }),
    );
  });

  test('is refused where the moment of its append is none', () => {
    expect(() => link({ ...entry('a'), appendedAt: new Date(Number.NaN) }, start)).toThrow(EntryInvalid);
  });
});

describe('a chain', () => {
  test.each([
    ['without a record', []],
    ['of one record', [first]],
    ['of four', lines],
    ['in which one id comes twice', chain([entry('a'), entry('b'), entry('a')])],
  ])('%s holds', (_, some) => {
    expect(checkChain(some, start)).toMatchObject({ kind: 'holds', head: { sequence: some.length } });
  });

  test('goes on from the head of the blob before', () => {
    const before = checkChain(lines.slice(0, 2), start);
    expect(before.kind === 'holds' && checkChain(lines.slice(2), before.head).kind).toBe('holds');
  });

  test('of another stream does not pass for this one', () => {
    expect(checkChain(lines, chainStart('audit/2026-03-02/payments'))).toEqual({
      kind: 'broken',
      atSequence: 1,
      because: 'not-linked',
    });
  });

  const cases: readonly (readonly [string, readonly string[], number, ChainFault])[] = [
    ['the first record is gone', lines.slice(1), 1, 'gap'],
    ['one in the middle is gone', [first, third, fourth], 2, 'gap'],
    ['a record comes twice', [first, first, second], 2, 'out-of-order'],
    ['two change places', [first, third, second, fourth], 2, 'gap'],
    ['a line is empty', [first, '', second], 2, 'not-json'],
    ['a line is cut', [first, second.slice(0, -1)], 2, 'not-json'],
    ['a line is JSON and no object', [first, '[1]'], 2, 'not-json'],
    ['a line is an object and no record', [first, '{"hash":"x"}'], 2, 'not-a-record'],
    ['a word is changed', [first, second.replace('disk-key', 'risk-key'), third], 2, 'edited'],
    ['a hash is changed', [first.replace(/"hash":"./, '"hash":"x'), second], 1, 'edited'],
    ['a space is added', [first, second.replace(',', ', '), third], 2, 'not-canonical'],
    ['a member is given twice', [first, second.replace('{', '{"id":"e0",'), third], 2, 'not-canonical'],
    ['a surrogate pair is halved', [first.replace('disk-key', '\\ud800'), second], 1, 'edited'],
    ['a member hides in the prototype', [first.replace('{"id"', '{"__proto__":1,"id"'), second], 1, 'edited'],
    ['a record is changed and hashed again', [first, forged(second, { id: 'x' }), third], 3, 'not-linked'],
    ['a record is numbered again after a removal', [first, forged(third, { sequence: 2 }), fourth], 2, 'not-linked'],
  ];
  test.each(cases)('is broken where %s', (_, some, atSequence, because) => {
    expect(checkChain(some, start)).toEqual({ kind: 'broken', atSequence, because });
  });

  test('is broken by any one edit, removal, repetition or exchange of lines', () => {
    const name = fc.string({ unit: 'binary' });
    const someEntry = fc
      .record({ id: name, at: fc.integer({ min: 0, max: 4e12 }), detail: fc.dictionary(name, fc.jsonValue()) })
      .map(({ id, at, detail }) => entry(id, { time: new Date(at), detail: JSON.parse(JSON.stringify(detail)) }));
    const someEntries = fc.array(someEntry, { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(
        someEntries,
        fc.nat(),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (some, a, b, character) => {
          const whole = chain(some);
          expect(checkChain(whole, start).kind).toBe('holds');

          const place = a % (whole.length - 1); // a removal of the last line is for seals to find
          const other = (place + 1 + (b % (whole.length - 1))) % whole.length;
          const line = whole[place] ?? '';
          const at = b % line.length;
          const edited = line.slice(0, at) + character + line.slice(at + 1);
          const swapped = whole.with(place, whole[other] ?? '').with(other, line);
          const changed = [whole.toSpliced(place, 1), whole.toSpliced(place, 0, line), swapped];
          if (edited !== line) changed.push(whole.with(place, edited));
          for (const one of changed) expect(checkChain(one, start).kind).toBe('broken');
        },
      ),
      { seed: 20260301, numRuns: 150 },
    );
  });
});
