import { z } from 'zod';
import { intent } from '../domain/decision.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import { spell } from '../domain/key.ts';
import { incidentId } from '../incidents/draft.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';
import type { Row } from '../storage.ts';
import type { HeardIncident } from './heard.ts';

/** How far the audit log's time of our own act may lie from the intent's, in ms: between them lie retries of nobody. */
const SAME_ACT_MS = 60_000;

const intentRow = intent.extend({ explains: z.string().optional() });
type OwnAct = Extract<Hint['says'], { kind: 'own-act' }>;

/**
 * Holds each act that the audit log reports under the guardian's own identity against its intents. Each intent explains
 * one record, and its repeats; a record that none explains is an incident: somebody else has the identity.
 */
export async function unexplainedActs(
  id: KeyId,
  hints: readonly Hint[],
  { tables }: Pick<Ports, 'tables'>,
): Promise<readonly HeardIncident[]> {
  const own = hints.flatMap((hint) => (hint.says.kind === 'own-act' ? [{ id: hint.id, says: hint.says }] : []));
  if (own.length === 0) return [];
  const incidents: HeardIncident[] = [];
  for (const act of own) {
    const rows = await tables.intents.list(`${id.vault},${id.key}`);
    if (!(await explain(act.id, act.says, rows, tables.intents))) incidents.push(unexplained(id, act.says, act.id));
  }
  return incidents;
}

async function explain(
  record: string,
  act: OwnAct,
  rows: readonly Row[],
  table: Ports['tables']['intents'],
): Promise<boolean> {
  const intents = rows.map((row) => ({ row, intent: parsed(intentRow, row) }));
  if (intents.some((candidate) => candidate.intent.explains === record)) return true;
  const free = intents.filter(
    (candidate) => candidate.intent.explains === undefined && isOperationOf(candidate.intent, act),
  );
  // By the request's id where the log has it, which nobody confirmed; else by version, operation and time.
  const fit =
    free.find((candidate) => candidate.intent.id === act.correlationId) ??
    free
      .filter((candidate) => Math.abs(candidate.intent.at.getTime() - act.at.getTime()) <= SAME_ACT_MS)
      .toSorted((one, other) => distance(one.intent.at, act.at) - distance(other.intent.at, act.at))[0];
  if (fit === undefined) return false;
  return (await table.replace(fit.row, { ...fit.intent, explains: record })) !== undefined;
}

const distance = (one: Date, other: Date): number => Math.abs(one.getTime() - other.getTime());

function isOperationOf({ action }: z.infer<typeof intentRow>, act: OwnAct): boolean {
  if (action.kind === 'recover-key') return act.operation === 'KeyRecover';
  return act.operation === 'KeyUpdate' && (act.version === undefined || act.version === action.version);
}

function unexplained(id: KeyId, act: OwnAct, record: string): HeardIncident {
  const draft = {
    kind: 'own-act-unexplained',
    severity: 'critical',
    subject: { ...id, ...(act.version === undefined ? {} : { version: act.version }) },
    since: act.at,
    summary: `${act.operation} of ${spell({ ...id, version: act.version })} under the guardian's own identity is not in its trail: somebody else uses that identity.`,
    judgement: 'left to people',
    who: act.by,
  } as const;
  return { draft, id: incidentId(draft, record) };
}
