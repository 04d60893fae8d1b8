import type { Decision, Ended, Judgement, UndoneFinding, Verdict } from '../../domain/decision.ts';
import { spellVerdict } from '../../domain/decision.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Incident } from '../../domain/incident.ts';
import { spell } from '../../domain/key.ts';
import type { KeyRecord } from '../../domain/register.ts';
import { type KeySubject, versionIn } from '../../domain/subject.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { DISKS_FAIL_AFTER_MINUTES, type IncidentDraft } from '../../incidents/draft.ts';
import { keyFlapping } from '../../incidents/kinds/key-flapping.ts';
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
import { subjectOfFinding } from '../records.ts';
import { actorFor, type Named, namedByRule } from './actors.ts';
import type { ActIncident } from './audit-events.ts';
import { flapper, flappingSince, isFlapping, isHolding, namedFlapper } from './flapping.ts';
import { rules } from './rules/registry.ts';

/** A passing failure is alerted once it has lasted this long, in ms. */
export const ALERTED_AFTER_MS = 2 * MINUTE_MS;

/** What an inspection found, and what came of it. */
export interface Found {
  readonly subject: KeySubject;
  readonly decision: Decision;
  /** What came of the intents of this inspection, and of those that a worker before had left open. */
  readonly ended: readonly Ended[];
  /** What went wrong while undoing; `undefined` where nothing did. */
  readonly failure: string | undefined;
  readonly record: KeyRecord;
  readonly actIncidents: readonly ActIncident[];
  /** Who undid it, in words, where that was a person. */
  readonly by: string | undefined;
}

/**
 * Opens what was found, names who did it, and resolves what is good again. Returns whether the key still counts as flapping
 * for people: then it is inspected until it has held for ten minutes.
 */
export async function alertOf(found: Found, standing: readonly StoredIncident[], ports: Ports): Promise<boolean> {
  const { subject, decision, record } = found;
  const drafts = draftsOf(found, ports.now());
  if (
    drafts.length === 0 &&
    found.actIncidents.length === 0 &&
    standing.every(({ value }) => value.state === 'resolved')
  ) {
    await nameActors(standing, found, ports);
    return false;
  }
  for (const draft of drafts) await openIncident(draft, ports);
  await openActIncidents(found.actIncidents, ports);
  await nameActors((await readIncidents(ports, subject)).stored, found, ports);
  // While something settles nobody can say that it is good again.
  const isSettling = decision.judgements.some(({ verdict }) => verdict.kind === 'settling');
  const isComing = record.inFlight.recovering !== undefined || isSettling;
  let isStillFlapping = false;
  for (const stored of (await readIncidents(ports, subject)).stored) {
    const { kind, state } = stored.value;
    const end = isComing ? undefined : endOf(stored.value, found, ports.now());
    if (end !== undefined) await resolveIncident(stored, end.judgement, end.restored, ports);
    else if (kind === keyFlapping.id && state === 'open') isStillFlapping = true;
  }
  return isStillFlapping;
}

/** Opens the incidents that audit events alone make. */
export async function openActIncidents(incidents: readonly ActIncident[], ports: Ports): Promise<void> {
  for (const { draft, id } of incidents) await openForAct(draft, ports, id);
}

