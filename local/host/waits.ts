/** Waiting by the process's `Date`, which may be turned ahead: see clock.ts. */
export interface Waits {
  /** Resolves when the process's `Date` has come so far; false where it was stopped before. */
  for(ms: number): Promise<boolean>;
  /** Ends the waits that are due by now. Called often in real time, and after each turn of the clock. */
  tick(): void;
  /** Ends all waits. */
  stop(): void;
}

/** No waits yet. */
export function waits(): Waits {
  let waiting: { readonly atMs: number; readonly end: (due: boolean) => void }[] = [];
  function end(which: (atMs: number) => boolean, due: boolean): void {
    const ended = waiting.filter(({ atMs }) => which(atMs));
    waiting = waiting.filter(({ atMs }) => !which(atMs));
    for (const each of ended) each.end(due);
  }
  let stopped = false;
  return {
    for: (ms) => {
      if (stopped) return Promise.resolve(false);
      return new Promise((resolve) => waiting.push({ atMs: Date.now() + ms, end: resolve }));
    },
    tick: () => end((atMs) => atMs <= Date.now(), true),
    stop: () => {
      stopped = true;
      end(() => true, false);
    },
  };
}
