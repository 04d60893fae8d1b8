import { StorageUnreachable } from '../errors.ts';

/**
 * Returns or throws what `call` does. Throws `StorageUnreachable` after `timeoutMs`: the call itself then continues, and
 * its result is dropped.
 *
 * @param doing what is being done to what, for the error: `spooling records for register/payments`
 */
export async function within<T>(timeoutMs: number, doing: string, call: Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silence.reject(new StorageUnreachable(doing, new Error(`No answer within ${timeoutMs} ms.`))),
    timeoutMs,
  );
  try {
    return await Promise.race([call, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
