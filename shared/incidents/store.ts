import type { Actor, AuditEntry } from '../domain/audit-record.ts';
import { type AlertMessage, type Incident, incident } from '../domain/incident.ts';
import { DAY_MS } from '../domain/time.ts';
import { RegisterUnreadable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { parsed } from '../register/rows.ts';
import type { Row } from '../storage.ts';
import { type IncidentDraft, incidentId } from './draft.ts';
import type { KindFacts } from './kinds/kind.ts';

/** An incident with the row it stands in. */
export interface Booked {
  readonly incident: Incident;
  readonly row: Row;
}

type Needs = Pick<Ports, 'tables' | 'queues' | 'trail' | 'now' | 'newId'>;
/** What reading the book needs. */
type BookTable = { readonly tables: Pick<Ports['tables'], 'incidents'> };
type Where = { readonly vault: string; readonly key?: string | undefined };

const partitionOf = ({ vault, key }: Where): string => (key === undefined ? vault : `${vault},${key}`);

/** The incidents of a key or of a vault as such, and why rows of theirs cannot be read. */
export interface Book {
  readonly booked: readonly Booked[];
  readonly unreadable: readonly RegisterUnreadable[];
}

/** Every incident of a key (or of a vault as such; of all where left out), open and resolved. A row that cannot be read costs no other. */
export async function readBook({ tables }: BookTable, where?: Where): Promise<Book> {
  const booked: Booked[] = [];
  const unreadable: RegisterUnreadable[] = [];
  for (const row of await tables.incidents.list(where && partitionOf(where))) {
    try {
      booked.push({ incident: parsed(incident, row), row });
    } catch (error) {
      if (!(error instanceof RegisterUnreadable)) throw error;
      unreadable.push(error);
    }
  }
  return { booked, unreadable };
}

/** The incidents that can be read. */
export const readIncidents = async (ports: BookTable, where: Where): Promise<readonly Booked[]> =>
  (await readBook(ports, where)).booked;

/**
 * Opens an incident, or changes the one that stands, and tells. A new one takes the place of what has long been over.
 * Twice the same is once. `id` is given for what is told by itself; a state goes on in the open incident of its kind and
 * version, even where the act was repeated.
 */
export async function openIncident(given: IncidentDraft, needs: Needs, id?: string): Promise<void> {
  await openAmong(await readIncidents(needs, given.subject), given, needs, id);
}

async function openAmong(
  standing: readonly Booked[],
  given: IncidentDraft,
  needs: Needs,
  id: string | undefined,
): Promise<void> {
  const draft = { ...given, summary: bounded(given.summary) };
  const named = id ?? incidentId(draft);
  const same = standing.find((booked) => booked.incident.id === named);
  const ongoing = standing.find(
    ({ incident: open }) =>
      open.state === 'open' && open.kind === draft.kind && open.subject.version === draft.subject.version,
  );
  const continued = id === undefined ? (same ?? ongoing) : same;
  if (continued !== undefined) {
    await changeIncident(continued, { ...onGoing(draft, continued.incident), state: 'open' }, needs);
    return;
  }
  const opened: Incident = {
    ...draft,
    id: named,
    detectedAt: needs.now(),
    state: 'open',
    revision: 1,
    toldRevision: 0,
    insertion: needs.newId(),
  };
  const partition = partitionOf(draft.subject);
  const row =
    (await needs.tables.incidents.insert(partition, named, opened)) ?? (await insertedAsWell(partition, opened, needs));
  if (row !== undefined) await tell({ incident: opened, row }, 'opened', needs);
  await Promise.all(outdated(standing, needs.now()).map((booked) => needs.tables.incidents.remove(booked.row)));
}

/** As `openIncident`, for news of an act: what is over is not opened by hearing again of an act that was told then. */
export async function openNews(draft: IncidentDraft, needs: Needs, id: string): Promise<void> {
  const standing = await readIncidents(needs, draft.subject);
  const same = standing.find(({ incident: { id: known } }) => known === id);
  // One that was closed before acts were kept apart: what was before its end may have been heard.
  const heard = same?.incident.newest ?? same?.incident.endedAt;
  if (heard !== undefined && draft.since.getTime() <= heard.getTime() && same?.incident.state === 'resolved') return;
  const newest = new Date(Math.max(draft.since.getTime(), heard?.getTime() ?? 0));
  await openAmong(standing, { ...draft, newest }, needs, id);
}

/** What is over stays in the book for so long, and of one key or vault so many at most; the trail has it for ever. */
const KEPT_MS = 30 * DAY_MS;
const MOST_KEPT = 1_000;
/** So that no look waits long for it; more than it opens, so that they grow fewer. */
const MOST_REMOVED_AT_ONCE = 50;

/** The oldest of what is over, was told, and need not be kept: a key that is fought over opens an incident a minute. */
function outdated(standing: readonly Booked[], now: Date): readonly Booked[] {
  return standing
    .filter(({ incident: { state, toldRevision, revision } }) => state === 'resolved' && toldRevision >= revision)
    .toSorted((one, other) => other.incident.detectedAt.getTime() - one.incident.detectedAt.getTime())
    .filter(({ incident: over }, place) => place >= MOST_KEPT || now.getTime() - over.detectedAt.getTime() > KEPT_MS)
    .slice(-MOST_REMOVED_AT_ONCE);
}

/** An insert that took hold and whose answer was lost: who made it has to tell. Another instance tells its own. */
async function insertedAsWell(partition: string, { id, insertion }: Incident, needs: Needs): Promise<Row | undefined> {
  const row = await needs.tables.incidents.get(partition, id);
  const standing = incident.safeParse(row?.data);
  return standing.success && standing.data.insertion === insertion ? row : undefined;
}

/** Characters of a summary or a judgement at most: an alert has to fit a message of a queue, and a page of a person. */
const MOST_CHARACTERS = 4_000;
/** What people or the guardian say, cut where it is longer than `most` characters; default: than an alert can be. */
export const bounded = (words: string, most = MOST_CHARACTERS): string =>
  words.length <= most ? words : `${words.slice(0, most)} …`;

/** The state began when it was first found: a later change of the version puts neither its beginning nor its deadline off. */
const onGoing = (
  { since: _, previous: __, who, ...draft }: IncidentDraft,
  { deadline, who: named }: Incident,
): Omit<IncidentDraft, 'since'> => ({
  ...draft,
  ...((named ?? who) === undefined ? {} : { who: named ?? who }),
  deadline: deadline ?? draft.deadline,
});

/** Changes what is said of an incident, and tells where that makes a difference. False where somebody else changed it meanwhile. */
async function changeIncident(
  booked: Booked,
  change: Partial<Omit<Incident, 'id' | 'revision' | 'toldRevision'>>,
  needs: Needs,
): Promise<boolean> {
  const was = booked.incident;
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const reopened = was.state === 'resolved' && change.state === 'open';
  const next: Incident = { ...was, ...given, ...(reopened ? { restoredAt: undefined, endedAt: undefined } : {}) };
  if (JSON.stringify({ ...next, newest: undefined }) === JSON.stringify({ ...was, newest: undefined })) {
    // That a newer act was heard of makes no difference to anybody.
    const isNoted = next.newest?.getTime() === was.newest?.getTime();
    const row = isNoted ? booked.row : await needs.tables.incidents.replace(booked.row, next);
    if (row === undefined) return false;
    if (was.toldRevision < was.revision) await tell({ incident: next, row }, eventOf(was), needs);
    return true;
  }
  const changed = { ...next, revision: was.revision + 1 };
  const row = await needs.tables.incidents.replace(booked.row, changed);
  // Somebody else changed it: they tell, and the next look sees what they wrote.
  if (row === undefined) return false;
  const wasToldResolved = was.state === 'resolved' && was.toldRevision >= was.revision;
  await tell({ incident: changed, row }, wasToldResolved ? 'changed' : eventOf(changed), needs);
  return true;
}

const eventOf = ({ state, revision }: Incident): AlertMessage['event'] =>
  state === 'resolved' ? 'resolved' : revision === 1 ? 'opened' : 'changed';

/** The state is good again. False where somebody else changed the incident meanwhile: it is then as they left it. */
export async function resolveIncident(
  booked: Booked,
  judgement: string,
  restored: boolean,
  needs: Needs,
): Promise<boolean> {
  const { state, toldRevision, revision } = booked.incident;
  if (state === 'resolved') {
    if (toldRevision < revision) await tell(booked, 'resolved', needs);
    return true;
  }
  return changeIncident(
    booked,
    { state: 'resolved', endedAt: needs.now(), judgement, ...(restored ? { restoredAt: needs.now() } : {}) },
    needs,
  );
}

/** Resolves those incidents of a key, or of a vault as such, that are meant: their state is good again. */
export async function endIncidents(
  where: Where,
  isMeant: (incident: Incident) => boolean,
  judgement: string,
  needs: Needs,
): Promise<void> {
  for (const booked of await readIncidents(needs, where))
    if (isMeant(booked.incident)) await resolveIncident(booked, judgement, false, needs);
}

/** Opens an incident while its state lasts, and ends those of its kind once it does not: `draft` is `undefined` then. */
export async function openWhile(
  draft: IncidentDraft | undefined,
  { id }: KindFacts,
  where: Where,
  judgement: string,
  needs: Needs,
): Promise<void> {
  if (draft !== undefined) return openIncident(draft, needs);
  await endIncidents(where, ({ kind }) => kind === id, judgement, needs);
}

/** Who did it, once the audit log has told. */
export async function nameActor(booked: Booked, who: Actor, needs: Needs): Promise<void> {
  if (booked.incident.who?.oid === who.oid) return;
  await changeIncident(booked, { who }, needs);
}

/** Told means: in the alerts queue. The row says so afterwards, so that a crash in between tells twice rather than never. */
async function tell(booked: Booked, event: AlertMessage['event'], needs: Needs): Promise<void> {
  const message: AlertMessage = { event, incident: booked.incident };
  await needs.queues.alerts.send(message);
  await needs.trail.append(booked.incident.subject.vault, [incidentEntry(message, needs)]);
  await needs.tables.incidents.replace(booked.row, { ...booked.incident, toldRevision: booked.incident.revision });
}

function incidentEntry({ event, incident: told }: AlertMessage, { now, newId }: Needs): AuditEntry {
  const { id, kind, severity, since, judgement, summary } = told;
  return {
    id: newId(),
    time: now(),
    what: 'incident',
    subject: told.subject,
    ...(told.who === undefined ? {} : { who: told.who }),
    detail: { event, incident: id, kind, severity, since: since.toISOString(), judgement, summary },
  };
}
