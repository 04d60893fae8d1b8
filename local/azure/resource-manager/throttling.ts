/** Which of the three budgets of a caller a request draws on. */
export type Line = 'reads' | 'writes' | 'deletes';

/** A bucket of tokens: how many it holds, how many come back a second. @see https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling */
const buckets: Readonly<Record<Line, { readonly holds: number; readonly perSecond: number }>> = {
  reads: { holds: 250, perSecond: 25 },
  writes: { holds: 200, perSecond: 10 },
  deletes: { holds: 200, perSecond: 10 },
};
/** A subscription as a whole has 15 times what one caller has there. */
const CALLERS_PER_SUBSCRIPTION = 15;

/** Whether a request may go on, and what is left after it. */
export type Taken =
  | { readonly kind: 'taken'; readonly left: number; readonly leftOfAll: number }
  | { readonly kind: 'throttled'; readonly seconds: number };

/** The budgets of all callers: by subscription and caller, and by subscription alone. */
export interface Budgets {
  /** @param subscriptionId empty for the tenant, which has budgets of its own */
  take(line: Line, subscriptionId: string, oid: string, nowMs: number): Taken;
}

/** Full buckets for everybody. */
export function createBudgets(): Budgets {
  const bucketsBy = new Map<string, Bucket>();
  const bucketOf = (id: string, line: Line, times: number): Bucket => {
    const known = bucketsBy.get(id);
    if (known !== undefined) return known;
    const { holds, perSecond } = buckets[line];
    const made = createBucket(holds * times, perSecond * times);
    bucketsBy.set(id, made);
    return made;
  };
  return {
    take(line, subscriptionId, oid, nowMs) {
      const one = bucketOf(`${line}|${subscriptionId}|${oid}`.toLowerCase(), line, 1);
      const all = bucketOf(`${line}|${subscriptionId}`.toLowerCase(), line, CALLERS_PER_SUBSCRIPTION);
      const seconds = Math.max(one.secondsUntilOne(nowMs), all.secondsUntilOne(nowMs));
      if (seconds > 0) return { kind: 'throttled', seconds: Math.ceil(seconds) };
      return { kind: 'taken', left: one.take(), leftOfAll: all.take() };
    },
  };
}

/** Whom a request is counted for. */
export function lineOf(method: string): Line {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

interface Bucket {
  secondsUntilOne(nowMs: number): number;
  /** Takes one, and gives how many whole ones are left. */
  take(): number;
}

function createBucket(holds: number, perSecond: number): Bucket {
  let tokens = holds;
  let filledMs: number | undefined;
  return {
    secondsUntilOne(nowMs) {
      // A clock set back brings nothing.
      const passedMs = Math.max(0, nowMs - (filledMs ?? nowMs));
      tokens = Math.min(holds, tokens + (passedMs / 1000) * perSecond);
      filledMs = nowMs;
      return tokens >= 1 ? 0 : (1 - tokens) / perSecond;
    },
    take() {
      tokens -= 1;
      return Math.floor(tokens);
    },
  };
}
