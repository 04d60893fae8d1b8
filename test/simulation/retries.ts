/** `retryDelayInMs` and `maxRetryDelayInMs` of the reads; what a call may take as a whole is longer. */
const LONGEST_WAIT_BEFORE_A_RETRY_MS = 1_000;

const realSetTimeout = globalThis.setTimeout;

/**
 * Makes what the SDK waits before it tries again take no time, in this process from now on: a world's clock stands still
 * meanwhile, and the SDK draws its waits by chance, so that they decided in which order calls went on.
 */
export function retryAtOnce(): void {
  const soon: typeof realSetTimeout = Object.assign(
    <Given extends unknown[]>(callback: (...given: Given) => void, ms = 0, ...given: Given) =>
      realSetTimeout(callback, ms > LONGEST_WAIT_BEFORE_A_RETRY_MS ? ms : 0, ...given),
    { __promisify__: realSetTimeout.__promisify__ },
  );
  globalThis.setTimeout = soon;
}
