import { describe, expect, test } from 'vitest';
import { coveredShare, knownUntil, unwrapsOf, withSpans } from '../../../shared/domain/arrivals.ts';
import type { VaultRecords } from '../../../shared/domain/workspace.ts';

/** A time of one day. */
const at = (time: string): Date => new Date(`2026-03-02T${time}:00.000Z`);
const period = (from: string, until: string) => ({ from: at(from), until: at(until) });

describe('periods with events', () => {
  test.each([
    ['a first span', [], ['10:00'], [period('10:00', '10:05')]],
    ['a span that meets a period', [period('10:00', '10:05')], ['10:05'], [period('10:00', '10:10')]],
    ['a span that is known', [period('10:00', '10:10')], ['10:00', '10:05'], [period('10:00', '10:10')]],
    ['a span after a gap', [period('10:00', '10:05')], ['10:10'], [period('10:00', '10:05'), period('10:10', '10:15')]],
    [
      'the span of a gap, which arrived late',
      [period('10:00', '10:05'), period('10:10', '10:15')],
      ['10:05'],
      [period('10:00', '10:15')],
    ],
    ['spans in any order', [], ['10:10', '10:00', '10:05'], [period('10:00', '10:15')]],
  ])('grow by %s', (_, before, spans, after) => {
    expect(withSpans(before, spans.map(at), at('12:00'))).toEqual(after);
  });

  test('are kept for a day after their end', () => {
    const dayBefore = { from: new Date('2026-03-01T11:00:00.000Z'), until: new Date('2026-03-01T12:00:00.000Z') };
    expect(withSpans([dayBefore], [], at('11:59'))).toEqual([dayBefore]);
    expect(withSpans([dayBefore], [], at('12:00'))).toEqual([]);
  });

  test('cover a share of the day before the last read', () => {
    const dayAgo = { from: new Date('2026-03-01T09:00:00.000Z'), until: new Date('2026-03-01T18:00:00.000Z') };
    const share = coveredShare({ periods: [dayAgo, period('06:00', '12:00')], readAt: at('12:00') });
    expect(share).toBe(0.5);
  });
});

describe('events are known to be whole', () => {
  const periods = [period('08:00', '09:00'), period('10:00', '12:00')];
  test.each([
    ['from after the first span of a period', '10:05', '12:45', '11:55'],
    ['not from within its first span, into which the gap may reach', '10:04', '12:45', undefined],
    ['from before a gap until its last span, in which the gap may begin', '08:30', '12:45', '08:55'],
    ['not from within a gap', '09:30', '12:45', undefined],
    ['not from its last span', '11:56', '12:45', undefined],
    ['until half an hour before the last read, since later ones may still arrive', '10:05', '12:00', '11:30'],
    ['at that very moment', '11:30', '12:00', '11:30'],
    ['not from later than that', '11:31', '12:00', undefined],
  ])('%s', (_, from, readAt, until) => {
    expect(knownUntil({ periods, readAt: at(readAt) }, at(from))).toEqual(until && at(until));
  });
});

describe('the unwraps by a user', () => {
  const NEW = 'a'.repeat(32);
  const OLD = 'b'.repeat(32);
  const use = (first: string, last: string) => ({ first: at(first), last: at(last) });
  const records: VaultRecords = {
    until: at('12:00'),
    readAt: at('12:45'),
    periods: [period('08:00', '12:00')],
    uses: {
      [`disk-a/${NEW}`]: { aa: use('09:10', '11:50'), bb: use('09:05', '11:55'), other: use('08:00', '11:59') },
      [`disk-a/${OLD}`]: { aa: use('08:00', '09:00'), bb: use('08:00', '09:02') },
      [`disk-a/${'c'.repeat(32)}`]: { aa: use('08:00', '08:30') },
      [`disk-ab/${OLD}`]: { aa: use('08:00', '11:58') },
    },
  };

  test('are the first and the last with the version, and the last with any other of its key, by any of its ids', () => {
    const callers = ['AA', 'bb'];
    expect(unwrapsOf(records, { key: 'disk-a', version: NEW, callers }, at('09:15'))).toEqual({
      first: at('09:05'),
      last: at('11:55'),
      lastOther: at('09:02'),
      knownUntil: at('11:55'),
    });
  });

  test('are named in any case', () => {
    const named = { key: 'Disk-A', version: NEW.toUpperCase(), callers: ['bb'] };
    expect(unwrapsOf(records, named, at('09:15')).first).toEqual(at('09:05'));
  });

  test.each([
    ['nobody', [], records, at('11:55')],
    ['somebody who is not known to unwrap', ['cc'], records, at('11:55')],
    ['anybody, where no workspace knows the vault', ['aa'], undefined, undefined],
  ])('are none for %s', (_, callers, known, until) => {
    expect(unwrapsOf(known, { key: 'disk-a', version: NEW, callers }, at('09:15'))).toEqual({
      first: undefined,
      last: undefined,
      lastOther: undefined,
      knownUntil: until,
    });
  });
});
