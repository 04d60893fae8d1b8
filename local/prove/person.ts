import type { TokenCredential } from '@azure/core-auth';
import { createHttpHeaders, createPipelineRequest, type HttpClient, isRestError } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { SECOND_MS } from '../../shared/domain/time.ts';

/** The api-version that the guardian's own client sends. */
const API_VERSION = '2025-07-01';
const TIMEOUT_MS = 30 * SECOND_MS;

/** The vault did not answer, or answered otherwise than any fact expects. The message names status and codes only. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** An answer of the vault to a request that was sent as it is, without a client between. */
export interface Said {
  readonly status: number;
  /** `error.code` and `error.innererror.code` of a refusal. */
  readonly code: string | undefined;
  readonly innerCode: string | undefined;
  /** A header by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly json: unknown;
}

/** What may be left out of a request. */
export interface RequestOptions {
  /** Default: the one that the guardian's own client sends. */
  readonly apiVersion?: string;
  /** False sends no token. Default true. */
  readonly withToken?: boolean;
}

/** Sends one request, once. `path` begins with a slash, or is a link that the vault gave. Throws `UnexpectedAnswer` where none comes. */
export type Send = (method: string, path: string, body?: unknown, options?: RequestOptions) => Promise<Said>;

const refusal = z.object({
  error: z.object({ code: z.string().optional(), innererror: z.object({ code: z.string().optional() }).nullish() }),
});

/**
 * Sends requests to one vault under one identity.
 *
 * @param url `https://<vault>.vault.azure.net`
 * @param scope what the token is for: `https://vault.azure.net/.default`
 */
export function sender(url: string, credential: TokenCredential, scope: string, httpClient: HttpClient): Send {
  return async (method, path, body, { apiVersion = API_VERSION, withToken = true } = {}) => {
    const address = new URL(path, url);
    // The token is for this vault alone, wherever a link may lead.
    if (address.hostname !== new URL(url).hostname) throw new UnexpectedAnswer('a link led to another host');
    if (!address.searchParams.has('api-version')) address.searchParams.set('api-version', apiVersion);
    const token = withToken ? await credential.getToken(scope) : undefined;
    const request = createPipelineRequest({
      url: address.href,
      method: z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']).parse(method),
      headers: createHttpHeaders({
        accept: 'application/json',
        ...(token == null ? {} : { authorization: `Bearer ${token.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeout: TIMEOUT_MS,
    });
    const response = await httpClient.sendRequest(request).catch((error: unknown) => {
      if (!isRestError(error) && !(error instanceof Error && error.name === 'AbortError')) throw error;
      const code = isRestError(error) ? (error.code ?? 'no code') : `none within ${TIMEOUT_MS / SECOND_MS} s`;
      throw new UnexpectedAnswer(`${method} was given no answer (${code})`, { cause: error });
    });
    const json = jsonIn(response.bodyAsText ?? '');
    const error = refusal.safeParse(json).data?.error;
    return {
      status: response.status,
      code: error?.code,
      innerCode: error?.innererror?.code,
      header: (name) => response.headers.get(name),
      json,
    };
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An empty answer, or something between that answers in its own way: then only the status is known.
    return undefined;
  }
}

/** An answer by its status and codes: `403 Forbidden (KeyDisabled)`. */
export const spellSaid = ({ status, code, innerCode }: Pick<Said, 'status' | 'code' | 'innerCode'>): string =>
  [status, code, innerCode === undefined ? undefined : `(${innerCode})`].filter((part) => part !== undefined).join(' ');

/** What a successful answer holds. Throws `UnexpectedAnswer` where it was refused or has another shape. @param doing `creating a key` */
export function contentOf<T>(doing: string, said: Said, schema: z.ZodType<T>): T {
  if (said.status >= 300) throw new UnexpectedAnswer(`${doing} was answered ${spellSaid(said)}`);
  const parsed = schema.safeParse(said.json);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  throw new UnexpectedAnswer(`${doing} was answered without a sound ${fault?.path.join('.') ?? 'body'}`);
}
