import type { AlertContent, Incident } from '../domain/incident.ts';
import { ChannelMisconfigured } from '../errors.ts';
import type { MakeChannel } from './channel.ts';
import { checkedAddress, post } from './post.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'teams';
/** Bytes of a message that Teams takes. @see https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations */
const MOST_BYTES = 28_000;
const MOST_LINES = 50;
const MOST_CHARACTERS = 8_192;

/**
 * POSTs alerts as Adaptive Cards to a Teams workflow, "Post to a channel when a webhook request is received".
 *
 * An answer of 202 says that the workflow was started, and not that anybody can read the card: a workflow whose owner has
 * left, or that is turned off, loses it. A critical incident therefore goes to two channels where there are two.
 *
 * Throws `ChannelMisconfigured` where the address is not `https:`, but for a loopback host, and for the address of an Office
 * connector: those ended in May 2026.
 *
 * @see https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498
 */
export const teamsChannel: MakeChannel = ({ KEY_GUARDIAN_TEAMS_URL: url }, needs) => {
  if (url === undefined) return undefined;
  const address = checkedAddress(id, url);
  if (/(^|\.)webhook\.office\.com$/.test(new URL(address).hostname))
    throw new ChannelMisconfigured(
      id,
      'its address is that of an Office connector, which Teams ended: make a workflow',
    );

  return {
    id,
    send: (alert) => post({ channel: id, address, body: teamsMessage(alert, needs.now()) }, needs),
  };
};

/** The message as JSON of less than 28 KB. Its longest texts are cut where it would have more. */
export function teamsMessage(alert: AlertContent, now: Date): string {
  for (let most = MOST_CHARACTERS; ; most /= 2) {
    const message = JSON.stringify(messageOf(alert, now, most));
    if (Buffer.byteLength(message) < MOST_BYTES) return message;
  }
}

const messageOf = (alert: AlertContent, now: Date, mostCharacters: number) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: cardOf(alert, now, mostCharacters),
    },
  ],
});

const cardOf = (alert: AlertContent, now: Date, mostCharacters: number) => ({
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
  body: [
    line(firstLine(alert, now), mostCharacters, { weight: 'Bolder', color: colorOf(alert.incident) }),
    ...detailLines(alert)
      .slice(0, MOST_LINES)
      .map((text) => line(text, mostCharacters, text.startsWith('command: ') ? { fontType: 'Monospace' } : {})),
  ],
});

/**
 * A text as it is. Only a `TextBlock` takes markdown, so a name can be no link there. Both take functions such as `{{DATE(…)}}`.
 *
 * @see https://adaptivecards.io/explorer/TextRun.html
 */
const line = (text: string, mostCharacters: number, style: Readonly<Record<string, string>>) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text: cut(text.replaceAll('{{', '{ {'), mostCharacters), ...style }],
});

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most)}…`);

function colorOf({ state, severity }: Incident): string {
  if (state === 'resolved') return 'Good';
  switch (severity) {
    case 'critical':
    case 'error':
      return 'Attention';
    case 'warning':
      return 'Warning';
    case 'info':
      return 'Default';
    default:
      return severity satisfies never;
  }
}
