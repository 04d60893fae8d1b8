import { digest } from '../domain/digest.ts';
import type { Hanging } from '../domain/hanging.ts';
import type { Incident } from '../domain/incident.ts';
import { spellSubject } from '../domain/subject.ts';
import { HOUR_MS, later, MINUTE_MS } from '../domain/time.ts';

/** An incident that is to be opened, or that may be open already. */
export type IncidentDraft = Omit<
  Incident,
  | 'id'
  | 'detectedAt'
  | 'restoredAt'
  | 'state'
  | 'endedAt'
  | 'wave'
  | 'escalated'
  | 'countedFrom'
  | 'commands'
  | 'revision'
> &
  Partial<Pick<Incident, 'commands'>>;

/** How long after the act disks begin to fail, in minutes. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption */
const DISKS_FAIL_AFTER_MINUTES = 60;

/** How long after the act the databases of a SQL server become inaccessible, in minutes. @see https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-byok-overview#inaccessible-tde-protector */
const DATABASES_FAIL_AFTER_MINUTES = 30;

/** When the first of what hangs on it fails, after an act at `since`; `undefined` where it is known that neither a disk nor a database does. */
export function deadlineOf({ kind, databases }: Hanging, since: Date): Date | undefined {
  const disksMayFail = kind === 'disks' || kind === 'unknown';
  if (databases === undefined && !disksMayFail) return undefined;
  return later(since, (databases ? DATABASES_FAIL_AFTER_MINUTES : DISKS_FAIL_AFTER_MINUTES) * MINUTE_MS);
}

/** When disks fail that hang on a key which stopped then: the deadline of an incident while it is not known what hangs on it. */
export const disksFailAt = (stoppedFrom: Date): Date => later(stoppedFrom, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS);

/** The deadline of disks as the one of what is known to hang on it. */
export const deadlineWith = (hangs: Hanging, ofDisks: Date): Date | undefined =>
  deadlineOf(hangs, later(ofDisks, -DISKS_FAIL_AFTER_MINUTES * MINUTE_MS));

/** The order in which incidents fail: those without a deadline come last. */
export const byDeadline = (one: Pick<Incident, 'deadline'>, other: Pick<Incident, 'deadline'>): number =>
  deadlineMs(one) - deadlineMs(other);
const deadlineMs = ({ deadline }: Pick<Incident, 'deadline'>): number => deadline?.getTime() ?? Number.MAX_SAFE_INTEGER;

/** The id of an incident, by its kind, reason, subject, time and whatever else distinguishes it. 32 hex digits. */
export function incidentId(
  { kind, reason = '', subject, since }: Pick<Incident, 'kind' | 'reason' | 'subject' | 'since'>,
  besides = '',
): string {
  return digest([kind, reason, subject.kind, spellSubject(subject), since.toISOString(), besides].join('\n'));
}

/** The start of the hour of a moment: what may repeat every few seconds is one incident for each hour. */
export const hourOf = (moment: Date): Date => new Date(Math.floor(moment.getTime() / HOUR_MS) * HOUR_MS);
