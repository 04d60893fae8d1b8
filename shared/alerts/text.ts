import type { Actor } from '../domain/audit-record.ts';
import { WITHHELD, type Withholding } from '../domain/decision.ts';
import { escaped, escapedAddress } from '../domain/escaped.ts';
import type { Hanging } from '../domain/hanging.ts';
import { type AlertContent, type Incident, isEscalated, LEFT_TO_PEOPLE } from '../domain/incident.ts';
import { resourceName } from '../domain/resource-manager.ts';
import { shellWord } from '../domain/shell-word.ts';
import { keyOf, spellSubject } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, utc } from '../domain/time.ts';

/** The one line that people read first, on a phone at night: which key, until when its disks work, what is done, what is wrong. */
export function firstLine({ event, incident }: AlertContent, now: Date): string {
  const over = event === 'resolved' || incident.state === 'resolved';
  return oneLine(
    [
      ...(event === 'changed' ? [isEscalated(incident) && !over ? 'nobody has acknowledged this' : 'update'] : []),
      over ? 'resolved' : incident.severity,
      whereOf(incident),
      [...timing(incident, now), ...(incident.restoredAt ? [] : [doneText(incident, now)]), ...worksOn(incident)].join(
        '; ',
      ),
      ...(over ? [`found at ${timeOf(incident.detectedAt)}`] : []),
      incident.summary,
    ].join(': '),
  );
}

/** The subject of an incident in the first line: for a version its key, and for a resource its name, since what is longer follows below. */
function whereOf({ subject }: Incident): string {
  if (subject.kind === 'disk-encryption-set') return escaped(resourceName(subject.id));
  return spellSubject(subject.kind === 'version' ? keyOf(subject) : subject);
}

/** Lines of an alert at most, the first one included: so many can be read on a phone. */
const MOST_LINES = 12;

/**
 * The lines below the first, eleven at most: what must not be done, what, where, who, when, what hangs on it, what was done,
 * what to do. At least the first two commands are among them, and as many more as there is room for.
 */
export function detailLines({ incident }: AlertContent, now: Date): readonly string[] {
  const { kind, reason, audience, subject, who, eventsUntil, hangs, commands, judgement, acknowledged } = incident;
  const over = incident.state === 'resolved';
  const link = hangs?.vaultId === undefined ? '' : `, ${PORTAL}${hangs.vaultId}`;
  const lines = [
    mustKeepRunning(incident, now) ? KEEP_RUNNING : undefined,
    `what: ${reason === undefined ? kind : `${kind} (${reason})`}, for ${audience}; docs/runbook.md of Key Guardian says more`,
    `where: ${spellSubject(subject)}${link}`,
    isOfNobody(incident) ? undefined : `who: ${who === undefined ? unknownText(eventsUntil) : actorText(who)}`,
    `when: ${whenText(incident)}`,
    // A resolved incident needs neither what would have failed nor a command.
    hangs === undefined || over ? undefined : `hangs on it: ${hangs.says}`,
    over ? restartText(incident) : machinesText(hangs?.machines),
    `done: ${judgement === LEFT_TO_PEOPLE ? 'nothing; ' : ''}${[doneText(incident, now), ...worksOn(incident).map((who) => `${who} since ${utc(acknowledged?.at)}`)].join('; ')}`,
  ].filter((line) => line !== undefined);
  // The first line and the last one take their places as well.
  const shown = over ? [] : commands.slice(0, MOST_LINES - 2 - lines.length);
  const left = over ? 0 : commands.length - shown.length;
  const more = left === 0 ? '' : `; "incident show" has ${left} more command${left === 1 ? '' : 's'}`;
  const last = `incident: ${incident.id}, revision ${incident.revision}${more}`;
  return [...lines, ...shown.map((command) => `command: ${command}`), last].map(oneLine);
}

/** Kinds of incident for on-call that no act of somebody made. */
const OF_NOBODY: ReadonlySet<string> = new Set(['guardian-blind', 'rotation-held-back']);

/** Whether nobody is named, and nobody is to be: the guardian itself is unwell, or time has passed. */
const isOfNobody = ({ kind, who, audience, subject }: Incident): boolean =>
  who === undefined && (audience === 'operators' || subject.kind === 'guardian' || OF_NOBODY.has(kind));

