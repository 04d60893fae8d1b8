import { StorageUnreachable } from '../errors.ts';

/**
 * What `call` gives or throws. Throws `StorageUnreachable` where it takes longer: the call itself goes on, and what comes
 * of it is dropped.
 *
 * @param doing what is being done to what, for the error: `keeping records for register/payments`
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
