/** One number that the product is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it must reach; `null` where nothing is asked. */
  readonly target: number | null;
  readonly ok: boolean;
}

/** What gives figures. Every name of `names` is the name of one figure that `measure` gives, in that order. */
export interface Measurement {
  readonly names: readonly string[];
  measure(): Promise<readonly Figure[]>;
}

/** How a value is held to its target. */
export type Target =
  | { readonly kind: 'at-most'; readonly limit: number }
  | { readonly kind: 'exactly'; readonly limit: number }
  | { readonly kind: 'none' };

export const atMost = (limit: number): Target => ({ kind: 'at-most', limit });
export const exactly = (limit: number): Target => ({ kind: 'exactly', limit });
export const noTarget: Target = { kind: 'none' };

/** A figure, judged by the value as measured and shown with at most four decimals. */
export function figure(name: string, value: number, unit: string, target: Target): Figure {
  return {
    name,
    value: Math.round(value * 10_000) / 10_000,
    unit,
    target: target.kind === 'none' ? null : target.limit,
    ok: isMet(value, target),
  };
}

function isMet(value: number, target: Target): boolean {
  // What could not be measured has not been met.
  if (!Number.isFinite(value)) return false;
  switch (target.kind) {
    case 'at-most':
      return value <= target.limit;
    case 'exactly':
      return value === target.limit;
    case 'none':
      return true;
    default:
      return target satisfies never;
  }
}

/** The middle value; of an even number, the lower of the two in the middle. NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
}

/**
 * How many times as long one piece of work takes as another: both are run in turns, the medians are compared.
 *
 * @param runs of each of the two, a tenth of them before any is measured
 */
export function timesAsLong(one: () => void, other: () => void, runs: number): number {
  const ways = [
    { work: one, times: [] as number[] },
    { work: other, times: [] as number[] },
  ] as const;
  for (let run = 0; run < runs * 1.1; run += 1)
    for (const { work, times } of run % 2 === 0 ? ways : ways.toReversed()) {
      const from = performance.now();
      work();
      if (run >= runs * 0.1) times.push(performance.now() - from);
    }
  return median(ways[0].times) / median(ways[1].times);
}
