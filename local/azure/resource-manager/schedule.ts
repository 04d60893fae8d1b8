/** What changes by itself later on: nothing waits, it is done when somebody next asks. */
export interface Schedule {
  /** @param dueMs in ms since 1970 */
  at(dueMs: number, change: (nowMs: number) => void): void;
  /** Does what is due by then, earliest first, with the moment at which each was due. */
  settle(nowMs: number): void;
}

/** An empty schedule. */
export function createSchedule(): Schedule {
  let waiting: { readonly dueMs: number; readonly change: (nowMs: number) => void }[] = [];
  return {
    at(dueMs, change) {
      waiting.push({ dueMs, change });
    },
    settle(nowMs) {
      // A change may plan another that is due as well.
      for (;;) {
        const next = waiting.reduce<(typeof waiting)[number] | undefined>(
          (first, one) => (one.dueMs <= nowMs && (first === undefined || one.dueMs < first.dueMs) ? one : first),
          undefined,
        );
        if (next === undefined) return;
        waiting = waiting.filter((one) => one !== next);
        next.change(next.dueMs);
      }
    },
  };
}
