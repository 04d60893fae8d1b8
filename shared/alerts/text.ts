import { WITHHELD, type Withholding } from '../domain/decision.ts';
import { escaped, escapedAddress } from '../domain/escaped.ts';
import type { Hanging } from '../domain/hanging.ts';
import type { AlertContent, Incident } from '../domain/incident.ts';
import { keyOf, spellSubject } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, utc } from '../domain/time.ts';

/** The one line that people read first, on a phone at night: which key, until when its disks work, what is done, what is wrong. */
export function firstLine({ event, incident }: AlertContent, now: Date): string {
  const over = event === 'resolved' || incident.state === 'resolved';
  return oneLine(
    [
      ...(event === 'changed' ? ['update'] : []),
      over ? 'resolved' : incident.severity,
      whereOf(incident),
      [...timing(incident, now), ...(incident.restoredAt ? [] : [spellJudgement(incident.judgement)])].join('; '),
      ...(over ? ['what was found'] : []),
      incident.summary,
    ].join(': '),
  );
}

/** The subject of an incident in the first line: for a version its key, and for a resource its name, since what is longer follows below. */
function whereOf({ subject }: Incident): string {
  if (subject.kind === 'disk-encryption-set') return escaped(subject.id.slice(subject.id.lastIndexOf('/') + 1));
  return spellSubject(subject.kind === 'version' ? keyOf(subject) : subject);
}

/** The lines below the first: what, where, for whom, who, when, what was done, what to do. */
export function detailLines({ incident }: AlertContent): readonly string[] {
  const {
    kind,
    reason,
    audience,
    subject,
    who,
    eventsUntil,
    since,
    detectedAt,
    restoredAt,
    deadline,
    hangs,
    commands,
    judgement,
  } = incident;
  const over = incident.state === 'resolved';
  const lines = [
    `what: ${reason === undefined ? kind : `${kind} (${reason})`}`,
    `where: ${spellSubject(subject)}`,
    `for: ${audience}`,
    `who: ${who === undefined ? unknownText(eventsUntil) : actorText(who)}`,
    who?.assignment && `allowed by: ${assignmentText(who.assignment)}`,
    `happened: ${utc(since)}`,
    `detected: ${utc(detectedAt)}`,
    restoredAt && `restored: ${utc(restoredAt)}`,
    // A resolved incident needs neither a deadline nor a command.
    deadline === undefined || over ? undefined : `deadline: ${utc(deadline)}`,
    hangs === undefined || over ? undefined : `hangs on it: ${hangs.says}`,
    `done: ${spellJudgement(judgement)}`,
    ...(over ? [] : commands.map((command) => `command: ${command}`)),
    `incident: ${incident.id}, revision ${incident.revision}`,
  ];
  return lines.filter((line) => line !== undefined).map(oneLine);
}

/** What was done about an incident, or why nothing was, in words: its judgement with the guardian's codes spelled out. */
export function spellJudgement(judgement: string): string {
  const approval = /^approved: (\S+)$/.exec(judgement)?.[1];
  if (approval !== undefined) return `allowed by approval ${approval}`;
  const because = withholdings.find((code) => judgement === `withheld: ${code}`);
  return because === undefined ? judgement.replace(/^undoing\b/, 'being undone') : WITHHELD[because];
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

function timing({ restoredAt, since, deadline, hangs, state }: Incident, now: Date): readonly string[] {
  // The time that a vault wrote for the act may be half a second ahead of it.
  if (restoredAt !== undefined)
    return [`restored after ${duration(Math.max(0, restoredAt.getTime() - since.getTime()))}`];
  if (state === 'resolved') return [];
  if (deadline === undefined) return hangs === undefined ? [] : [HANGS[hangs.kind]];
  const leftMs = deadline.getTime() - now.getTime();
  // A deadline that is still to come is less than an hour away: its day is plain.
  return leftMs > 0
    ? [`disks fail in ${duration(leftMs)}, at ${utc(deadline).slice('yyyy-mm-dd '.length)}`]
    : [`disks may be failing for ${duration(-leftMs)}, since ${utc(deadline)}`];
}

/** What hangs on it, where no disk is known to fail: the lines below the first say more. */
const HANGS: Readonly<Record<Hanging['kind'], string>> = {
  disks: 'disks hang on it',
  others: 'no disk is known to use it, but something else is',
  nothing: 'nothing is known to use it',
  unknown: 'what hangs on it is not known',
};

/** How far could be seen: an act after that moment may be in no event that has arrived. */
const unknownText = (eventsUntil: Date | undefined): string =>
  eventsUntil === undefined
    ? 'not known yet'
    : `not known yet: audit events of this vault had arrived up to ${utc(eventsUntil)}`;

/** Escaped here as well: a name can come from a token, or from an incident of an earlier version. */
function actorText({ oid, name, address }: NonNullable<Incident['who']>): string {
  const id = escaped(oid);
  const from = address === undefined ? '' : ` from ${escapedAddress(address)}`;
  return `${name === undefined ? id : `${escaped(name)} (${id})`}${from}`;
}

/** The names of roles and groups are chosen by people as well. */
const assignmentText = ({ id, says }: NonNullable<NonNullable<Incident['who']>['assignment']>): string =>
  says === undefined ? `role assignment ${escaped(id)}` : `${escaped(says)} (role assignment ${escaped(id)})`;

function twoUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const smalls = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${smalls === 0 ? '' : ` ${smalls} ${small}`}`;
}

// Names come from outside: a line end could add lines to an alert, a control or direction mark change what a terminal shows.
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
