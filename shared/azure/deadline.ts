import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { SECOND_MS } from '../domain/time.ts';
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

/**
 * Removes `Retry-After` from answers, for which a client waits however long it is. Without it a 429 is returned at once, as
 * what it is; a 503 is tried again as any other error. When to ask again is for the caller to decide.
 */
export const noRetryAfter: PipelinePolicy = {
  name: 'noRetryAfter',
  async sendRequest(request, next) {
    const response = await next(request);
    for (const name of ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms']) response.headers.delete(name);
    return response;
  },
};

/** Where a pause stands that is too long to be waited for here, in s. */
export const LONG_PAUSE = 'x-key-guardian-long-pause';

/** Takes out a `Retry-After` that is longer: the SDK would wait for it, however long it is. */
export const noLongPause = (longestMs: number): PipelinePolicy => ({
  name: 'noLongPause',
  async sendRequest(request, next) {
    const response = await next(request);
    const asked = response.headers.get('retry-after') ?? '';
    const pauseMs = /^\d+$/.test(asked) ? Number(asked) * SECOND_MS : Date.parse(asked) - Date.now();
    if (pauseMs > longestMs) {
      response.headers.delete('retry-after');
      response.headers.set(LONG_PAUSE, String(Math.ceil(pauseMs / SECOND_MS)));
    }
    return response;
  },
});
