import { z } from 'zod';
import type { Answer, Answerer, Asked } from './endpoint.ts';
import type { Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

type HttpFunction = FunctionOf<'http'>;

/** The prefix of all routes, as host.json leaves it. */
const PREFIX = 'api';

const returned = z.object({
  http: z.object({
    statusCode: z.coerce.number(),
    headers: z.record(z.string(), z.string()),
    body: z.object({ bytes: z.instanceof(Uint8Array) }).nullish(),
  }),
});

/**
 * Serves the functions with an HTTP trigger under `/api`, each by its route and methods. One that fails is answered with
 * 500 and no reason, as the platform does.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
 */
export const httpFunctions =
  (functions: readonly HttpFunction[], invoker: Invoker): Answerer =>
  async (asked) => {
    for (const which of functions) {
      const params = matched(which, asked);
      if (params !== undefined) return answerOf(which, params, asked, invoker);
    }
    return undefined;
  };

async function answerOf(
  which: HttpFunction,
  params: Readonly<Record<string, string>>,
  { request, url, body }: Asked,
  invoker: Invoker,
): Promise<Answer> {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const query = Object.fromEntries(url.searchParams);
  const http = { method: request.method ?? 'GET', url: url.href, headers, params, query, body: { string: body } };
  const ending = await invoker.once(which, { data: { http }, triggerMetadata: {} });
  if (ending.kind === 'interrupted') return { status: 502 };
  if (ending.kind === 'failed') return { status: 500 };
  const answer = returned.parse(ending.returned).http;
  const bytes = answer.body?.bytes;
  return {
    status: answer.statusCode,
    headers: answer.headers,
    ...(bytes === undefined ? {} : { body: Buffer.from(bytes).toString('utf8') }),
  };
}

/** The parameters of the route, where the function serves the request; `{name}` is one part of a path, `{*name}` all that is left. */
function matched({ route, methods }: HttpFunction, { request, url }: Asked): Record<string, string> | undefined {
  if (!methods.includes((request.method ?? 'GET').toUpperCase())) return undefined;
  const wanted = [PREFIX, ...route.split('/')];
  const given = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const [, rest, name] = /^\{(\*?)(\w+)\}$/.exec(part) ?? [];
    const here = given[at] ?? '';
    if (name === undefined) {
      if (here.toLowerCase() !== part.toLowerCase()) return undefined;
    } else if (rest === '*') {
      return { ...params, [name]: given.slice(at).join('/') };
    } else if (here === '') return undefined;
    else params[name] = here;
  }
  return given.length === wanted.length ? params : undefined;
}
