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
  const sink = await startSink(PATH, (body) => answer(body, teams.workflow, posted));
  const teams: TeamsSink = { ...sink, workflow: { kind: 'posts' }, posted };
  return teams;
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