const whenText = ({ since, detectedAt, restoredAt, deadline, state }: Incident): string =>
  [
    `happened ${utc(since)}`,
    `detected ${utc(detectedAt)}`,
    ...(restoredAt === undefined ? [] : [`restored ${utc(restoredAt)}`]),
    ...(deadline === undefined || state === 'resolved' ? [] : [`deadline ${utc(deadline)}`]),
  ].join(', ');

/** Who has said that they work on it, while it is open. */
const worksOn = ({ acknowledged, state }: Incident): readonly string[] =>
  acknowledged === undefined || state === 'resolved' ? [] : [`${nameOf(acknowledged.by)} works on it`];

/** As `spellJudgement`, and for whoever is alerted whether it is theirs to act now. */
const doneText = (incident: Incident, now: Date): string => {
  if (incident.judgement !== LEFT_TO_PEOPLE) return spellJudgement(incident.judgement);
  if (incident.audience === 'operators') return 'an operator has to act, in working hours';
  return `whoever is on call has to act, ${isUrgent(incident, now) ? 'now' : 'within a day'}`;
};

/** Whether it cannot wait for the next day. */
const isUrgent = ({ severity, deadline }: Incident, now: Date): boolean =>
  (severity === 'critical' || severity === 'error') &&
  (deadline === undefined || deadline.getTime() - now.getTime() <= DAY_MS);

/** What was done about an incident, or why nothing was, in words: its judgement with the guardian's codes spelled out. */
export function spellJudgement(judgement: string): string {
  const approval = /^approved: (\S+)$/.exec(judgement)?.[1];
  if (approval !== undefined) return `allowed by approval ${approval}`;
  if (judgement === LEFT_TO_PEOPLE) return 'a person has to act';
  if (judgement === 'undone') return 'restored by the guardian';
  const because = withholdings.find((code) => judgement === `withheld: ${code}`);
  return because === undefined ? judgement.replace(/^undoing\b/, 'being restored') : WITHHELD[because];
}

const isWithholding = (code: string): code is Withholding => code in WITHHELD;
const withholdings = Object.keys(WITHHELD).filter(isWithholding);

/** A length of time in at most two units, rounded down: `0 s`, `58 min`, `1 h 5 min`, `2 d 3 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function timing(
  { restoredAt, since, deadline, hangs, state, severity, undoing, mayFail }: Incident,
  now: Date,
): readonly string[] {
  // The time that a vault wrote for the act may be half a second ahead of it.
  if (restoredAt !== undefined) {
    const leftMs = deadline === undefined ? 0 : deadline.getTime() - restoredAt.getTime();
    const left = leftMs <= 0 ? '' : `, ${duration(leftMs)} before ${failing({ hangs }).whatWould}`;
    const isLate = deadline !== undefined && leftMs <= 0;
    return [
      `restored after ${duration(Math.max(0, restoredAt.getTime() - since.getTime()))}${left}`,
      isLate ? 'see which machines have stopped' : 'nothing is left to restore',
    ];
  }
  if (state === 'resolved' || (severity === 'info' && hangs === undefined)) return [];
  if (deadline === undefined && mayFail) return ['whether anything fails is not known'];
  if (deadline === undefined)
    return [hangs === undefined ? NOTHING_FAILS : hangs.atRestart ? AT_RESTART : HANGS[hangs.kind]];
  const leftMs = deadline.getTime() - now.getTime();
  const { will, may } = failing({ hangs });
  // The day of a deadline that is less than an hour away is plain.
  return leftMs > 0
    ? [
        `${will} in ${duration(leftMs)}, at ${leftMs > HOUR_MS ? utc(deadline) : timeOf(deadline)}${undoing ? UNLESS : ''}`,
      ]
    : [`${may} for ${duration(-leftMs)}, since ${utc(deadline)}`];
}

/** The time of day of a moment. */
const timeOf = (moment: Date): string => utc(moment).slice('yyyy-mm-dd '.length);

/** What fails at a deadline, in words: the databases of a SQL server fail before any disk. */
const FAIL = {
  databases: {
    will: 'SQL databases fail',
    may: 'SQL databases may be inaccessible',
    whatWould: 'SQL databases would have failed',
  },
  disks: { will: 'disks fail', may: 'disks may be failing', whatWould: 'disks would have failed' },
} as const;

const failing = ({ hangs }: Pick<Incident, 'hangs'>) => FAIL[hangs?.databases === undefined ? 'disks' : 'databases'];

/** What fails at the deadline of an incident, in words: `disks fail`. */
export const whatFails = (incident: Pick<Incident, 'hangs'>): string => failing(incident).will;

