import type { AlertContent, Incident } from '../domain/incident.ts';
import { ChannelMisconfigured, ChannelUnreachable, NoToken } from '../errors.ts';
import type { AlertNeeds, MakeChannel } from './channel.ts';
import { errorCode } from './error-code.ts';
import { cut, fitting } from './fitting.ts';
import { checkedAddress, post } from './post.ts';
import { detailLines, firstLine, type Link, linksOf } from './text.ts';

const id = 'teams';
/** Bytes of a message that Teams takes. @see https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations */
const MOST_BYTES = 28_000;
const MOST_LINES = 50;
const MOST_IN_BUTTON = 40;
/** Buttons of a card at most, by the default of the library that shows cards. @see https://learn.microsoft.com/adaptive-cards/sdk/rendering-cards/javascript/host-config */
const MOST_ACTIONS = 5;

/**
 * POSTs alerts as Adaptive Cards to a Teams workflow, "Post to a channel when a webhook request is received".
 *
 * An answer of 202 says that the workflow was started, and not that anybody can read the card: a workflow whose owner has
 * left, or that is turned off, loses it. A critical incident therefore goes to two channels where there are two.
 *
 * A workflow that anybody may trigger takes what comes to its address; any other takes a token of the app's identity as well,
 * for the audience that the settings name.
 *
 * Throws `ChannelMisconfigured` where the address is not `https:`, but for a loopback host, and for the address of an Office
 * connector: those ended in May 2026; and for an audience that is none of a workflow.
 *
 * @see https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498
 */
export const teamsChannel: MakeChannel = (settings, needs) => {
  const { KEY_GUARDIAN_TEAMS_URL: url, KEY_GUARDIAN_TEAMS_AUDIENCE: audience } = settings;
  if (url === undefined && audience === undefined) return undefined;
  const address = checkedAddress(id, url);
  if (/(^|\.)webhook\.office\.com$/.test(new URL(address).hostname))
    throw new ChannelMisconfigured(
      id,
      'its address is that of an Office connector, which Teams ended: make a workflow',
    );

  if (audience !== undefined && !AUDIENCES.includes(audience))
    throw new ChannelMisconfigured(id, `its audience is none of ${AUDIENCES.join(', ')}`);
  const hasActions = !WITHOUT_ACTIONS.test(new URL(address).hostname);

  return {
    id,
    async send(alert) {
      const headers = audience === undefined ? {} : { authorization: `Bearer ${await tokenFor(audience, needs)}` };
      await post({ channel: id, address, headers, body: teamsMessage(alert, needs.now(), hasActions) }, needs);
    },
  };
};

/** For whom the token of a workflow is, in each cloud. @see https://learn.microsoft.com/power-automate/oauth-authentication#audience-values */
const AUDIENCES: readonly string[] = [
  'https://service.flow.microsoft.com/',
  'https://gov.service.flow.microsoft.us/',
  'https://high.service.flow.microsoft.us/',
  'https://service.flow.appsplatform.us/',
  'https://service.powerautomate.cn/',
];

/** The addresses of workflows in GCC High and DoD, where the buttons of a card do not work. */
const WITHOUT_ACTIONS = /\.(powerplatform|appsplatform|logic\.azure)\.us$/;

/** The audience ends with a slash, and the scope has it too. */
async function tokenFor(audience: string, { token }: AlertNeeds): Promise<string> {
  try {
    return await token(`${audience}/.default`);
  } catch (error) {
    throw new ChannelUnreachable(id, error instanceof NoToken ? 'no-token' : errorCode(error));
  }
}

/** The message as JSON of less than 28 KB. Its longest texts are cut where it would have more. @param hasActions false where buttons do not work */
export const teamsMessage = (alert: AlertContent, now: Date, hasActions = true): string =>
  fitting(MOST_BYTES, (most) => messageOf(cardOf(alert, now, most, hasActions)));

const messageOf = (content: object) => ({
  type: 'message',
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
});

const cardOf = (alert: AlertContent, now: Date, mostCharacters: number, hasActions: boolean) => ({
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.4',
  body: [
    line(firstLine(alert, now), mostCharacters, { weight: 'Bolder', color: colorOf(alert.incident) }),
    ...detailLines(alert, now)
      .slice(0, MOST_LINES)
      .map((text) => line(text, mostCharacters, text.startsWith('command: ') ? { fontType: 'Monospace' } : {})),
  ],
  ...actionsOf(hasActions ? linksOf(alert).slice(0, MOST_ACTIONS) : []),
});

/** A button for each link. */
const actionsOf = (links: readonly Link[]) =>
  links.length === 0
    ? {}
    : {
        actions: links.map(({ text, href }) => ({
          type: 'Action.OpenUrl',
          title: cut(text, MOST_IN_BUTTON),
          url: href,
        })),
      };

/**
 * A text as it is. Only a `TextBlock` takes markdown, so a name can be no link there. Both take functions such as `{{DATE(…)}}`.
 *
 * @see https://adaptivecards.io/explorer/TextRun.html
 */
const line = (text: string, mostCharacters: number, style: Readonly<Record<string, string>>) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text: cut(text.replaceAll('{{', '{ {'), mostCharacters), ...style }],
});

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
