import { type Judgement, spellVerdict, type UndoneFinding } from '../../domain/decision.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Hanging } from '../../domain/hanging.ts';
import { type Incident, LEFT_TO_PEOPLE, type Severity, severities, UNDOING } from '../../domain/incident.ts';
import { spell } from '../../domain/key.ts';
import type { KeyRecord } from '../../domain/register.ts';
import { type KeySubject, versionIn } from '../../domain/subject.ts';
import { agoMs, MINUTE_MS } from '../../domain/time.ts';
import { byDeadline, deadlineWith, disksFailAt, type IncidentDraft } from '../../incidents/draft.ts';
import { approvedActByOther } from '../../incidents/kinds/approved-act-by-other.ts';
import { keyFlapping } from '../../incidents/kinds/key-flapping.ts';
import { kinds } from '../../incidents/kinds/registry.ts';
import { undoRefused } from '../../incidents/kinds/undo-refused.ts';
import {
  nameActor,
  openForAct,
  openIncident,
  readIncidents,
  resolveIncident,
  type StoredIncident,
} from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { Result } from '../guarded.ts';
import { subjectOfFinding } from '../records.ts';
import { actorOf, type Named, namedByRule } from './actors.ts';
import type { ActIncident } from './audit-events.ts';
import { flappingSince, isFlapping, isHolding, namedFlapper } from './flapping.ts';
import { rules } from './rules/registry.ts';

/** A passing failure is alerted once it has lasted this long, in ms. */
export const ALERTED_AFTER_MS = 2 * MINUTE_MS;

/** What an inspection found, and what came of it. */
export interface Found extends Result {
  readonly subject: KeySubject;
  readonly record: KeyRecord;
  readonly actIncidents: readonly ActIncident[];
  /** What hangs on a version; on the key as a whole where none is named. */
  readonly hanging: (version: string | undefined) => Hanging;
  /** Who undid it, in words, where that was a person. */
  readonly by: string | undefined;
}

/**
 * Opens what was found, names who did it, and resolves what is good again. Returns whether the key still counts as flapping
 * for people: then it is inspected until it has held for ten minutes.
 */
export async function alertOf(found: Found, standing: readonly StoredIncident[], ports: Ports): Promise<boolean> {
  const drafts = incidentsOf(found, ports.now());
  const acts = found.actIncidents.map(({ draft, id }) => ({ draft: withHanging(draft, found), id }));
  const isQuiet = drafts.length === 0 && acts.length === 0;
  if (isQuiet && standing.every(({ value }) => value.state === 'resolved')) {
    await nameActors(standing, found, ports);
    return false;
  }
  for (const draft of drafts) await openIncident(draft, ports);
  await openActIncidents(acts, ports);
  await nameActors((await readIncidents(ports, found.subject)).stored, found, ports);
  let isStillFlapping = false;
  for (const stored of (await readIncidents(ports, found.subject)).stored) {
    const end = endOf(stored.value, found, ports.now());
    if (end !== undefined) await resolveIncident(stored, end.judgement, end.restored, ports);
    else if (stored.value.kind === keyFlapping.id && stored.value.state === 'open') isStillFlapping = true;
  }
  return isStillFlapping;
}

/**
 * Where something stops working: what hangs on the subject, and by when it fails. Where nothing is known to hang on it, the
 * incident is one step less severe. Without a deadline where it is known that neither a disk nor a database does.
 */
function withHanging(draft: IncidentDraft, { hanging }: Pick<Found, 'hanging'>): IncidentDraft {
  if (draft.deadline === undefined) return draft;
  const hangs = hanging(versionIn(draft.subject));
  const severity = hangs.kind === 'nothing' ? lowered(draft.severity) : draft.severity;
  return { ...draft, hangs, severity, deadline: deadlineWith(hangs, draft.deadline) };
}

const lowered = (severity: Severity): Severity => severities[severities.indexOf(severity) - 1] ?? severity;

