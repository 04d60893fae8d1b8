import * as z from 'zod';
import { teamsMessage } from './adaptive-card.ts';
import { jsonIn, type Sink, type SinkAnswer, startSink, throttled } from './sink.ts';

const MOST_BYTES = 28 * 1_024;
/** Like that of a workflow: its signature is the only credential. */
const PATH = '/powerautomate/automations/direct/workflows/alerts/triggers/manual/paths/invoke?api-version=1&sig=local';

/** How the workflow goes: it posts each card, or answers 202 and loses it, or answers 429. */
export type TeamsWorkflow =
  | { readonly kind: 'posts' }
  | { readonly kind: 'loses' }
  /** `about`: only the messages with this text; all where left out. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number; readonly about?: string };

/** A stand-in for a Teams workflow. */
export interface TeamsSink extends Sink {
  workflow: TeamsWorkflow;
  /** Who may trigger it: `undefined` for anyone, or who has a token of this tenant for the flow service. */
  asks: { readonly tenantId: string; readonly audience: string } | undefined;
  /** The texts of each card that people can read in the channel, in the order of posting. */
  readonly posted: readonly (readonly string[])[];
}

/**
 * Answers as a workflow with the trigger "When a Teams webhook request is received" does: 202 once it has started, whether
 * or not the card is posted; 413 for a message of more than 28 KB; 400 for one that is no message with a card of ours.
 *
 * @see https://learn.microsoft.com/connectors/teams/
 */
export async function startTeams(): Promise<TeamsSink> {
  const posted: (readonly string[])[] = [];
  const sink = await startSink(PATH, (body, { authorization }) =>
    teams.asks === undefined || isAllowed(authorization, teams.asks)
      ? answer(body, teams.workflow, posted)
      : { status: 401, body: { error: { code: 'MisMatchingOAuthClaims' } } },
  );
  const teams: TeamsSink = { ...sink, workflow: { kind: 'posts' }, asks: undefined, posted };
  return teams;
}

const claims = z.object({ aud: z.string(), tid: z.string() });

/** Whether a token has the claims that a workflow asks for; the audience has to be the very same. @see https://learn.microsoft.com/power-automate/oauth-authentication */
function isAllowed(authorization: string | undefined, asks: NonNullable<TeamsSink['asks']>): boolean {
  const [, payload = ''] = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]?.split('.') ?? [];
  const { data } = claims.safeParse(jsonIn(Buffer.from(payload, 'base64url').toString('utf8')));
  return data?.aud === asks.audience && data.tid === asks.tenantId;
}

function answer(body: string, workflow: TeamsWorkflow, posted: (readonly string[])[]): SinkAnswer {
  if (workflow.kind === 'throttled' && body.includes(workflow.about ?? ''))
    return throttled(workflow.retryAfterSeconds);
  if (Buffer.byteLength(body) > MOST_BYTES) return { status: 413 };
  const { data } = teamsMessage.safeParse(jsonIn(body));
  if (data === undefined) return { status: 400, body: { error: { code: 'TriggerInputSchemaMismatch' } } };
  const [{ content }] = data.attachments;
  if (workflow.kind !== 'loses')
    posted.push(content.body.map(({ inlines }) => inlines.map(({ text }) => text).join('')));
  return { status: 202 };
}
