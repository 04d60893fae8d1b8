import * as z from 'zod';
import { ConnectionBroken } from '../connection-broken.ts';
import { callerOf, type IdentityRegister } from '../identities.ts';
import type { WireRequest, WireResponse } from '../types.ts';
import { eventGridAudience } from './audience.ts';

const HOST = 'key-guardian-alerts.westeurope-1.eventgrid.azure.net';
const PATH = '/api/events';
/** The endpoint of the custom topic. */
export const TOPIC = `https://${HOST}${PATH}`;

/** Bytes of an array of events at most, and of each. @see https://learn.microsoft.com/azure/event-grid/quotas-limits */
const MOST_BYTES = 1_048_576;

/** The attributes of an event. @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes */
const event = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string().min(1),
    type: z.string().min(1),
    subject: z.string().min(1).optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    datacontenttype: z.string().optional(),
    data: z.unknown(),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean()]));

/** An event as the topic took it. */
export type TakenEvent = z.infer<typeof event>;

/** A planned answer to every request. */
export type TopicFault =
  | { readonly kind: 'status'; readonly status: 429 | 500 | 503; readonly retryAfterSeconds?: number }
  | { readonly kind: 'unreachable' };

/** A custom topic of Event Grid whose input is CloudEvents 1.0, without local authentication. */
export interface Topic {
  handle(request: WireRequest): Promise<WireResponse>;
  /** Whether it serves a host. */
  serves(host: string): boolean;
  /** Gives an identity *EventGrid Data Sender*, at once. */
  grant(identity: string): void;
  revoke(identity: string): void;
  /** Where not `undefined`, what every request meets. */
  fault: TopicFault | undefined;
  /** In the order in which they came. */
  readonly events: readonly TakenEvent[];
}

/**
 * Answers as a topic does: 200 for events that it takes, 400 for what are none, 401 without a good token, 404 at another path,
 * 413 above 1 MB. What a caller without the role is answered is UNCONFIRMED: 401, as one SDK's error has it.
 *
 * @see https://learn.microsoft.com/azure/event-grid/post-to-custom-topic#response
 */
export function createTopic(register: IdentityRegister): Topic {
  const senders = new Set<string>();
  const events: TakenEvent[] = [];

  function answer(request: WireRequest): WireResponse {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== 'POST' || pathname !== PATH) return refusal(404, 'The resource was not found.');
    if (searchParams.get('api-version') !== '2018-01-01') return refusal(400, 'The api-version is not supported.');
    const caller = callerOf(register, request.headers.authorization, [eventGridAudience]);
    if (caller.kind !== 'known') return refusal(401, 'The request has no valid token.');
    if (!senders.has(caller.identity.name))
      return refusal(401, 'The principal of the token does not have permission to send data to the topic.');
    if (Buffer.byteLength(request.body) > MOST_BYTES) return refusal(413, 'The maximum size has been exceeded.');
    const type = request.headers['content-type'] ?? '';
    const given = schemaOf(type)?.safeParse(jsonOf(request.body)).data;
    if (given === undefined)
      return refusal(400, 'This resource is configured to receive event in CloudEventSchemaV1_0.');
    events.push(...given);
    return { status: 200, headers: {}, body: '' };
  }

  const topic: Topic = {
    async handle(request) {
      const { fault } = topic;
      if (fault?.kind === 'unreachable') throw new ConnectionBroken('ECONNRESET', request.url);
      if (fault?.kind !== 'status') return answer(request);
      const { headers, ...rest } = refusal(fault.status, 'Try again later.');
      const { retryAfterSeconds: wait } = fault;
      return { ...rest, headers: { ...headers, ...(wait === undefined ? {} : { 'retry-after': String(wait) }) } };
    },
    serves: (host) => host === HOST,
    grant: (identity) => void senders.add(identity),
    revoke: (identity) => void senders.delete(identity),
    fault: undefined,
    events,
  };
  return topic;
}

/** What a body of that type has to be: an array of events, or one event. @see https://learn.microsoft.com/azure/event-grid/cloud-event-schema#headers-values */
function schemaOf(contentType: string): z.ZodType<readonly TakenEvent[]> | undefined {
  switch (contentType.split(';')[0]?.trim()) {
    case 'application/cloudevents-batch+json':
      return z.array(event).min(1);
    case 'application/cloudevents+json':
      return event.transform((one) => [one]);
    default:
      return undefined;
  }
}

/** @see https://learn.microsoft.com/azure/event-grid/post-to-custom-topic#response */
const refusal = (status: number, message: string): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ error: { code: String(status), message, details: [] } }),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // its schema refuses it
  }
}