/** Opens the incidents that audit events alone make. */
export async function openActIncidents(incidents: readonly ActIncident[], ports: Ports): Promise<void> {
  for (const { draft, id } of incidents) await openForAct(draft, ports, id);
}

/** Every incident that an inspection leads to, with what hangs on its subject. While a key flaps, one reports all that is undone. */
export const incidentsOf = (found: Omit<Found, 'actIncidents'>, now: Date): readonly IncidentDraft[] => {
  const drafts = draftsOf(found, now).map((draft) => withHanging(draft, found));
  return [...drafts, ...undoRefusedDraft(found, drafts, now)];
};

function draftsOf(found: Omit<Found, 'actIncidents'>, now: Date): readonly IncidentDraft[] {
  const { subject, decision, ended, record } = found;
  // Findings of one rule on one version are one incident.
  const placeOf = ({ rule, version = '' }: UndoneFinding): string => `${rule} ${version}`;
  const byPlace = Map.groupBy(decision.judgements, ({ finding }) => placeOf(finding));
  const judged = [...byPlace.values()].flatMap((judgements): readonly IncidentDraft[] => {
    const alerted = judgements.flatMap((judgement) => {
      const said = saidOf(judgement, found);
      return said === undefined ? [] : [{ finding: judgement.finding, said }];
    });
    const [first] = alerted;
    if (first === undefined) return [];
    // What people read is said of the finding that they have to settle.
    const { said: settled } = alerted.find((one) => !one.said.undoing) ?? first;
    const said = {
      ...settled,
      commands: commandsOf(
        alerted.map((one) => one.said),
        settled,
      ),
    };
    const summary = alerted.map(({ finding }) => finding.summary).join(' ');
    const stopsDisks = alerted.some(({ finding }) => finding.stopsDisks);
    return [draftOf(subject, { ...first.finding, summary, stopsDisks }, said, record, now)];
  });
  const undone = ended
    .flatMap(({ intent, isTaken }) => (isTaken && intent.by === undefined ? intent.findings : []))
    .filter((finding) => !byPlace.has(placeOf(finding)))
    .map((finding) => draftOf(subject, finding, undoing(subject, finding), record, now));
  const drafts = [...judged, ...undone];
  const isUndoing = drafts.some(({ undoing }) => undoing === true);
  const since = isUndoing && isFlapping(record, now) ? flappingSince(record, now) : undefined;
  if (since === undefined) return drafts;
  const others = drafts.filter(({ undoing }) => undoing !== true);
  const flapping = keyFlapping.draft(subject, since, actorOf(namedFlapper(record)));
  // Where only dates to come are set again and again, nothing has stopped.
  const [nearest] = drafts.filter(({ undoing }) => undoing === true).toSorted(byDeadline);
  const isToCome = drafts.every(({ undoing, stopsOn }) => undoing !== true || stopsOn !== undefined);
  return [isToCome ? { ...flapping, deadline: nearest?.deadline, stopsOn: nearest?.stopsOn } : flapping, ...others];
}

/** The commands for all that people have to settle of one version: first what takes each part back, then what accepts all of it. */
const commandsOf = (all: readonly Said[], settled: Said): string[] => {
  const alike = all.filter(({ judgement }) => judgement === settled.judgement).flatMap(({ commands }) => commands);
  const isOurs = (command: string): boolean => command.startsWith('key-guardian ');
  return settled.judgement === LEFT_TO_PEOPLE
    ? [...new Set([...alike.filter((one) => !isOurs(one)), ...alike.filter(isOurs)])]
    : settled.commands;
};

/** What people read of a finding: what is done about it or why not, whether the guardian is undoing it, and the commands they need. */
type Said = Required<Pick<IncidentDraft, 'judgement' | 'undoing' | 'commands'>>;

const undoing = (id: KeySubject, finding: UndoneFinding): Said => ({
  judgement: UNDOING,
  undoing: true,
  commands: meantCommands(id, finding),
});

