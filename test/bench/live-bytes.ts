import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How many bytes are alive on the heap and beside it once all garbage is collected.
 *
 * @param _held is alive with everything that it holds
 */
export function liveBytes(_held?: unknown): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
