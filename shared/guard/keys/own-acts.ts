import { factsOf } from '../../domain/actions/registry.ts';
import type { IntentRow, OwnAct } from '../../domain/decision.ts';
import type { Hint } from '../../domain/hint.ts';
import type { KeyId } from '../../domain/key.ts';
import { keyOf, partitionOf, versionIn } from '../../domain/subject.ts';
import { CLOCKS_APART_MS, DAY_MS } from '../../domain/time.ts';
import { incidentId } from '../../incidents/draft.ts';
import { ownActUnexplained } from '../../incidents/kinds/own-act-unexplained.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import type { Ports } from '../../ports.ts';
import type { Stored } from '../../register/rows.ts';
import { forget } from '../act.ts';
import type { ActIncident } from './audit-events.ts';

/** How long after its intent an act of the guardian may happen, in ms: a write is never sent twice, and its claim lasts half of this. */
const ACT_AFTER_INTENT_MS = 60_000;

/**
 * The acts that the audit log reports under the guardian's own identity and that no intent explains: somebody else uses that
 * identity. Each intent explains one audit record and its repeats. Call it before an inspection makes intents of its own:
 * these do not explain earlier audit events. An intent that cannot be read is quarantined, and explains nothing.
 */
export async function unexplainedActs(
  id: KeyId,
  hints: readonly Hint[],
  ports: Ports,
): Promise<readonly ActIncident[]> {
  const own = hints.flatMap(({ id: record, says }) => (says.kind === 'own-act' ? [{ ...says, id: record }] : []));
  const unexplained: OwnAct[] = [];
  for (const act of own) unexplained.push(...(await explain(id, act, ports)));
  if (own.length > 0) await removeOutdated(id, ports);
  return unexplained.map((act) => {
    const draft = ownActUnexplained.draft({ ...id, version: act.version }, act.operation, act.by, act.at);
    return { draft, id: incidentId(draft, act.id) };
  });
}

/**
 * Finds the intent that explains an act, and marks it. Returns what stays unexplained: the act itself, or an earlier act
 * that had been explained by the intent whose request id this one names.
 */
async function explain(id: KeyId, act: OwnAct, ports: Ports): Promise<readonly OwnAct[]> {
  // A message that is delivered again comes here again: people may not have been alerted the first time.
  const asked = async (displaced: OwnAct | undefined): Promise<readonly OwnAct[]> =>
    displaced === undefined ? [] : explain(id, displaced, ports);
  for (;;) {
    const intents = await readIntents(id, ports);
    const taken = intents.find(({ value: { explains } }) => explains?.id === act.id);
    if (taken !== undefined) return asked(taken.value.displaced);
    // By the request id where the audit log has it, which is not documented; otherwise by version, operation and time.
    const named = intents.find((candidate) => names(act, candidate.value));
    const fit = named ?? nearest(act, intents);
    if (fit === undefined) return [act];
    const { explains: before } = fit.value;
    if (before !== undefined && names(before, fit.value)) return [act];
    const marked = { ...fit.value, explains: act, displaced: before };
    if ((await ports.tables.intents.replace(fit, marked)) !== undefined) return asked(before);
  }
}

/** How long an Event Hub keeps a record at most, in ms: after that no record can need its intent. */
const RECORDS_KEPT_MS = 90 * DAY_MS;
/** Intents of one key that explained a record and are kept at most, since the record may come again: a flapping key makes one each minute. */
const MOST_EXPLAINING = 5_000;
/** Rows removed at once: few enough that no inspection waits long, and more than one inspection makes. */
const MOST_REMOVED_AT_ONCE = 50;

/** Removes intents that no audit record can need any more. The trail keeps them for ever. */
async function removeOutdated(id: KeyId, ports: Ports): Promise<void> {
  const newestFirst = (await readIntents(id, ports)).toSorted(
    (one, other) => other.value.at.getTime() - one.value.at.getTime(),
  );
  const kept = newestFirst.filter(({ value: { explains } }) => explains !== undefined).slice(0, MOST_EXPLAINING);
  const outdated = newestFirst.filter(
    (one) =>
      ports.now().getTime() - one.value.at.getTime() > RECORDS_KEPT_MS ||
      (one.value.explains !== undefined && !kept.includes(one)),
  );
  await forget(outdated.slice(-MOST_REMOVED_AT_ONCE), ports);
}

/** The intents of a key. A row that cannot be read explains nothing. */
async function readIntents(id: KeyId, ports: Ports): Promise<readonly Stored<IntentRow>[]> {
  const { stored, unreadable } = await ports.tables.intents.list(partitionOf(keyOf(id)));
  await quarantineRows(unreadable, ports);
  return stored;
}

const names = ({ correlationId, ...act }: OwnAct, candidate: IntentRow): boolean =>
  candidate.id === correlationId && isOperationOf(candidate, act);

/** The intent nearest in time to an act, among those that fit it and explain nothing yet. An act before its intent is not the guardian's. */
function nearest(act: OwnAct, intents: readonly Stored<IntentRow>[]): Stored<IntentRow> | undefined {
  const afterMs = ({ value }: Stored<IntentRow>): number => act.at.getTime() - value.at.getTime();
  return intents
    .filter(({ value }) => value.explains === undefined && isOperationOf(value, act))
    .filter((one) => afterMs(one) >= -CLOCKS_APART_MS && afterMs(one) <= ACT_AFTER_INTENT_MS)
    .toSorted((one, other) => Math.abs(afterMs(one)) - Math.abs(afterMs(other)))[0];
}

/** Whether an intent is for this operation on this version. The record of a recovery names no version, and that of a rotation the new one. */
function isOperationOf({ action }: IntentRow, { operation, version }: Pick<OwnAct, 'operation' | 'version'>): boolean {
  const { loggedAs, subject } = factsOf(action);
  const meant = versionIn(subject);
  return operation === loggedAs && (version === undefined || meant === undefined || version === meant);
}
