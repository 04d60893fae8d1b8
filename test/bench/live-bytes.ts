/**
 * How many bytes are alive on the heap and beside it once all garbage is collected. The process has to be started with
 * --expose-gc.
 *
 * @param _held is alive with everything that it holds
 */
export function liveBytes(_held?: unknown): number {
  if (globalThis.gc === undefined) throw new Error('This process has to be started with --expose-gc.');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