/** `undefined` where people are not alerted of it. */
function saidOf(
  { finding, verdict }: Judgement,
  { subject, failure, by }: Omit<Found, 'actIncidents'>,
): Said | undefined {
  const restore = `key-guardian restore ${spell(subject)}`;
  const meant = meantCommands(subject, finding);
  switch (verdict.kind) {
    case 'approved':
    case 'settling':
    case 'keep-schedule':
      return undefined;
    case 'undo':
      if (by !== undefined) {
        const judgement = failure === undefined ? `being restored by ${by}` : `not restored by ${by}: ${failure}`;
        return { judgement, undoing: false, commands: [restore] };
      }
      return failure === undefined
        ? undoing(subject, finding)
        : { judgement: `undoing, not done yet: ${failure}`, undoing: true, commands: [restore, ...meant] };
    case 'withheld': {
      // A recovery that was begun is being undone; it only has not shown yet.
      if (verdict.because === 'recovering') return undoing(subject, finding);
      const commands =
        verdict.because === 'under-hold'
          ? [...['--undo', '--accept'].map((as) => `key-guardian hold release ${finding.hold} ${as}`), restore]
          : [restore, ...meant];
      return { judgement: spellVerdict(verdict), undoing: false, commands };
    }
    case 'left-to-people':
      return { judgement: spellVerdict(verdict), undoing: false, commands: [...(finding.commands ?? [])] };
    default:
      return verdict satisfies never;
  }
}

/** How a person says that an act was meant: they ask for what another person grants. None where no approval can allow it. */
const meantCommands = (id: KeySubject, { act, version }: UndoneFinding): string[] =>
  act === undefined
    ? []
    : [
        `key-guardian approve ask ${spell({ ...id, version })} --act ${act} --why "…"  # if this was meant: another person grants it`,
      ];

function draftOf(
  subject: KeySubject,
  finding: UndoneFinding & Pick<Finding, 'by' | 'abandons' | 'mayFail'>,
  said: Said,
  record: KeyRecord,
  now: Date,
): IncidentDraft {
  const { rule, severity, since, otherwiseAt, summary, stopsDisks, abandons } = finding;
  // A date that was in the past when it was set stopped them with that act.
  const date = finding.stopsOn !== undefined && finding.stopsOn > since ? finding.stopsOn : undefined;
  const stoppedFrom = date ?? (stopsDisks ? since : undefined);
  return {
    kind: rule,
    severity,
    audience: 'on-call',
    ends: 'with-an-inspection',
    subject: subjectOfFinding(subject, finding),
    since,
    otherwiseAt,
    summary,
    ...said,
    stopsOn: date !== undefined && date > now ? date : undefined,
    mayFail: finding.mayFail,
    deadline: stoppedFrom && disksFailAt(stoppedFrom),
    who: finding.by ?? actorOf(namedByRule(rule, finding, record)),
    abandons,
  };
}

/** That what is to be undone has been refused for two minutes: alerted once, with the reason of the last time and the nearest deadline of what is not undone. */
function undoRefusedDraft(
  { subject, record, by }: Pick<Found, 'subject' | 'record' | 'by'>,
  drafts: readonly IncidentDraft[],
  now: Date,
): readonly IncidentDraft[] {
  const { undoRefused: refused } = record.inFlight;
  // While a person restores it, nothing new is known of it.
  if (refused === undefined || by !== undefined || agoMs(refused.since, now) < ALERTED_AFTER_MS) return [];
  const draft = undoRefused.draft(subject, refused.since, refused.because);
  const [first] = drafts.filter(({ undoing }) => undoing).toSorted(byDeadline);
  return [{ ...draft, deadline: first?.deadline, stopsOn: first?.stopsOn, hangs: first?.hangs }];
}

interface End {
  readonly judgement: string;
  readonly restored: boolean;
}

