import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

type EventGridFunction = FunctionOf<'event-grid'>;

/** The host's endpoint for Event Grid. */
export interface EventGridEndpoint {
  urlOf(functionName: string): string;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const host = '127.0.0.1';
const path = '/runtime/webhooks/eventgrid';

/**
 * Listens on the loopback address and answers as the Functions extension does: when the functions have ended.
 *
 * @see https://learn.microsoft.com/azure/event-grid/receive-events
 * @see https://github.com/Azure/azure-sdk-for-net/tree/main/sdk/eventgrid/Microsoft.Azure.WebJobs.Extensions.EventGrid
 */
export async function eventGridEndpoint(
  functions: readonly EventGridFunction[],
  invoker: Invoker,
  port: number,
): Promise<EventGridEndpoint> {
  const server = createServer((request, response) => void serve(request, response, functions, invoker));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The Event Grid endpoint has no port.');
  return {
    urlOf: (name) => `http://${host}:${address.port}${path}?functionName=${encodeURIComponent(name)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  functions: readonly EventGridFunction[],
  invoker: Invoker,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(request, functions, invoker);
  } catch (error) {
    // The real host's answer to an exception of the extension, as on a body that is no JSON.
    answer = { status: 500, body: String(error) };
  }
  response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
}

async function answerTo(
  request: IncomingMessage,
  functions: readonly EventGridFunction[],
  invoker: Invoker,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', `http://${host}`);
  const body = await textOf(request);
  if (url.pathname.toLowerCase() !== path) return { status: 404 };
  const name = url.searchParams.get('functionName');
  const which = functions.find((each) => each.name === name);
  if (which === undefined) return { status: 404, body: `cannot find function: '${name}'` };
  if (request.method === 'OPTIONS') return cloudEventsHandshake(request);
  if (request.method !== 'POST') return { status: 405 };

  const type = request.headers['aeg-event-type'];
  switch (String(type).toLowerCase()) {
    case 'subscriptionvalidation':
      return eventGridHandshake(body);
    case 'notification':
      return notify(which, body, invoker);
    case 'unsubscribe':
      return { status: 202 };
    default:
      return { status: 400 };
  }
}

/** @see https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema */
function cloudEventsHandshake(request: IncomingMessage): Answer {
  const origin = request.headers['webhook-request-origin'];
  if (typeof origin !== 'string') return { status: 400 };
  return { status: 200, headers: { 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': '*' } };
}

const validation = z.object({ data: z.object({ validationCode: z.string() }) });
const validations = z.union([
  z
    .tuple([validation])
    .rest(z.unknown())
    .transform(([first]) => first),
  validation,
]);

/** @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema */
function eventGridHandshake(body: string): Answer {
  const { data } = validations.parse(JSON.parse(body));
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ validationResponse: data.validationCode }),
  };
}

/** 202 when every execution succeeded, 500 when any failed or was interrupted: then Event Grid sends all of it again. */
async function notify(which: EventGridFunction, body: string, invoker: Invoker): Promise<Answer> {
  const parsed = z.union([z.array(z.unknown()), z.looseObject({})]).parse(JSON.parse(body));
  const events: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const inputs = which.many ? [events] : events;
  const endings = await Promise.all(
    inputs.map((input) => invoker.once(which, { data: { json: JSON.stringify(input) }, triggerMetadata: {} })),
  );
  const failed = endings.find((ending) => ending.kind !== 'succeeded');
  if (failed === undefined) return { status: 202 };
  return { status: 500, body: failed.kind === 'failed' ? String(failed.error) : 'The instance has ended.' };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
