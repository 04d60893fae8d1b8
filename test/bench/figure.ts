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
