import type { Actor } from '../domain/audit-record.ts';
import type { Decision, Judgement, UndoneFinding, Verdict } from '../domain/decision.ts';
import type { Incident } from '../domain/incident.ts';
import type { KeyId } from '../domain/key.ts';
import { spell } from '../domain/key.ts';
import type { KeyRecord } from '../domain/register.ts';
import { later, MINUTE_MS } from '../domain/time.ts';
import { type Booked, nameActor, openIncident, readIncidents, resolveIncident } from '../incidents/book.ts';
import { DISKS_FAIL_AFTER_MINUTES, type IncidentDraft } from '../incidents/draft.ts';
import { keyContested } from '../incidents/kinds/key-contested.ts';
import { keyUnwritable } from '../incidents/kinds/key-unwritable.ts';
import { kinds } from '../incidents/kinds/registry.ts';
import type { Ports } from '../ports.ts';
import { actOf } from './actors.ts';
import { contestedIncident, contester, isCalm } from './contested.ts';
import { spellVerdict } from './entries.ts';
import type { HeardIncident } from './heard.ts';
import { rules } from './rules/registry.ts';
import { versionExpired } from './rules/version-expired.ts';

/** A passing failure is told once it has lasted this long, in ms. */
export const TOLD_AFTER_MS = 2 * MINUTE_MS;

/** Incidents that end with the look that does not come to them any more: those of the rules, and what kept from looking. */
const ENDING: ReadonlySet<string> = new Set([
  ...rules.map(({ id }) => id),
  ...kinds.flatMap(({ id, ends }) => (ends.kind === 'with-a-look' ? [id] : [])),
]);

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
    ...undone.map((finding) => draftOf(id, finding, UNDOING, record)),
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
  { kind, subject, undoing }: Incident,
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
  return undoing === true ? { judgement: 'undone', restored: true } : { judgement: 'good again', restored: false };
}

const isDone = ({ incident }: Booked): boolean =>
  incident.state === 'resolved' && incident.toldRevision >= incident.revision;
const incidentKeyOf = (kind: string, version: string | undefined): string => `${kind} ${version ?? ''}`;

async function nameActors(standing: readonly Booked[], record: KeyRecord, ports: Ports): Promise<void> {
  for (const booked of standing) {
    const { kind, subject, since, who } = booked.incident;
    if (!(ENDING.has(kind) || kind === keyContested.id)) continue;
    const by = doerOf(kind, { version: subject.version, since }, record);
    // Records come in any order: one that is nearer names another than the first that came.
    if (by !== undefined && by.oid !== who?.oid) await nameActor(booked, by, ports);
  }
}

/** Who did what an incident tells of, where the audit log has told. */
function doerOf(
  kind: string,
  { version, since }: { readonly version: string | undefined; readonly since: Date },
  record: KeyRecord,
): Actor | undefined {
  if (kind === keyContested.id) return contester(record);
  const rule = rules.find(({ id }) => id === kind);
  if (rule === undefined) return undefined;
  const differing = version === undefined ? undefined : record.versions[version]?.differing;
  const previous = Object.values(differing ?? {}).find((dated) => dated?.since.getTime() === since.getTime())?.previous;
  const found = { version, since, ...(previous === undefined ? {} : { previous }) };
  return actOf(rule.doneBy, found, record.acts)?.by;
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
      return [draftOf(id, finding, failure === undefined ? UNDOING : notDoneYet(failure), record)];
    case 'withheld':
      // A recovery that was begun is being undone; it only has not shown yet.
      return [draftOf(id, finding, verdict.because === 'recovering' ? UNDOING : withheld(verdict), record)];
    case 'told':
      return [draftOf(id, finding, { judgement: spellVerdict(verdict), undoing: false, mend: 'accept' }, record)];
    default:
      return verdict satisfies never;
  }
}

/** How it stands with what was found: in words, whether the guardian is undoing it, and what a person could do. */
interface Standing {
  readonly judgement: string;
  readonly undoing: boolean;
  readonly mend: 'restore' | 'accept' | 'nothing';
}

const UNDOING: Standing = { judgement: 'undoing', undoing: true, mend: 'nothing' };
const notDoneYet = (failure: string): Standing => ({
  judgement: `undoing, not done yet: ${failure}`,
  undoing: true,
  mend: 'restore',
});
const withheld = (verdict: Verdict): Standing => ({
  judgement: spellVerdict(verdict),
  undoing: false,
  mend: 'restore',
});

function draftOf(
  id: KeyId,
  finding: UndoneFinding,
  { judgement, undoing, mend }: Standing,
  record: KeyRecord,
): IncidentDraft {
  const command = commandFor(id, finding, mend);
  const by = doerOf(finding.rule, { version: finding.version, since: finding.since }, record);
  return {
    kind: finding.rule,
    severity: finding.severity,
    subject: { ...id, ...(finding.version === undefined ? {} : { version: finding.version }) },
    since: finding.since,
    summary: finding.summary,
    judgement,
    undoing,
    ...(finding.stopsDisks ? { deadline: later(finding.since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) } : {}),
    ...(by === undefined ? {} : { who: by }),
    ...(command === undefined ? {} : { command }),
  };
}

/** What is only told of a version can be taken for what is approved; accepting an expiry that has passed would mend nothing. */
function commandFor(id: KeyId, { rule, version }: UndoneFinding, mend: Standing['mend']): string | undefined {
  switch (mend) {
    case 'restore':
      return `key-guardian restore ${spell(id)}`;
    case 'accept':
      return version === undefined || rule === versionExpired.id
        ? undefined
        : `key-guardian baseline accept ${id.vault} --as-shown ${id.key}/${version}`;
    case 'nothing':
      return undefined;
    default:
      return mend satisfies never;
  }
}

/** That what is to be undone has been refused for two minutes: told once, with the reason of the last time. */
function unwritableDrafts(id: KeyId, { unwritable }: KeyRecord, now: Date): readonly IncidentDraft[] {
  if (unwritable === undefined || now.getTime() - unwritable.since.getTime() < TOLD_AFTER_MS) return [];
  return [keyUnwritable.draft(id, unwritable.since, unwritable.because)];
}
