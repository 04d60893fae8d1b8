/** What is running right now, so that one can wait for its end. */
export interface Work {
  /** Runs a piece of work and counts it until it ends. */
  run<T>(piece: () => Promise<T>): Promise<T>;
  readonly running: number;
  /** How many pieces were ever started: a number that stands still tells that nothing began meanwhile. */
  readonly started: number;
  /** Resolves when nothing is running. */
  settled(): Promise<void>;
}

/** Nothing running yet. */
export function work(): Work {
  let running = 0;
  let started = 0;
  let waiting: (() => void)[] = [];
  return {
    async run(piece) {
      running += 1;
      started += 1;
      try {
        return await piece();
      } finally {
        running -= 1;
        if (running === 0) {
          for (const resolve of waiting) resolve();
          waiting = [];
        }
      }
    },
    get running() {
      return running;
    },
    get started() {
      return started;
    },
    settled: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
