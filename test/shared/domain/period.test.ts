import { describe, expect, test } from 'vitest';
import { afterPeriod, beforePeriod, leastDays, together } from '../../../shared/domain/period.ts';

const at = (day: string): Date => new Date(`${day}T10:11:12Z`);

describe('a period', () => {
  test.each<readonly [from: string, period: string, to: string]>([
    ['2026-01-01', 'P90D', '2026-04-01'],
    ['2026-01-31', 'P1M', '2026-02-28'],
    ['2028-01-31', 'P1M', '2028-02-29'],
    ['2028-02-29', 'P1Y', '2029-02-28'],
    ['2026-11-30', 'P3M', '2027-02-28'],
    ['2026-01-31', 'P1M1D', '2026-03-01'],
    ['2026-05-31', 'P2Y6M', '2028-11-30'],
    ['2026-05-31', 'p10d', '2026-06-10'],
    ['2026-05-31', 'P0D', '2026-05-31'],
  ])('from %s on, %s ends on %s, at the same time of day', (from, period, to) => {
    expect(afterPeriod(at(from), period)).toEqual(at(to));
  });

  test.each<readonly [from: string, period: string, to: string]>([
    ['2026-04-01', 'P90D', '2026-01-01'],
    ['2026-03-31', 'P1M', '2026-02-28'],
    ['2028-02-29', 'P1Y', '2027-02-28'],
  ])('before %s, %s began on %s', (from, period, to) => {
    expect(beforePeriod(at(from), period)).toEqual(at(to));
  });

  test.each(['', 'P', '90D', 'P90', 'PT24H', 'P1DT1H', 'P2W', 'P-1D', 'P1.5D', 'P1D1M'])('is not %j', (text) => {
    expect([afterPeriod(at('2026-01-01'), text), leastDays(text)]).toEqual([undefined, Number.NaN]);
  });

  test.each<readonly [period: string, days: number]>([
    ['P7D', 7],
    ['P1M', 28],
    ['P3M', 89],
    ['P1Y', 365],
  ])('of %s has %d days at least', (period, days) => {
    expect(leastDays(period)).toBe(days);
  });

  test.each<readonly [one: string, other: string, both: string]>([
    ['P90D', 'P30D', 'P120D'],
    ['P1Y', 'P2M', 'P1Y2M'],
    ['P18M', 'P1M10D', 'P19M10D'],
    ['P0D', 'P0D', 'P0D'],
  ])('of %s and one of %s are %s together', (one, other, both) => {
    expect(together(one, other)).toBe(both);
  });
});
