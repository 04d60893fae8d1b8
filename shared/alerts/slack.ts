import type { AlertContent } from '../domain/incident.ts';
import type { MakeChannel } from './channel.ts';
import { checkedAddress, post } from './post.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'slack';
/** @see https://docs.slack.dev/reference/block-kit/blocks */
const MOST_BLOCKS = 50;
/** @see https://docs.slack.dev/reference/block-kit/blocks/header-block */
const MOST_IN_HEADER = 150;
/** Fewer say too little: then a part is cut. */
const LEAST_IN_HEADER = 75;
/** @see https://docs.slack.dev/reference/block-kit/blocks/section-block */
const MOST_IN_SECTION = 3_000;

const COMMAND = 'command: ';
/** Between two parts of a first line. */
const PART_END = ': ';

/**
 * POSTs alerts to an incoming webhook of Slack, or of another tool that takes the same messages. Slack takes one message a
 * second: what it throttles is sent again.
 *
 * Throws `ChannelMisconfigured` where the address is not `https:`, but for a loopback host.
 *
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export const slackChannel: MakeChannel = ({ KEY_GUARDIAN_SLACK_URL: url }, needs) => {
  if (url === undefined) return undefined;
  const address = checkedAddress(id, url);
  return {
    id,
    send: (alert) => post({ channel: id, address, body: JSON.stringify(slackMessage(alert, needs.now())) }, needs),
  };
};

/** A text as it is: no markup, no mention, no emoji. @see https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** Blocks of Block Kit, those that are used here: none takes markup, and none is an action. */
export type SlackBlock =
  | { readonly type: 'header' | 'section'; readonly text: PlainText }
  | {
      readonly type: 'rich_text';
      readonly elements: readonly [
        {
          readonly type: 'rich_text_preformatted';
          readonly elements: readonly [{ readonly type: 'text'; readonly text: string }];
        },
      ];
    };

/** A message for an incoming webhook. */
export interface SlackMessage {
  /** For notifications, which show no blocks. Here a few characters are markup. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** The message within the limits of Slack: its longest texts are cut, and what comes after the 50th block is left out. */
export function slackMessage(alert: AlertContent, now: Date): SlackMessage {
  const first = firstLine(alert, now);
  const [header, rest] = headed(first);
  return {
    text: escapedMarkup(cut(first, MOST_IN_SECTION)),
    blocks: [
      { type: 'header', text: plain(header) } as const,
      ...(rest === '' ? [] : [section(rest)]),
      ...blocksOf(detailLines(alert, now)),
    ].slice(0, MOST_BLOCKS),
  };
}

/** The first line in two: as many of its parts as a header takes, and the rest. One part that is too long for it is cut there, and whole below. */
function headed(first: string): readonly [header: string, rest: string] {
  if (first.length <= MOST_IN_HEADER) return [first, ''];
  const end = first.slice(0, MOST_IN_HEADER + PART_END.length).lastIndexOf(PART_END);
  return end >= LEAST_IN_HEADER
    ? [first.slice(0, end), first.slice(end + PART_END.length)]
    : [cut(first, MOST_IN_HEADER), first];
}

/** A block for each command, so that it can be copied, and one for the lines between two of them, as far as they fit. */
function blocksOf(lines: readonly string[]): readonly SlackBlock[] {
  const blocks: SlackBlock[] = [];
  let text = '';
  const close = (): void => {
    if (text !== '') blocks.push(section(text));
    text = '';
  };
  for (const line of lines) {
    if (line.startsWith(COMMAND)) {
      close();
      blocks.push(preformatted(line.slice(COMMAND.length)));
      continue;
    }
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length > MOST_IN_SECTION) close();
    text = text === '' ? line : longer;
  }
  close();
  return blocks;
}

const plain = (text: string): PlainText => ({ type: 'plain_text', text, emoji: false });
const section = (text: string): SlackBlock => ({ type: 'section', text: plain(cut(text, MOST_IN_SECTION)) });
const preformatted = (text: string): SlackBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: cut(text, MOST_IN_SECTION) }] }],
});

/** The first `most` characters at most; no half of a character is left. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;

/** @see https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escapedMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
