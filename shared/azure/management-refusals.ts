import { isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { ManagementAnswer, ManagementRefusal } from '../domain/resource-manager.ts';
import { ManagementRefused, NoToken } from '../errors.ts';

const errorBody = z.object({ error: z.object({ code: z.string() }) });

/** What Resource Manager, or the provider behind it, says of something that is not there. Any other 404 says nothing about it. */
const MISSING = ['ResourceNotFound', 'ResourceGroupNotFound', 'SubscriptionNotFound', 'NotFound'];

/** Why an answer that is no success is none; `missing` where it says that the resource is not there. @param doing `reading the locks of …` */
export function refusalOf(response: PipelineResponse, doing: string): Exclude<ManagementAnswer<never>, { kind: 'ok' }> {
  const { status } = response;
  const code = codeIn(response.bodyAsText ?? '');
  const error = new ManagementRefused(doing, { status, code }, undefined);
  if (status === 404 && code !== undefined && MISSING.includes(code)) return { kind: 'missing' };
  switch (status) {
    case 401:
      return { kind: 'unauthenticated', error };
    case 403:
      return { kind: 'forbidden', error };
    case 429:
      return { kind: 'throttled', error };
    case 400:
    case 405:
    case 413:
    case 415:
      return { kind: 'rejected', error };
    case 404:
      // Of a type that has no such api-version, say: another 404, as from a proxy, may pass.
      return { kind: code === undefined ? 'unreachable' : 'rejected', error };
    default:
      return { kind: 'unreachable', error };
  }
}

/** The refusal that an error of the client stands for: it got no answer, or no token. */
export function failureOf(thrown: unknown, doing: string): ManagementRefusal {
  if (thrown instanceof NoToken) return { kind: 'no-token', error: thrown };
  const code = isRestError(thrown) ? thrown.code : undefined;
  return { kind: 'unreachable', error: new ManagementRefused(doing, { status: undefined, code }, thrown) };
}

/** An answer of 200 that cannot be read. */
export const unreadable = (doing: string, cause: unknown): ManagementRefusal => ({
  kind: 'unreachable',
  error: new ManagementRefused(doing, { status: 200, code: 'that cannot be read' }, cause),
});

/** The code of an error in an answer; `undefined` where it has none that can be read. */
export function codeIn(body: string): string | undefined {
  try {
    return errorBody.safeParse(JSON.parse(body)).data?.error.code;
  } catch {
    // Not JSON, as from a proxy: then only the status is known.
    return undefined;
  }
}
