import type { TokenCredential } from '@azure/core-auth';
import { type HttpClient, isRestError, type PipelineResponse } from '@azure/core-rest-pipeline';
import type { CloudEvent } from '../domain/cloud-event.ts';
import { retryAfterSeconds } from '../domain/retry-after.ts';
import { SECOND_MS } from '../domain/time.ts';
import { ChannelRefused, ChannelUnreachable, NoAnswerInTime, NoToken } from '../errors.ts';
import { kept } from '../kept.ts';
import { inTime } from './deadline.ts';
import { tokensInTime } from './tokens.ts';

/** How custom topics of Event Grid are reached, under an identity of the guardian. */
export interface EventGridConnection {
  readonly credential: TokenCredential;
  /** The HTTP client; the SDK's own where left out. */
  readonly httpClient?: HttpClient | undefined;
  readonly now: () => Date;
  /** How long a topic may take to answer, token included, in ms. Default 10000. */
  readonly timeoutMs?: number | undefined;
}

/** An event for a topic. */
export interface Publication {
  /** Who sends it, as errors name the sender. */
  readonly channel: string;
  /** The endpoint of the topic: `https://<topic>.<region>-1.eventgrid.azure.net/api/events`. */
  readonly topic: string;
  readonly event: CloudEvent;
}

/**
 * Sends events to custom topics whose input is CloudEvents 1.0. The client is loaded with the first event: no start of the
 * app waits for it. It tries once: whoever sends tries again later.
 *
 * Throws `ChannelRefused` and `ChannelUnreachable`.
 *
 * @see https://learn.microsoft.com/azure/event-grid/post-to-custom-topic
 */
export function publisher({
  credential,
  httpClient,
  now,
  timeoutMs = 10 * SECOND_MS,
}: EventGridConnection): (publication: Publication) => Promise<void> {
  const clientOf = kept(async (topic: string) => {
    const { EventGridPublisherClient } = await import('@azure/eventgrid');
    return new EventGridPublisherClient(
      topic,
      'CloudEvent',
      tokensInTime(credential, "the guardian's identity watcher"),
      {
        ...(httpClient === undefined ? {} : { httpClient }),
        retryOptions: { maxRetries: 0 },
        redirectOptions: { maxRetries: 0 },
        additionalPolicies: [{ policy: inTime(timeoutMs), position: 'perCall' }],
      },
    );
  });
  return async ({ channel, topic, event: { time, specversion: _, ...event } }) => {
    let answer: Pick<PipelineResponse, 'status' | 'headers'> | undefined;
    try {
      const client = await clientOf(topic);
      await client.send([{ ...event, time: new Date(time) }], {
        // The client takes every status for a success.
        onResponse: (response) => {
          answer = response;
        },
      });
    } catch (error) {
      answer = isRestError(error) ? error.response : undefined;
      if (answer === undefined) throw new ChannelUnreachable(channel, reasonOf(error));
    }
    if (answer === undefined || answer.status < 200 || answer.status >= 300)
      throw new ChannelRefused(
        channel,
        answer?.status ?? 0,
        retryAfterSeconds(answer?.headers.get('retry-after'), now()),
      );
  };
}

/** Why there was no answer. Never the message of an error, which names the topic. */
function reasonOf(error: unknown): string {
  if (error instanceof NoToken) return 'no-token';
  if (error instanceof NoAnswerInTime) return 'timed-out';
  if (isRestError(error) && error.code !== undefined) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
