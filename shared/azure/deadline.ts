import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { NoAnswerInTime } from '../errors.ts';

/**
 * Returns or throws what `call` does. After `timeoutMs` it aborts the signal and throws `NoAnswerInTime`, also where what the
 * call waits for ignores the signal, as the clients do while they wait for a token.
 */
export async function within<T>(timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const ending = new AbortController();
  const timer = setTimeout(() => {
    silence.reject(new NoAnswerInTime(timeoutMs));
    ending.abort();
  }, timeoutMs);
  try {
    return await Promise.race([call(ending.signal), silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives each request of a client its own deadline, which covers token, retries and pauses. Each page of a list is a request. */
export const inTime = (timeoutMs: number): PipelinePolicy => ({
  name: 'inTime',
  sendRequest: (request, next) =>
    within(timeoutMs, (signal) => {
      const { abortSignal } = request;
      request.abortSignal = abortSignal instanceof AbortSignal ? AbortSignal.any([abortSignal, signal]) : signal;
      return next(request);
    }),
});

/** Where `noRetryAfter` keeps what an answer asked for, in s. */
export const HELD_RETRY_AFTER = 'x-key-guardian-retry-after';

/**
 * Takes `Retry-After` out of answers, for which a client waits however long it is, and keeps it under another name. Without it
 * a 429 is returned at once, as what it is; a 503 is tried again as any other error. When to ask again is for the caller to
 * decide.
 */
export const noRetryAfter: PipelinePolicy = {
  name: 'noRetryAfter',
  async sendRequest(request, next) {
    const response = await next(request);
    const asked = response.headers.get('retry-after');
    for (const name of ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms']) response.headers.delete(name);
    if (asked !== undefined) response.headers.set(HELD_RETRY_AFTER, asked);
    return response;
  },
};