/** Azure Disk Encryption reads its key when a machine starts, so there is no deadline. */
const AT_RESTART = 'machines under Azure Disk Encryption run on, and do not start again without it';

const KEEP_RUNNING = 'Do not stop, restart or redeploy machines on this key: without it they do not start again.';

/** Whether machines may run that would not start again: nothing is written of a key that stops being usable days later. What is for operators stops none. */
const mustKeepRunning = ({ audience, state, deadline, stopsOn, hangs }: Incident, now: Date): boolean =>
  state === 'open' &&
  audience === 'on-call' &&
  (deadline === undefined
    ? hangs?.atRestart === true
    : (stopsOn === undefined || stopsOn <= now) &&
      (hangs === undefined || hangs.kind === 'disks' || hangs.kind === 'unknown' || hangs.atRestart === true));

/** Where people see a resource: its id follows. */
const PORTAL = 'https://portal.azure.com/#resource';

/** A place where people see what an alert is about. */
export interface Link {
  readonly text: string;
  readonly href: string;
}

/** Links to the vault and to the machines that hang on its key, as far as they are known; none names more than the lines do. */
export const linksOf = ({ incident: { hangs } }: AlertContent): readonly Link[] => [
  ...(hangs?.vaultId === undefined ? [] : [linkTo('Vault', hangs.vaultId)]),
  ...(hangs?.machines ?? []).map(({ id }) => linkTo('Machine', id)),
];

const linkTo = (what: string, id: string): Link => ({
  text: `${what} ${escaped(resourceName(id))}`,
  href: `${PORTAL}${encodeURI(id)}`,
});

type Machines = NonNullable<Incident['hangs']>['machines'];

const machinesText = (machines: Machines): string | undefined =>
  machines && `machines: ${machines.map(({ name, power }) => `${escaped(name)} (${power})`).join(', ')}`;

/** What starts machines again whose disks may have failed before the key came back: those that ran at the last survey. */
function restartText({ restoredAt, deadline, hangs }: Incident): string | undefined {
  const running = (hangs?.machines ?? []).filter(({ power }) => power === 'running');
  if (restoredAt === undefined || deadline === undefined || restoredAt <= deadline || running.length === 0) return;
  return `may have stopped: start with az vm start --ids ${running.map(({ id }) => shellWord(escaped(id))).join(' ')}`;
}

/** What is being restored may still fail. */
const UNLESS = ', unless it is restored and stays so';

const NOTHING_FAILS = 'nothing fails by this alone';

/** What hangs on it, where there is no deadline: the lines below the first say more. */
const HANGS: Readonly<Record<Hanging['kind'], string>> = {
  disks: NOTHING_FAILS,
  others: 'no disk uses it, but something else does and may fail',
  nothing: 'nothing is known to use it',
  unknown: 'what hangs on it is not known',
};

/** How far could be seen: an act after that moment may be in no event that has arrived. */
function unknownText(eventsUntil: Incident['eventsUntil']): string {
  if (eventsUntil === undefined) return 'not known yet';
  return eventsUntil === null
    ? 'not known yet: no audit event of this vault had arrived'
    : `not known yet: audit events of this vault had arrived up to ${utc(eventsUntil)}`;
}

/** The name of somebody, or their id where they have none, with nothing but text in it. */
export const nameOf = ({ oid, name }: Actor): string => escaped(name ?? oid);

/** Escaped here as well: a name can come from a token, or from an incident of an earlier version. */
function actorText({ oid, name, address, assignment }: NonNullable<Incident['who']>): string {
  const id = escaped(oid);
  const from = address === undefined ? '' : ` from ${escapedAddress(address)}`;
  const by = assignment === undefined ? '' : `, allowed by ${assignmentText(assignment)}`;
  return `${name === undefined ? id : `${escaped(name)} (${id})`}${from}${by}`;
}

/** The names of roles and groups are chosen by people as well. */
const assignmentText = ({ id, says }: NonNullable<NonNullable<Incident['who']>['assignment']>): string =>
  says === undefined ? `role assignment ${escaped(id)}` : `${escaped(says)} (role assignment ${escaped(id)})`;

function twoUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const smalls = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${smalls === 0 ? '' : ` ${smalls} ${small}`}`;
}

/** A text without line ends, which could add lines to an alert, and without control and direction marks, which change what a terminal shows: names come from outside. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
