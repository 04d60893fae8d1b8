import type { Actor } from '../domain/audit-record.ts';
import type { Incident } from '../domain/incident.ts';
import { partitionOf, type Subject, spellSubject } from '../domain/subject.ts';
import { DAY_MS } from '../domain/time.ts';
import { RowUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Listed, Stored } from '../register/rows.ts';
import { readVaultRecords } from '../register/vaults.ts';
import { type Change, changedBy, onGoing } from './change.ts';
import { type IncidentDraft, incidentId } from './draft.ts';
import { planEscalation } from './escalation.ts';
import { wave as waveKind } from './kinds/wave.ts';
import { announce } from './notify.ts';
import { typed } from './own-names.ts';
import { type Joined, joinActorsWave, joinWave } from './wave.ts';

/** An incident with its row. */
export type StoredIncident = Stored<Incident>;

type Reading = { readonly tables: Pick<Ports['tables'], 'incidents'> };

/** Every incident of a subject, open and resolved; those of a key include those of its versions. All incidents where no subject is given. */
export const readIncidents = ({ tables }: Reading, subject?: Subject): Promise<Listed<Incident>> =>
  tables.incidents.list(subject && partitionOf(subject));

const standingOf = async (needs: Reading, subject: Subject): Promise<readonly StoredIncident[]> =>
  (await readIncidents(needs, subject)).stored;

/**
 * Opens an incident, or changes the open one, and alerts people. Opening the same incident twice has no further effect. The
 * oldest resolved incidents of the subject are removed.
 *
 * @param id given for an incident that reports an act. Without it, the state continues in the open incident of its kind,
 *   reason and subject
 */
export async function openIncident(draft: IncidentDraft, needs: Ports, id?: string): Promise<void> {
  await openAmong(await standingOf(needs, draft.subject), draft, needs, id);
}

async function openAmong(
  standing: readonly StoredIncident[],
  given: IncidentDraft,
  needs: Ports,
  id: string | undefined,
): Promise<void> {
  const { names = {} } = needs.settings;
  const commands = (given.commands ?? []).flatMap((command) => typed(command, names, needs.scope.surveyed) ?? []);
  const draft = { ...given, commands, summary: bounded(given.summary) };
  const named = id ?? incidentId(draft);
  const same = standing.find(({ value }) => value.id === named);
  const ongoing = standing.find(({ value: open }) => open.state === 'open' && isSameState(open, draft));
  const continued = id === undefined ? (same ?? ongoing) : same;
  if (continued !== undefined) {
    await changeIncident(continued, { ...onGoing(draft, continued.value), state: 'open' }, needs);
    return;
  }
  const eventsUntil = draft.who === undefined ? await eventsUntilOf(draft.subject, needs) : undefined;
  const arrived = eventsUntil === undefined ? {} : { eventsUntil };
  const wave = await joinWave(draft, needs);
  const joined = wave === undefined ? {} : { wave: wave.id };
  const opened: Incident = {
    ...draft,
    ...arrived,
    ...joined,
    id: named,
    detectedAt: needs.now(),
    state: 'open',
    revision: 1,
  };
  await planEscalation(opened, needs);
  await announce(
    { event: 'opened', incident: opened },
    async () => (await needs.tables.incidents.insert(partitionOf(draft.subject), named, opened)) !== undefined,
    needs,
  );
  if (wave !== undefined) await openWave(wave, opened, needs);
  await Promise.all(outdated(standing, needs.now()).map((over) => needs.tables.incidents.remove(over)));
}

/** The first of a wave opens it; its list grows by turns. */
async function openWave({ id, of, since }: Joined, first: Incident, needs: Ports): Promise<void> {
  if ((await needs.tables.incidents.get(partitionOf(of), id)) === undefined)
    await openIncident(waveKind.draft(of, since, [first]), needs, id);
}

/** How far the audit events of the vault of a subject have arrived, `null` where none has; `undefined` where no workspace is asked, or where that cannot be read: an alert does not wait for it. */
async function eventsUntilOf(subject: Subject, { workspaces, tables }: Ports): Promise<Date | null | undefined> {
  if (workspaces.length === 0 || !('vault' in subject)) return undefined;
  try {
    return (await readVaultRecords(tables, subject.vault))?.until ?? null;
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return undefined; // whoever writes the row next meets the same error
  }
}

const isSameState = (one: Incident, other: Pick<Incident, 'kind' | 'reason' | 'subject'>): boolean =>
  one.kind === other.kind && one.reason === other.reason && spellSubject(one.subject) === spellSubject(other.subject);

/**
 * As `openIncident`, for an act: acts of one hour share an incident. A repeat reopens nothing that was closed.
 *
 * @param hourly the id that the acts of one hour share; an act after a closed incident opens another, with its own time
 */
