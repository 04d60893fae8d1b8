/**
 * How many queries a principal may send: 15 in 5 s, counted from its first query on.
 * @see https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 */
const QUERIES = 15;
const WINDOW_MS = 5_000;

/** What is left to a principal after a query. */
export interface QuotaLeft {
  /** Whether the query itself was within the quota. */
  readonly isWithin: boolean;
  readonly remaining: number;
  readonly resetsAfterMs: number;
}

/** The quotas of all principals. */
export function createQuotas(): (principal: string, nowMs: number) => QuotaLeft {
  const windows = new Map<string, { readonly fromMs: number; spent: number }>();
  return (principal, nowMs) => {
    const known = windows.get(principal);
    const window =
      known !== undefined && nowMs < known.fromMs + WINDOW_MS && nowMs >= known.fromMs
        ? known
        : { fromMs: nowMs, spent: 0 };
    windows.set(principal, window);
    const isWithin = window.spent < QUERIES;
    if (isWithin) window.spent += 1;
    return { isWithin, remaining: QUERIES - window.spent, resetsAfterMs: window.fromMs + WINDOW_MS - nowMs };
  };
}
