import { DAY_MS } from './time.ts';

/** A length of time by the calendar, as `P90D`, `P3M` or `P1Y6M`. @see https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation */
const PERIOD = /^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?$/i;

type Parts = readonly [years: number, months: number, days: number];

const partsOf = (period: string): Parts | undefined => {
  const found = PERIOD.exec(period);
  if (found === null) return undefined;
  const [years = 0, months = 0, days = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return [years, months, days];
};

/**
 * The moment a period after another, by the calendar in UTC: a day that its month lacks becomes the last day of that month.
 * `undefined` where the text is no period of years, months and days.
 */
export const afterPeriod = (from: Date, period: string): Date | undefined => moved(from, period, 1);

/** As `afterPeriod`, the moment a period before another. */
export const beforePeriod = (from: Date, period: string): Date | undefined => moved(from, period, -1);

function moved(from: Date, period: string, sign: 1 | -1): Date | undefined {
  const parts = partsOf(period);
  if (parts === undefined) return undefined;
  const [years, months, days] = parts;
  const date = new Date(from);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + sign * (12 * years + months));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay) + sign * days);
  // Beyond the last moment that a date can hold.
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The fewest days that a period can have: counted from the first of a February. `NaN` for what is no period. */
export function leastDays(period: string): number {
  const from = new Date('2001-02-01T00:00:00Z');
  return ((afterPeriod(from, period)?.getTime() ?? Number.NaN) - from.getTime()) / DAY_MS;
}

/** Two periods as one: years, months and days are added each for themselves. Of what is no period nothing is added. */
export function together(one: string, other: string): string {
  const [these, those] = [partsOf(one) ?? [0, 0, 0], partsOf(other) ?? [0, 0, 0]];
  const units = ['Y', 'M', 'D'] as const;
  const said = units.flatMap((unit, at) => {
    const count = (these[at] ?? 0) + (those[at] ?? 0);
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return `P${said.length === 0 ? '0D' : said.join('')}`;
}