export async function openForAct(draft: IncidentDraft, needs: Ports, hourly: string): Promise<void> {
  const standing = await standingOf(needs, draft.subject);
  const ofHour = standing.filter(({ value: { id, continues } }) => id === hourly || continues === hourly);
  const open = ofHour.find(({ value: { state } }) => state === 'open');
  const alertedMs = Math.max(
    Number.NEGATIVE_INFINITY,
    ...ofHour.map(({ value: { newest, endedAt } }) => (newest ?? endedAt)?.getTime() ?? Number.NEGATIVE_INFINITY),
  );
  if (open === undefined && draft.since.getTime() <= alertedMs) return;
  const newest = new Date(Math.max(draft.since.getTime(), alertedMs));
  if (open !== undefined) return openAmong(standing, { ...draft, newest }, needs, open.value.id);
  if (ofHour.length === 0) return openAmong(standing, { ...draft, newest }, needs, hourly);
  await openAmong(standing, { ...draft, newest, continues: hourly }, needs, incidentId(draft, hourly));
}

/** How long a resolved incident is kept, in ms. The trail keeps its records for ever. */
const KEPT_MS = 30 * DAY_MS;
const MOST_KEPT = 1_000;
/** Incidents removed at once: few enough that no inspection waits long, and more than one inspection opens. */
const MOST_REMOVED_AT_ONCE = 50;

/** The oldest resolved incidents that need not be kept: a key that is attacked again and again opens one each minute. */
const outdated = (standing: readonly StoredIncident[], now: Date): readonly StoredIncident[] =>
  standing
    .filter(({ value: { state } }) => state === 'resolved')
    .toSorted((one, other) => other.value.detectedAt.getTime() - one.value.detectedAt.getTime())
    .filter(({ value }, place) => place >= MOST_KEPT || now.getTime() - value.detectedAt.getTime() > KEPT_MS)
    .slice(-MOST_REMOVED_AT_ONCE);

/** Characters of a summary or a judgement at most: an alert has to fit into a row. */
const MOST_CHARACTERS = 4_000;
/** A text cut to `most` characters. Default: the characters of a summary at most. */
export const bounded = (words: string, most = MOST_CHARACTERS): string =>
  words.length <= most ? words : `${words.slice(0, most)} …`;

/**
 * Changes an incident, and alerts people where the change matters to them. Where it becomes known who did it, and they did the
 * same to many keys, the alerts of their wave speak for it from then on. Returns false where somebody else changed it meanwhile.
 */
export async function changeIncident(stored: StoredIncident, change: Change, needs: Ports): Promise<boolean> {
  const { incident: alone, event, isNews, mayJoin, isToEscalate } = changedBy(stored.value, change, needs.now());
  const wave =
    mayJoin === 'any'
      ? await joinWave(alone, needs)
      : mayJoin === 'of-actor'
        ? await joinActorsWave(alone, alone.detectedAt, alone.who, needs)
        : undefined;
  const write = async (to: Incident): Promise<boolean> =>
    (await needs.tables.incidents.replace(stored, to)) !== undefined;
  if (!isNews && wave === undefined) return write(alone);
  const joined = wave === undefined ? {} : { wave: wave.id };
  const changed = { ...alone, ...joined, revision: alone.revision + 1 };
  if (isToEscalate) await planEscalation(changed, needs);
  const isChanged = await announce({ event, incident: changed }, () => write(changed), needs, wave !== undefined);
  if (isChanged && wave !== undefined) await openWave(wave, changed, needs);
  return isChanged;
}

/** Resolves an incident. Returns false, and changes nothing, where somebody else changed it meanwhile. */
export async function resolveIncident(
  stored: StoredIncident,
  judgement: string,
  restored: boolean,
  needs: Ports,
): Promise<boolean> {
  if (stored.value.state === 'resolved') return true;
  const endedAt = needs.now();
  const end = { state: 'resolved', endedAt, judgement, ...(restored ? { restoredAt: endedAt } : {}) } as const;
  return changeIncident(stored, end, needs);
}

/** Resolves the incidents of a subject that are selected: their state is good again. */
export async function endIncidents(
  subject: Subject,
  isMeant: (incident: Incident) => boolean,
  judgement: string,
  needs: Ports,
): Promise<void> {
  for (const stored of await standingOf(needs, subject))
    if (isMeant(stored.value)) await resolveIncident(stored, judgement, false, needs);
}

/**
 * Opens an incident while its state lasts, and ends those of its kind, reason and subject once it does not. Two who find the
 * state at once open one: its id follows from the last of this state that ended, not from the time at which it was found.
 */
export async function openWhile(lasts: boolean, draft: IncidentDraft, judgement: string, needs: Ports): Promise<void> {
  if (!lasts) return endIncidents(draft.subject, (incident) => isSameState(incident, draft), judgement, needs);
  const standing = await standingOf(needs, draft.subject);
  const same = standing.filter(({ value }) => isSameState(value, draft)).map(({ value }) => value);
  const open = same.find(({ state }) => state === 'open');
  const last = same.toSorted((one, other) => other.detectedAt.getTime() - one.detectedAt.getTime())[0];
  const id = open?.id ?? incidentId({ ...draft, since: new Date(0) }, last?.id);
  await openAmong(standing, draft, needs, id);
}

/** Names who did it, once an audit event says so. `undefined`: nobody any more, since events say that several may have. */
export async function nameActor(stored: StoredIncident, who: Actor | undefined, needs: Ports): Promise<void> {
  if (stored.value.who?.oid === who?.oid) return;
  await changeIncident(stored, { who }, needs);
}
