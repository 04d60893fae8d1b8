import type { AlertMessage, Incident } from '../domain/incident.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, utc } from '../domain/time.ts';

/** What is read on a phone at night: the deadline first, then what is wrong with what. One line. */
export function firstLine({ event, incident }: AlertMessage, now: Date): string {
  const over = event === 'resolved' || incident.state === 'resolved';
  return oneLine(
    [
      over ? 'resolved' : incident.severity,
      ...timing(incident, now),
      ...(over ? ['what was found'] : []),
      incident.summary,
    ].join(': '),
  );
}

/** The lines below the first: which key, when, who, what was done, what to do. Each is one line. */
export function detailLines({ incident }: AlertMessage): readonly string[] {
  const { subject, who, since, detectedAt, restoredAt, deadline, command } = incident;
  const lines = [
    `what: ${incident.kind}`,
    `where: ${[subject.vault, subject.key, subject.version].filter((part) => part !== undefined).join('/')}`,
    `who: ${who === undefined ? 'not known yet' : actorText(who)}`,
    `happened: ${utc(since)}`,
    `detected: ${utc(detectedAt)}`,
    restoredAt && `restored: ${utc(restoredAt)}`,
    deadline && `deadline: ${utc(deadline)}`,
    `done: ${incident.judgement}`,
    // Of what is over there is nothing left to do.
    command === undefined || incident.state === 'resolved' ? undefined : `command: ${command}`,
    `incident: ${incident.id}, revision ${incident.revision}`,
  ];
  return lines.filter((line) => line !== undefined).map(oneLine);
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
  return leftMs > 0
    ? [`disks fail in ${duration(leftMs)}, at ${utc(deadline)}`]
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
