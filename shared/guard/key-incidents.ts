import type { Actor } from '../domain/audit-record.ts';
import type { Decision, Judgement, UndoneFinding } from '../domain/decision.ts';
import type { Incident } from '../domain/incident.ts';
import type { KeyId } from '../domain/key.ts';
import { spell } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { later, MINUTE_MS } from '../domain/time.ts';
import { type Booked, nameActor, openIncident, readIncidents, resolveIncident } from '../incidents/book.ts';
import { DISKS_FAIL_AFTER_MINUTES, type IncidentDraft } from '../incidents/draft.ts';
import { keyContested } from '../incidents/kinds/key-contested.ts';
import { keyUnreadable } from '../incidents/kinds/key-unreadable.ts';
import { keyUnwritable } from '../incidents/kinds/key-unwritable.ts';
import { registerUnreadable } from '../incidents/kinds/register-unreadable.ts';
import type { Ports } from '../ports.ts';
import { actOf, actorOf } from './actors.ts';
import { contestedIncident, contester, isCalm } from './contested.ts';
import { spellVerdict } from './entries.ts';
import type { HeardIncident } from './heard.ts';
import { rules } from './rules/registry.ts';

/** A passing failure is told once it has lasted this long, in ms. */
export const TOLD_AFTER_MS = 2 * MINUTE_MS;

/** Incidents that end when the state is good again: those of the rules, and that the key cannot be read or written. */
const ENDING = new Set([...rules.map((rule) => rule.id), keyUnreadable.id, keyUnwritable.id, registerUnreadable.id]);

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
    ...unwritableDrafts(id, record, ports.now()),
  ];
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
  for (const { draft, id: heardId } of heard) await openIncident(draft, ports, heardId);
}

/** How an incident ends that is not found any more; `undefined` where nobody can say, since its version cannot be seen. */
function endOf(
  { kind, subject, judgement }: Incident,
  { judgements }: Decision,
): { readonly judgement: string; readonly restored: boolean } | undefined {
  const approved = judgements.find(
    ({ finding, verdict }) =>
      verdict.kind === 'approved' &&
      (finding.version === undefined || (finding.rule === kind && finding.version === subject.version)),
  );
  if (approved !== undefined) return { judgement: spellVerdict(approved.verdict), restored: false };
  // A deleted key that was purged since has not become good: its bad state has become another one.
  const whole = judgements.find(({ finding }) => finding.version === undefined);
  if (whole !== undefined)
    return subject.version === undefined ? { judgement: `now ${whole.finding.rule}`, restored: false } : undefined;
  return judgement.startsWith('undoing')
    ? { judgement: 'undone', restored: true }
    : { judgement: 'good again', restored: false };
}

const isDone = ({ incident }: Booked): boolean =>
  incident.state === 'resolved' && incident.toldRevision >= incident.revision;
const incidentKeyOf = (kind: string, version: string | undefined): string => `${kind} ${version ?? ''}`;

async function nameActors(standing: readonly Booked[], record: KeyRecord, ports: Ports): Promise<void> {
  for (const booked of standing) {
    const { kind, subject, since, who } = booked.incident;
    if (who !== undefined || !(ENDING.has(kind) || kind === keyContested.id)) continue;
    const by = doerOf(kind, { version: subject.version, since }, record);
    if (by !== undefined) await nameActor(booked, by, ports);
  }
}

/** Operations that make a version. */
const MAKING = ['KeyCreate', 'KeyImport', 'KeyRestore', 'KeyRotate', 'KeyRotateIfDue'];

/** Who did what a rule found, where the audit log has told. */
function doerOf(
  rule: string,
  found: { readonly version: string | undefined; readonly since: Date },
  record: KeyRecord,
): Actor | undefined {
  switch (rule) {
    case 'key-purged':
      return record.purged?.by;
    case keyContested.id:
      return contester(record);
    case 'key-recreated':
    case 'version-born-weak':
      return actOf(MAKING, found, record.acts)?.by;
    default:
      return actorOf({ ...found, act: rule === 'key-deleted' ? 'delete' : 'disable' }, record.acts)?.by;
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
  const by = doerOf(finding.rule, { version: finding.version, since: finding.since }, record);
  const mendable = judgement.startsWith('withheld') || judgement.startsWith('undoing, not');
  return {
    kind: finding.rule,
    severity: finding.severity,
    subject: { ...id, ...(finding.version === undefined ? {} : { version: finding.version }) },
    since: finding.since,
    summary: finding.summary,
    judgement,
    ...(finding.stopsDisks ? { deadline: later(finding.since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) } : {}),
    ...(by === undefined ? {} : { who: by }),
    ...(mendable ? { command: `key-guardian restore ${spell(id)}` } : {}),
  };
}

/** That what is to be undone has been refused for two minutes: told once, with the reason of the last time. */
function unwritableDrafts(id: KeyId, { unwritable }: KeyRecord, now: Date): readonly IncidentDraft[] {
  if (unwritable === undefined || now.getTime() - unwritable.since.getTime() < TOLD_AFTER_MS) return [];
  return [keyUnwritable.draft(id, unwritable.since, unwritable.because)];
}
