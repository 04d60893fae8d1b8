import * as z from 'zod';
import { slackMessage } from '../sinks/slack.ts';

/** A page that shows what a channel sent, in the manner of its service. */
export interface Page {
  readonly html: string;
  /** The card that Microsoft's own library draws into the page; absent where the page has it all. */
  readonly card?: unknown;
}

/** The element of a page that a picture is taken of. */
export const PICTURED = 'main';

/** The page of a message. Throws where the message has not the form that its service takes, and for a channel that draws nothing. */
export function pageOf(channel: string, message: unknown): Page {
  switch (channel) {
    case 'teams':
      return { html: shell('teams', ''), card: teams.parse(message).attachments[0].content };
    case 'slack':
      return { html: shell('slack', slackMessage.parse(message).blocks.map(slackBlock).join('\n')) };
    case 'pagerduty':
      return { html: shell('pagerduty', pagerdutyText(pagerduty.parse(message))) };
    default:
      throw new Error(`There is no picture of what the channel ${channel} sends.`);
  }
}

const teams = z.object({ attachments: z.tuple([z.object({ content: z.unknown() })]) });

const pagerduty = z.object({
  links: z.array(z.object({ text: z.string() })),
  payload: z.object({
    summary: z.string(),
    severity: z.string(),
    source: z.string(),
    class: z.string(),
    custom_details: z.object({ lines: z.array(z.string()) }),
  }),
});

type Block = z.infer<typeof slackMessage>['blocks'][number];

const slackBlock = (block: Block): string => {
  switch (block.type) {
    case 'header':
      return `<h1>${escapedHtml(block.text.text)}</h1>`;
    case 'section':
      return `<p>${escapedHtml(block.text.text)}</p>`;
    case 'rich_text':
      return block.elements
        .map(({ elements }) => `<pre>${escapedHtml(elements.map(({ text }) => text).join(''))}</pre>`)
        .join('\n');
    default:
      return block satisfies never;
  }
};

const pagerdutyText = ({ links, payload }: z.infer<typeof pagerduty>): string =>
  [
    `<h1>${escapedHtml(payload.summary)}</h1>`,
    `<p><b>Severity</b> ${escapedHtml(payload.severity)} · <b>Source</b> ${escapedHtml(payload.source)} · <b>Class</b> ${escapedHtml(payload.class)}</p>`,
    `<p>${payload.custom_details.lines.map(escapedHtml).join('\n')}</p>`,
    `<p>${links.map(({ text }) => `<u>${escapedHtml(text)}</u>`).join(' · ')}</p>`,
  ].join('\n');

/** As wide as the app of the service is on a phone that is turned, without a network: fonts are those of the machine. */
const shell = (channel: string, body: string): string => `<!doctype html>
<meta charset="utf-8">
<style>
  body { margin: 0; background: #fff; }
  main { width: 600px; padding: 16px; font: 14px/1.45 "Liberation Sans", "DejaVu Sans", sans-serif; color: #1d1c1d; }
  main.slack { border-left: 4px solid #ddd; }
  h1 { font-size: 18px; margin: 0 0 8px; }
  p { margin: 0 0 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
  pre { margin: 0 0 8px; padding: 8px; border: 1px solid #ddd; border-radius: 4px; background: #f8f8f8; white-space: pre-wrap; overflow-wrap: anywhere; }
  .ac-pushButton { margin: 4px 0; padding: 4px 12px; border: 1px solid #ccc; border-radius: 4px; background: #fff; }
</style>
<main class="${channel}">
${body}
</main>
`;

const escapedHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
