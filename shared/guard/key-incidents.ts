import type { Decision, Judgement, UndoneFinding } from '../domain/decision.ts';
import type { KeyId } from '../domain/key.ts';
import { spell } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { later, MINUTE_MS } from '../domain/time.ts';
import { type Booked, nameActor, openIncident, readIncidents, resolveIncident } from '../incidents/book.ts';
import { DISKS_FAIL_AFTER_MINUTES, hourOf, type IncidentDraft, incidentId } from '../incidents/draft.ts';
import type { Ports } from '../ports.ts';
import { actorOf } from './decide.ts';
import { spellVerdict } from './entries.ts';
import type { HeardIncident } from './heard.ts';
import { rules } from './rules/registry.ts';

/** Incidents that end when the state is good again: those of the rules, and that the key cannot be read. */
const ENDING = new Set([...rules.map((rule) => rule.id), 'key-unreadable']);

/** What people are told of a key after a look. */
export interface Telling {
  /** What was undone in this look, or by a worker before us. */
  readonly undone: readonly UndoneFinding[];
  /** How the look ended. */
  readonly decision: Decision;
  /** What went wrong while undoing. */
  readonly failure: string | undefined;
  readonly heard: readonly HeardIncident[];
  readonly record: KeyRecord;
}

/** Opens what was found, names who did it, and resolves what is good again. */
export async function tellOfKey(id: KeyId, standing: readonly Booked[], telling: Telling, ports: Ports): Promise<void> {
  const { undone, decision, failure, heard, record } = telling;
  const drafts = [
    ...undone.map((finding) => draftOf(id, finding, 'undoing', record)),
    ...decision.judgements.flatMap((judgement) => draftOfJudgement(id, judgement, failure, record)),
  ];
  const contested = contestedDraft(id, telling, ports.now());
  if (drafts.length === 0 && heard.length === 0 && contested === undefined && standing.every(isDone))
    return nameActors(standing, record, ports);
  for (const draft of drafts) await openIncident(draft, await readIncidents(ports, id), ports);
  for (const { draft, id: heardId } of heard) await openIncident(draft, await readIncidents(ports, id), ports, heardId);
  if (contested !== undefined) await openIncident(contested, await readIncidents(ports, id), ports);
  const after = await readIncidents(ports, id);
  await nameActors(after, record, ports);
  const stillBad = decision.judgements
    .filter(({ verdict }) => verdict.kind !== 'approved')
    .map(({ finding }) => incidentKeyOf(finding.rule, finding.version));
  // While something settles nobody can say that it is good again.
  if (record.recovering !== undefined || decision.judgements.some(({ verdict }) => verdict.kind === 'settling')) return;
  for (const booked of await readIncidents(ports, id)) {
    const { kind, subject } = booked.incident;
    if (!ENDING.has(kind) || stillBad.includes(incidentKeyOf(kind, subject.version))) continue;
    const approved = decision.judgements.find(
      ({ finding, verdict }) => verdict.kind === 'approved' && finding.rule === kind,
    );
    const ours = booked.incident.judgement === 'undoing' || booked.incident.judgement.startsWith('undoing');
    await resolveIncident(
      booked,
      approved !== undefined ? spellVerdict(approved.verdict) : ours ? 'undone' : 'good again',
      ours,
      ports,
    );
  }
}

const isDone = ({ incident }: Booked): boolean =>
  incident.state === 'resolved' && incident.toldRevision >= incident.revision;
const incidentKeyOf = (kind: string, version: string | undefined): string => `${kind} ${version ?? ''}`;

async function nameActors(standing: readonly Booked[], record: KeyRecord, ports: Ports): Promise<void> {
  for (const booked of standing) {
    const { kind, subject, since, who } = booked.incident;
    if (who !== undefined || !ENDING.has(kind)) continue;
    const act = actorOf(
      { version: subject.version, since, act: kind === 'key-deleted' ? 'delete' : 'disable' },
      record.acts,
    );
    if (act !== undefined) await nameActor(booked, act.by, ports);
  }
}

function draftOfJudgement(
  id: KeyId,
  { finding, verdict }: Judgement,
  failure: string | undefined,
  record: KeyRecord,
): readonly IncidentDraft[] {
  switch (verdict.kind) {
    case 'approved':
    case 'settling':
      return [];
    case 'undo':
      return [draftOf(id, finding, failure === undefined ? 'undoing' : `undoing, not done yet: ${failure}`, record)];
    case 'withheld':
      // A recovery that was begun is being undone; it only has not shown yet.
      return [draftOf(id, finding, verdict.because === 'recovering' ? 'undoing' : spellVerdict(verdict), record)];
    case 'told':
      return [draftOf(id, finding, spellVerdict(verdict), record)];
    default:
      return verdict satisfies never;
  }
}

function draftOf(id: KeyId, finding: UndoneFinding, judgement: string, record: KeyRecord): IncidentDraft {
  const act = actorOf(
    { version: finding.version, since: finding.since, act: finding.rule === 'key-deleted' ? 'delete' : 'disable' },
    record.acts,
  );
  const mendable = judgement.startsWith('withheld') || judgement.startsWith('undoing, not');
  return {
    kind: finding.rule,
    severity: finding.severity,
    subject: { ...id, ...(finding.version === undefined ? {} : { version: finding.version }) },
    since: finding.since,
    summary: finding.summary,
    judgement,
    ...(finding.stopsDisks ? { deadline: later(finding.since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) } : {}),
    ...(act === undefined ? {} : { who: act.by }),
    ...(mendable ? { command: `key-guardian restore ${spell(id)}` } : {}),
  };
}

/** The third act undone within an hour pages on-call, and each hour again, with the name of who does it. */
function contestedDraft(id: KeyId, { decision, record }: Telling, now: Date): IncidentDraft | undefined {
  if (!decision.contested) return undefined;
  const who = record.acts.findLast((act) => act.operation === 'KeyDelete' || act.operation === 'KeyUpdate')?.by;
  return {
    kind: 'key-contested',
    severity: 'critical',
    subject: id,
    since: hourOf(now),
    summary: `Key ${spell(id)} is made unusable again and again: it is restored at most once a minute until a person sets a hold.`,
    judgement: 'left to people',
    ...(who === undefined ? {} : { who }),
    command: `key-guardian hold set ${spell(id)} --why "…"`,
  };
}

/** That a key could not be read for two minutes: told once, with the kind of refusal. */
export function unreadableDraft(
  id: KeyId,
  since: Date,
  because: string,
): { readonly draft: IncidentDraft; readonly id: string } {
  const draft: IncidentDraft = {
    kind: 'key-unreadable',
    severity: 'error',
    subject: id,
    since,
    summary: `Key ${spell(id)} cannot be read: ${because}. This does not mean that it is gone.`,
    judgement: 'trying again',
  };
  return { draft, id: incidentId(draft) };
}
