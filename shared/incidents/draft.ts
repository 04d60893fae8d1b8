import { createHash } from 'node:crypto';
import type { Incident } from '../domain/incident.ts';
import { HOUR_MS } from '../domain/time.ts';

/** An incident before anybody has looked whether it is open already. */
export type IncidentDraft = Pick<
  Incident,
  | 'kind'
  | 'severity'
  | 'subject'
  | 'since'
  | 'previous'
  | 'newest'
  | 'summary'
  | 'judgement'
  | 'undoing'
  | 'deadline'
  | 'who'
  | 'command'
>;

/** How long after the act disks begin to fail, in minutes. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption */
export const DISKS_FAIL_AFTER_MINUTES = 60;

/** An incident's id: what, which version, since when, and by whom where that is what it is about. 32 hex digits. */
export function incidentId(draft: Pick<Incident, 'kind' | 'subject' | 'since'>, byWhom = ''): string {
  const { vault, key = '', version = '' } = draft.subject;
  return createHash('sha256')
    .update([draft.kind, vault, key, version, draft.since.toISOString(), byWhom].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

/** The start of the hour a moment lies in: what may repeat every few seconds is one incident an hour. */
export const hourOf = (moment: Date): Date => new Date(Math.floor(moment.getTime() / HOUR_MS) * HOUR_MS);
