import * as z from 'zod';
import { SECOND_MS } from '../../shared/domain/time.ts';
import { jsonIn, type Sink, type SinkAnswer, startSink, throttled } from './sink.ts';

/** Like that of an incoming webhook: it is the only credential. */
const PATH = '/services/T00000000/B00000000/local';

const plainText = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(most), emoji: z.boolean().optional() });

/**
 * Blocks of Block Kit, those that alerts use, and no other: none of them takes markup, and none is an action.
 *
 * @see https://docs.slack.dev/reference/block-kit/blocks
 */
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150) }),
  z.strictObject({ type: z.literal('section'), text: plainText(3_000) }),
  z.strictObject({
    type: z.literal('rich_text'),
    elements: z
      .array(
        z.strictObject({
          type: z.literal('rich_text_preformatted'),
          elements: z.array(z.strictObject({ type: z.literal('text'), text: z.string().min(1) })).min(1),
        }),
      )
      .min(1),
  }),
]);

/** A message as an incoming webhook takes it. */
export const slackMessage = z.strictObject({ text: z.string().min(1), blocks: z.array(block).min(1).max(50) });

/** How the webhook goes: it posts each message, is throttled whatever its rate, or refuses for good. */
export type SlackWebhook =
  | { readonly kind: 'posts' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** The app was removed, or its channel was archived. */
  | { readonly kind: 'refuses'; readonly error: keyof typeof REFUSALS };

const REFUSALS = {
  action_prohibited: 403,
  no_service: 404,
  channel_not_found: 404,
  channel_is_archived: 410,
  rollup_error: 500,
} as const;

/** A stand-in for an incoming webhook of Slack. */
export interface SlackSink extends Sink {
  webhook: SlackWebhook;
  /** The texts of each message that people can read in the channel, in the order of posting. */
  readonly posted: readonly (readonly string[])[];
}

/**
 * Answers as an incoming webhook does: 200 with the text `ok`, 400 `invalid_payload` for a message that is not valid, 429
 * with `Retry-After` for more than one message a second. Slack takes short bursts; how short is not published, so that none
 * is taken here.
 *
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * @see https://docs.slack.dev/apis/web-api/rate-limits
 */
export async function startSlack(): Promise<SlackSink> {
  const posted: (readonly string[])[] = [];
  let postedAtMs = Number.NEGATIVE_INFINITY;
  const sink = await startSink(PATH, (body) => {
    const { webhook } = slack;
    if (webhook.kind === 'throttled') return throttled(webhook.retryAfterSeconds);
    if (webhook.kind === 'refuses') return said(REFUSALS[webhook.error], webhook.error);
    if (Date.now() - postedAtMs < SECOND_MS) return throttled(1);
    const { data } = slackMessage.safeParse(jsonIn(body));
    if (data === undefined) return said(400, 'invalid_payload');
    postedAtMs = Date.now();
    posted.push(data.blocks.flatMap(textsOf));
    return said(200, 'ok');
  });
  const slack: SlackSink = { ...sink, webhook: { kind: 'posts' }, posted };
  return slack;
}

const said = (status: number, text: string): SinkAnswer => ({ status, text });

const textsOf = (of: z.infer<typeof block>): readonly string[] =>
  of.type === 'rich_text'
    ? of.elements.map(({ elements }) => elements.map(({ text }) => text).join(''))
    : of.text.text.split('\n');
