import * as z from 'zod';
import { jsonIn, type Sink, type SinkAnswer, startSink, throttled } from './sink.ts';

const MOST_BYTES = 512 * 1_024;
const PATH = '/v2/enqueue';

const event = z.object({
  routing_key: z.string().length(32),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: z.string().min(1).max(255).optional(),
  client: z.string().optional(),
  links: z.array(z.object({ href: z.url(), text: z.string().optional() })).optional(),
  payload: z.object({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(['info', 'warning', 'error', 'critical']),
    timestamp: z.iso.datetime().optional(),
    class: z.string().optional(),
    custom_details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** An alert of a service, as its responders see it. */
export interface PagerdutyAlert {
  readonly dedupKey: string;
  readonly summary: string;
  state: 'triggered' | 'resolved';
}

/** A stand-in for PagerDuty. */
export interface PagerdutySink extends Sink {
  readonly routingKey: string;
  /** Where not `undefined`, every event is answered with 429, and with `Retry-After` where seconds are given. */
  throttled: { readonly retryAfterSeconds?: number } | undefined;
  /** In the order of their first event. A trigger after the resolve is another alert. */
  readonly alerts: readonly PagerdutyAlert[];
}

/**
 * Answers as the Events API v2 does: 202 for an event that it takes, 400 with the errors for one that is not valid, 429
 * without `Retry-After` above its rate, 413 above 512 KB. A resolve of what was not triggered is taken and has no effect.
 *
 * @see https://developer.pagerduty.com/docs/send-alert-event
 */
export async function startPagerduty(): Promise<PagerdutySink> {
  const alerts: PagerdutyAlert[] = [];
  const sink = await startSink(PATH, (body) =>
    pagerduty.throttled === undefined ? answer(body, alerts) : throttled(pagerduty.throttled.retryAfterSeconds),
  );
  const pagerduty: PagerdutySink = { ...sink, routingKey: 'r0'.repeat(16), throttled: undefined, alerts };
  return pagerduty;
}

function answer(body: string, alerts: PagerdutyAlert[]): SinkAnswer {
  if (Buffer.byteLength(body) > MOST_BYTES) return { status: 413 };
  const { data, error } = event.safeParse(jsonIn(body));
  if (data === undefined) {
    const errors = error?.issues.map(({ path, message }) => `'${path.join('.')}' ${message}`);
    return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
  }
  const dedupKey = data.dedup_key ?? `given-${alerts.length}`;
  take(data.event_action, { dedupKey, summary: data.payload.summary, state: 'triggered' }, alerts);
  return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: dedupKey } };
}

function take(action: z.infer<typeof event>['event_action'], given: PagerdutyAlert, alerts: PagerdutyAlert[]): void {
  const open = alerts.find(({ dedupKey, state }) => dedupKey === given.dedupKey && state === 'triggered');
  if (action === 'trigger' && open === undefined) alerts.push(given);
  if (action === 'resolve' && open !== undefined) open.state = 'resolved';
}
