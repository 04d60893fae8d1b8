import { z } from 'zod';
import { intent } from '../domain/decision.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import { incidentId } from '../incidents/draft.ts';
import { ownActUnexplained } from '../incidents/kinds/own-act-unexplained.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';
import type { Row } from '../storage.ts';
import { loggedAs, versionOf } from './actions.ts';
import type { HeardIncident } from './heard.ts';

/** How long after its intent our own act may have happened, in ms: a write is never sent twice, and its claim lasts half of this. */
const ACT_AFTER_INTENT_MS = 60_000;
/** How far the vault's clock may be behind ours, in ms. */
const CLOCKS_APART_MS = 5_000;

const intentRow = intent.extend({ explains: z.string().optional() });
type OwnAct = Extract<Hint['says'], { kind: 'own-act' }>;

/**
 * Holds each act that the audit log reports under the guardian's own identity against its intents. Each intent explains
 * one record, and its repeats; a record that none explains is an incident: somebody else has the identity. To be asked
 * before a look makes intents of its own: what was heard before them they do not explain.
 */
export async function unexplainedActs(
  id: KeyId,
  hints: readonly Hint[],
  { tables }: Pick<Ports, 'tables'>,
): Promise<readonly HeardIncident[]> {
  const own = hints.flatMap((hint) => (hint.says.kind === 'own-act' ? [{ id: hint.id, says: hint.says }] : []));
  if (own.length === 0) return [];
  const named = new Set((await tables.intents.list(`${id.vault},${id.key}`)).map(({ row }) => row));
  const isNamed = ({ says }: (typeof own)[number]): boolean => named.has(says.correlationId ?? '');
  const incidents: HeardIncident[] = [];
  // A record that names its intent takes it before one that only fits.
  for (const act of [...own.filter(isNamed), ...own.filter((one) => !isNamed(one))]) {
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
      .filter((candidate) => isSoonAfter(act.at, candidate.intent.at))
      .toSorted((one, other) => distanceMs(one.intent.at, act.at) - distanceMs(other.intent.at, act.at))[0];
  if (fit === undefined) return false;
  return (await table.replace(fit.row, { ...fit.intent, explains: record })) !== undefined;
}

/** An act that was before its intent is none of ours. */
const isSoonAfter = (act: Date, intended: Date): boolean => {
  const afterMs = act.getTime() - intended.getTime();
  return afterMs >= -CLOCKS_APART_MS && afterMs <= ACT_AFTER_INTENT_MS;
};

const distanceMs = (one: Date, other: Date): number => Math.abs(one.getTime() - other.getTime());

/** A record of a recovery names no version. */
const isOperationOf = ({ action }: z.infer<typeof intentRow>, { operation, version }: OwnAct): boolean =>
  operation === loggedAs(action) && (version === undefined || version === versionOf(action));

function unexplained(id: KeyId, act: OwnAct, record: string): HeardIncident {
  const where = { ...id, ...(act.version === undefined ? {} : { version: act.version }) };
  const draft = ownActUnexplained.draft(where, act.operation, act.by, act.at);
  return { draft, id: incidentId(draft, record) };
}