/** Every incident that an inspection leads to. While a key flaps, one tells of all that is undone. */
function draftsOf(found: Found, now: Date): readonly IncidentDraft[] {
  const { subject, decision, ended, failure, record } = found;
  const byPlace = Map.groupBy(decision.judgements, ({ finding }) => placeOf(finding.rule, finding.version));
  const judged = [...byPlace.values()].flatMap((judgements): readonly IncidentDraft[] => {
    const alerted = judgements.flatMap(({ finding, verdict }) => {
      const standing = standingOf(verdict, failure);
      return standing === undefined ? [] : [{ finding, standing }];
    });
    const [first] = alerted;
    const [gravest] = alerted.toSorted((one, other) => Number(one.standing.undoing) - Number(other.standing.undoing));
    if (first === undefined || gravest === undefined) return [];
    const summary = alerted.map(({ finding }) => finding.summary).join(' ');
    const stopsDisks = alerted.some(({ finding }) => finding.stopsDisks);
    // The commands are those of the finding that people have to settle.
    const { commands, hold } = gravest.finding;
    return [draftOf(subject, { ...first.finding, summary, stopsDisks, commands, hold }, gravest.standing, record)];
  });
  const undone = ended
    .flatMap(({ intent, isTaken }) => (isTaken ? intent.findings : []))
    .filter(({ rule, version }) => !byPlace.has(placeOf(rule, version)))
    .map((finding) => draftOf(subject, finding, UNDOING, record));
  const drafts = [...judged, ...undone];
  const refused = undoRefusedDraft(subject, record, now);
  const isUndoing = drafts.some(({ undoing }) => undoing === true);
  const since = isUndoing && isFlapping(record, now) ? flappingSince(record, now) : undefined;
  if (since === undefined) return [...drafts, ...refused];
  const others = drafts.filter(({ undoing }) => undoing !== true);
  return [keyFlapping.draft(subject, since, flapper(record)), ...others, ...refused];
}

/** Findings of one rule on one version are one incident. */
const placeOf = (rule: string, version: string | undefined): string => `${rule} ${version ?? ''}`;

/** How it stands with what was found: in words, whether the guardian is undoing it, and whose commands people need. */
interface Standing {
  readonly judgement: string;
  readonly undoing: boolean;
  readonly mend: 'restore' | 'settle' | 'as-the-rule-says' | 'nothing';
}

const UNDOING: Standing = { judgement: 'undoing', undoing: true, mend: 'nothing' };

function standingOf(verdict: Verdict, failure: string | undefined): Standing | undefined {
  switch (verdict.kind) {
    case 'approved':
    case 'settling':
      return undefined;
    case 'undo':
      return failure === undefined
        ? UNDOING
        : { judgement: `undoing, not done yet: ${failure}`, undoing: true, mend: 'restore' };
    case 'withheld':
      // A recovery that was begun is being undone; it only has not shown yet.
      return verdict.because === 'recovering'
        ? UNDOING
        : {
            judgement: spellVerdict(verdict),
            undoing: false,
            mend: verdict.because === 'under-hold' ? 'settle' : 'restore',
          };
    case 'left-to-people':
      return { judgement: spellVerdict(verdict), undoing: false, mend: 'as-the-rule-says' };
    default:
      return verdict satisfies never;
  }
}

function draftOf(
  subject: KeySubject,
  finding: UndoneFinding & Partial<Pick<Finding, 'by' | 'commands' | 'abandons' | 'hold'>>,
  { judgement, undoing, mend }: Standing,
  record: KeyRecord,
): IncidentDraft {
  const { rule, severity, version, since, otherwiseAt, summary, stopsDisks, abandons } = finding;
  const who = finding.by ?? actorFor(rule, { version, since, otherwiseAt }, record);
  return {
    kind: rule,
    severity,
    audience: 'on-call',
    ends: 'with-an-inspection',
    subject: subjectOfFinding(subject, { version }),
    since,
    ...(otherwiseAt === undefined ? {} : { otherwiseAt }),
    summary,
    judgement,
    undoing,
    commands: [...commandsFor(mend, subject, finding)],
    ...(stopsDisks ? { deadline: later(since, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) } : {}),
    ...(who === undefined ? {} : { who }),
    ...(abandons === undefined ? {} : { abandons }),
  };
}

function commandsFor(
  mend: Standing['mend'],
  subject: KeySubject,
  { commands = [], hold }: Partial<Pick<Finding, 'commands' | 'hold'>>,
): readonly string[] {
  const restore = `key-guardian restore ${spell(subject)}`;
  switch (mend) {
    case 'nothing':
      return [];
    case 'as-the-rule-says':
      return commands;
    case 'restore':
      return [restore];
    case 'settle':
      return [...['--undo', '--accept'].map((as) => `key-guardian hold release ${hold} ${as}`), restore];
    default:
      return mend satisfies never;
  }
}

