import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Answer, Answerer } from './endpoint.ts';
import type { Invoker } from './invoke.ts';
import type { FunctionOf } from './registration.ts';

type EventGridFunction = FunctionOf<'event-grid'>;

const path = '/runtime/webhooks/eventgrid';

/** Where Event Grid posts events for a function. @param origin of the host's endpoint */
export const eventGridUrl = (origin: string, functionName: string): string =>
  `${origin}${path}?functionName=${encodeURIComponent(functionName)}`;

/**
 * Answers as the Functions extension does: when the functions have ended.
 *
 * @see https://learn.microsoft.com/azure/event-grid/receive-events
 * @see https://github.com/Azure/azure-sdk-for-net/tree/main/sdk/eventgrid/Microsoft.Azure.WebJobs.Extensions.EventGrid
 */
export const eventGridFunctions =
  (functions: readonly EventGridFunction[], invoker: Invoker): Answerer =>
  async ({ request, url, body }) => {
    if (url.pathname.toLowerCase() !== path) return undefined;
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
  };

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
