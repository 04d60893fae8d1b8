import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { answer } from '../shared/people/answer.ts';

/** Answers what people and pipelines ask of the guardian: approvals, holds, baselines, incidents, status. It checks the token itself. Throws on a fault of the guardian, which the platform answers with 500. */
export async function people(request: HttpRequest): Promise<HttpResponseInit> {
  const { ports, checkCaller } = compose();
  const { method, params, query, headers } = request;
  const authorization = headers.get('authorization') ?? undefined;
  const asked = { method, path: params.path ?? '', query: Object.fromEntries(query), authorization };
  const { status, jsonBody, ...more } = await answer({ ...asked, body: await request.text() }, checkCaller, ports);
  return { status, jsonBody, headers: more.headers };
}

app.http('people', { route: 'people/{*path}', methods: ['GET', 'POST'], authLevel: 'anonymous', handler: people });