/** How an open incident ends; `undefined` where it goes on, and where nobody can say, since its version is not observed. */
function endOf(incident: Incident, { decision: { judgements }, record, by }: Found, now: Date): End | undefined {
  const { kind, ends, subject, undoing, state } = incident;
  if (state === 'resolved') return undefined;
  const version = versionIn(subject);
  const byPerson = by === undefined ? undefined : { judgement: `restored by ${by}`, restored: true };
  if (kind === approvedActByOther.id) return isTakenBack(version, record) ? byPerson : undefined;
  // While something settles nobody can say that it is good again.
  const isSettling = judgements.some(({ verdict }) => verdict.kind === 'settling');
  if (isSettling || record.inFlight.recovering !== undefined) return undefined;
  if (kind === keyFlapping.id)
    return isHolding(record, now) && judgements.every(leavesUsable)
      ? { judgement: 'holding for ten minutes', restored: true }
      : undefined;
  // What another version of the guardian found, this one does not look for: it cannot say that it is good again.
  if (ends !== 'with-an-inspection' || !isKnown(kind)) return undefined;
  const isOfIt = ({ finding }: Judgement): boolean => finding.rule === kind && finding.version === version;
  if (judgements.some((one) => one.verdict.kind !== 'approved' && isOfIt(one))) {
    // While a key flaps, its own incident reports what is being undone.
    const isStillToUndo = judgements.some(({ verdict }) => verdict.kind === 'undo');
    const isFolded = undoing === true && isStillToUndo && isFlapping(record, now);
    return isFolded ? { judgement: 'now key-flapping', restored: false } : undefined;
  }
  if (kind === undoRefused.id && record.inFlight.undoRefused !== undefined) return undefined;
  if (!isOfRule(kind)) return { judgement: 'good again', restored: false };
  const approved = judgements.find(
    (one) => one.verdict.kind === 'approved' && (one.finding.version === undefined || isOfIt(one)),
  );
  if (approved !== undefined) return { judgement: spellVerdict(approved.verdict), restored: false };
  // A deleted key that was purged since has not become good: its bad state has become another one.
  const whole = judgements.find(({ finding }) => finding.version === undefined);
  if (whole !== undefined)
    return version === undefined ? { judgement: `now ${whole.finding.rule}`, restored: false } : undefined;
  if (byPerson !== undefined) return byPerson;
  return undoing === true ? { judgement: 'undone', restored: true } : { judgement: 'good again', restored: false };
}

/** Whether a person took back what somebody else did of what was approved. */
const isTakenBack = (version: string | undefined, { approved: { versions, standing } }: KeyRecord): boolean =>
  version === undefined ? standing.kind !== 'deletion-approved' : versions[version]?.consumed.length === 0;

const isOfRule = (kind: string): boolean => rules.some(({ id }) => id === kind);

const isKnown = (kind: string): boolean => isOfRule(kind) || kinds.some(({ id }) => id === kind);

/** Whether a key is usable for all that this says of it: what is withheld is no less bad for not being undone. */
const leavesUsable = ({ finding, verdict }: Judgement): boolean =>
  verdict.kind === 'approved' || (verdict.kind === 'left-to-people' && !finding.stopsDisks);

/** Records come in any order: one that is nearer names another than the first that came, and that several may have done it names nobody. */
async function nameActors(standing: readonly StoredIncident[], found: Found, ports: Ports): Promise<void> {
  for (const stored of standing) {
    const named = namedIn(stored.value, found);
    if (named !== undefined) await nameActor(stored, actorOf(named), ports);
  }
}

function namedIn({ kind, subject, since, otherwiseAt, state }: Incident, { decision, record }: Found): Named {
  const version = versionIn(subject);
  // Who makes it flap now is not who did before it held.
  if (kind === keyFlapping.id) return state === 'open' ? namedFlapper(record) : undefined;
  const said = decision.judgements.find(({ finding }) => finding.rule === kind && finding.version === version)?.finding;
  if (state === 'open' && said?.by !== undefined) return said.by;
  return namedByRule(kind, { version, since, otherwiseAt }, record);
}