/** That what is to be undone has been refused for two minutes: alerted once, with the reason of the last time. */
function undoRefusedDraft(subject: KeySubject, { inFlight }: KeyRecord, now: Date): readonly IncidentDraft[] {
  const { undoRefused: refused } = inFlight;
  if (refused === undefined || now.getTime() - refused.since.getTime() < ALERTED_AFTER_MS) return [];
  return [undoRefused.draft(subject, refused.since, refused.because)];
}

interface End {
  readonly judgement: string;
  readonly restored: boolean;
}

/** How an open incident ends; `undefined` where it goes on, and where nobody can say, since its version is not observed. */
function endOf(incident: Incident, { decision, record, by }: Found, now: Date): End | undefined {
  const { kind, ends, subject, undoing, state } = incident;
  if (state === 'resolved') return undefined;
  const { judgements } = decision;
  const isStillToUndo = judgements.some(({ verdict }) => verdict.kind === 'undo');
  if (kind === keyFlapping.id)
    return isHolding(record, now) && judgements.every(leavesUsable)
      ? { judgement: 'holding for ten minutes', restored: true }
      : undefined;
  if (ends !== 'with-an-inspection') return undefined;
  const version = versionIn(subject);
  const isFound = judgements.some(
    ({ finding, verdict }) => verdict.kind !== 'approved' && finding.rule === kind && finding.version === version,
  );
  if (isFound && !isFolded(incident, record, now, isStillToUndo)) return undefined;
  if (kind === undoRefused.id && record.inFlight.undoRefused !== undefined) return undefined;
  if (isFound) return { judgement: 'now key-flapping', restored: false };
  if (!rules.some(({ id }) => id === kind)) return { judgement: 'good again', restored: false };
  const approved = judgements.find(
    ({ finding, verdict }) =>
      verdict.kind === 'approved' &&
      (finding.version === undefined || (finding.rule === kind && finding.version === version)),
  );
  if (approved !== undefined) return { judgement: spellVerdict(approved.verdict), restored: false };
  // A deleted key that was purged since has not become good: its bad state has become another one.
  const whole = judgements.find(({ finding }) => finding.version === undefined);
  if (whole !== undefined)
    return version === undefined ? { judgement: `now ${whole.finding.rule}`, restored: false } : undefined;
  if (by !== undefined) return { judgement: `restored by ${by}`, restored: true };
  return undoing === true ? { judgement: 'undone', restored: true } : { judgement: 'good again', restored: false };
}

/** Whether a key is usable for all that this says of it: what is withheld is no less bad for not being undone. */
const leavesUsable = ({ finding, verdict }: Judgement): boolean =>
  verdict.kind === 'approved' || (verdict.kind === 'left-to-people' && !finding.stopsDisks);

/** Whether the incident of a flapping key tells of it now. */
const isFolded = ({ undoing }: Incident, record: KeyRecord, now: Date, isStillToUndo: boolean): boolean =>
  undoing === true && isStillToUndo && isFlapping(record, now);

/** Records come in any order: one that is nearer names another than the first that came, and that several may have done it names nobody. */
async function nameActors(standing: readonly StoredIncident[], found: Found, ports: Ports): Promise<void> {
  for (const stored of standing) {
    const named = namedIn(stored.value, found);
    if (named.kind !== 'nobody-yet') await nameActor(stored, named.kind === 'one' ? named.by : undefined, ports);
  }
}

function namedIn({ kind, subject, since, otherwiseAt, state }: Incident, { decision, record }: Found): Named {
  const version = versionIn(subject);
  // Who makes it flap now is not who did before it held.
  if (kind === keyFlapping.id) return state === 'open' ? namedFlapper(record) : { kind: 'nobody-yet' };
  const said = decision.judgements.find(({ finding }) => finding.rule === kind && finding.version === version)?.finding;
  if (state === 'open' && said?.by !== undefined) return { kind: 'one', by: said.by };
  const isOfRule = rules.some(({ id }) => id === kind);
  return isOfRule ? namedByRule(kind, { version, since, otherwiseAt }, record) : { kind: 'nobody-yet' };
}
