import type { KeyId } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { keyContested } from '../incidents/kinds/key-contested.ts';
import { keyUnwritable } from '../incidents/kinds/key-unwritable.ts';
import { kinds } from '../incidents/kinds/registry.ts';
import { type Booked, nameActor, openIncident, openNews, readIncidents, resolveIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { contestedIncident, isCalm } from './contested.ts';
import type { HeardIncident } from './heard.ts';
import { draftsOf, endOf, type Found, namedFor } from './key-drafts.ts';
import { rules } from './keys/rules/registry.ts';

/** Incidents that end with the look that does not come to them any more: those of the rules, and what kept from looking. */
const ENDING: ReadonlySet<string> = new Set([
  ...rules.map(({ id }) => id),
  ...kinds.flatMap(({ id, ends }) => (ends.kind === 'with-a-look' ? [id] : [])),
]);

/** What people are told of a key after a look. */
export interface Telling extends Found {
  readonly heard: readonly HeardIncident[];
}

/** Opens what was found, names who did it, and resolves what is good again. */
export async function tellOfKey(id: KeyId, standing: readonly Booked[], telling: Telling, ports: Ports): Promise<void> {
  const { decision, heard, record } = telling;
  const drafts = draftsOf(id, telling, ports.now());
  const contested = contestedIncident(id, telling, ports.now());
  if (drafts.length === 0 && heard.length === 0 && contested === undefined && standing.every(isDone))
    return nameActors(standing, record, ports);
  for (const draft of drafts) await openIncident(draft, ports);
  await tellOfNews(heard, ports);
  if (contested !== undefined) await openIncident(contested.draft, ports, contested.id);
  const after = await readIncidents(ports, id);
  await nameActors(after, record, ports);
  const stillBad = [
    ...decision.judgements
      .filter(({ verdict }) => verdict.kind !== 'approved')
      .map(({ finding }) => incidentKeyOf(finding.rule, finding.version)),
    ...(record.unwritable === undefined ? [] : [incidentKeyOf(keyUnwritable.id, undefined)]),
  ];
  // While something settles nobody can say that it is good again.
  if (record.recovering !== undefined || decision.judgements.some(({ verdict }) => verdict.kind === 'settling')) return;
  for (const booked of await readIncidents(ports, id)) {
    const { kind, subject } = booked.incident;
    if (kind === keyContested.id && contested === undefined && isCalm(record, ports.now()))
      await resolveIncident(booked, 'good again', false, ports);
    if (!ENDING.has(kind) || stillBad.includes(incidentKeyOf(kind, subject.version))) continue;
    const end = endOf(booked.incident, decision);
    if (end !== undefined) await resolveIncident(booked, end.judgement, end.restored, ports);
  }
}

/** Opens the incidents that news alone makes. */
export async function tellOfNews(heard: readonly HeardIncident[], ports: Ports): Promise<void> {
  for (const { draft, id: heardId } of heard) await openNews(draft, ports, heardId);
}

const isDone = ({ incident }: Booked): boolean =>
  incident.state === 'resolved' && incident.toldRevision >= incident.revision;
const incidentKeyOf = (kind: string, version: string | undefined): string => `${kind} ${version ?? ''}`;

async function nameActors(standing: readonly Booked[], record: KeyRecord, ports: Ports): Promise<void> {
  for (const booked of standing) {
    const { kind, subject, since, previous, who, state } = booked.incident;
    // Who contests it now is not who did in a contest that is over.
    if (!(ENDING.has(kind) || (kind === keyContested.id && state === 'open'))) continue;
    const by = namedFor(kind, { version: subject.version, since, previous }, record);
    // Records come in any order: one that is nearer names another than the first that came.
    if (by !== undefined && by.oid !== who?.oid) await nameActor(booked, by, ports);
  }
}
