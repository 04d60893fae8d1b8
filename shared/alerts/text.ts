import { NO_VAULT } from '../domain/audit-record.ts';
import { type Withholding, withholdings } from '../domain/decision.ts';
import type { AlertMessage, Incident } from '../domain/incident.ts';
import { spell } from '../domain/key.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, utc } from '../domain/time.ts';

/** What is read on a phone at night: which key, until when its disks work, what is done, then what is wrong. One line. */
export function firstLine({ event, incident }: AlertMessage, now: Date): string {
  const over = event === 'resolved' || incident.state === 'resolved';
  const { vault, key } = incident.subject;
  return oneLine(
    [
      ...(event === 'changed' ? ['update'] : []),
      over ? 'resolved' : incident.severity,
      ...(vault === NO_VAULT ? [] : [spell({ vault, key })]),
      [...timing(incident, now), ...(incident.restoredAt ? [] : [spellJudgement(incident.judgement)])].join('; '),
      ...(over ? ['what was found'] : []),
      incident.summary,
    ].join(': '),
  );
}

/** The lines below the first: which key, when, who, what was done, what to do. Each is one line. */
export function detailLines({ incident }: AlertMessage): readonly string[] {
  const { subject, who, since, detectedAt, restoredAt, deadline, command, judgement } = incident;
  const over = incident.state === 'resolved';
  const lines = [
    `what: ${incident.kind}`,
    `where: ${[subject.vault, subject.key, subject.version].filter((part) => part !== undefined).join('/')}`,
    `who: ${who === undefined ? 'not known yet' : actorText(who)}`,
    `happened: ${utc(since)}`,
    `detected: ${utc(detectedAt)}`,
    restoredAt && `restored: ${utc(restoredAt)}`,
    // Of what is over there is nothing left to wait for, and nothing to do.
    deadline === undefined || over ? undefined : `deadline: ${utc(deadline)}`,
    `done: ${spellJudgement(judgement)}`,
    command === undefined || over ? undefined : `command: ${command}`,
    `incident: ${incident.id}, revision ${incident.revision}`,
  ];
  return lines.filter((line) => line !== undefined).map(oneLine);
}

/** Why something was not undone, as people are told it; the trail keeps the word alone. */
const WITHHELD: Readonly<Record<Withholding, string>> = {
  'alert-only': 'not undone: it is in alert',
  'no-baseline': 'not undone: nobody has accepted the baseline of its vault',
  hold: 'not undone: a hold stops every write',
  undated: 'not undone: nobody can say whether an approval covers it',
  'mass-brake': 'not undone: too much was bad before the last look',
  uncounted: 'not undone yet: it was bad before, and the next pass counts first',
  managed: 'not undone: it belongs to a certificate',
  'once-a-minute': 'not undone yet: at most once a minute',
  recovering: 'being undone: its recovery has begun',
};

/** What was done about an incident or why not, in words: its judgement, with what the guardian says in codes spelled out. */
export function spellJudgement(judgement: string): string {
  const because = withholdings.find((code) => judgement === `withheld: ${code}`);
  return because === undefined ? judgement.replace(/^undoing\b/, 'being undone') : WITHHELD[because];
}

/** A length of time in at most two units, rounded down: `0 s`, `58 min`, `1 h 5 min`, `2 d 3 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function timing({ restoredAt, since, deadline, state }: Incident, now: Date): readonly string[] {
  if (restoredAt !== undefined) return [`restored after ${duration(restoredAt.getTime() - since.getTime())}`];
  if (deadline === undefined || state === 'resolved') return [];
  const leftMs = deadline.getTime() - now.getTime();
  // A deadline that is still to come is less than an hour away: its day is plain.
  return leftMs > 0
    ? [`disks fail in ${duration(leftMs)}, at ${utc(deadline).slice('yyyy-mm-dd '.length)}`]
    : [`disks may be failing for ${duration(-leftMs)}, since ${utc(deadline)}`];
}

function actorText({ oid, name, address }: NonNullable<Incident['who']>): string {
  return `${name === undefined ? oid : `${name} (${oid})`}${address === undefined ? '' : ` from ${address}`}`;
}

function twoUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const smalls = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${smalls === 0 ? '' : ` ${smalls} ${small}`}`;
}

// Names come from outside: a line end could add lines to an alert, a control or direction mark change what a terminal shows.
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
