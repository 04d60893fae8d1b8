/** What changes by itself later on: nothing waits, it is done when somebody next asks. */
export interface Schedule {
  /** @param dueMs in ms since 1970 */
  at(dueMs: number, change: (nowMs: number) => void): void;
  /** Does what is due by then, earliest first, with the moment at which each was due. */
  settle(nowMs: number): void;
}

/** An empty schedule. */
export function createSchedule(): Schedule {
  // Earliest first; of two that are due at the same moment, the one that was planned first.
  const waiting: { readonly dueMs: number; readonly change: (nowMs: number) => void }[] = [];
  return {
    at(dueMs, change) {
      let [low, high] = [0, waiting.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((waiting[middle]?.dueMs ?? 0) <= dueMs) low = middle + 1;
        else high = middle;
      }
      waiting.splice(low, 0, { dueMs, change });
    },
    settle(nowMs) {
      // A change may plan another that is due as well.
      for (;;) {
        const [next] = waiting;
        if (next === undefined || next.dueMs > nowMs) return;
        waiting.shift();
        next.change(next.dueMs);
      }
    },
  };
}
