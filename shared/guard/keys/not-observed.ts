import type { Approval } from '../../domain/approval.ts';
import type { Hint, Inspection } from '../../domain/hint.ts';
import type { Hold } from '../../domain/hold.ts';
import type { KeyRecord } from '../../domain/register.ts';
import type { KeySubject } from '../../domain/subject.ts';
import { agoMs, MINUTE_MS } from '../../domain/time.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { KnownKey } from '../../register/keys.ts';
import { actIncidents, forgettingEvents, refusalsToJudge } from './audit-events.ts';
import { tryAgain } from './follow-up.ts';
import { ALERTED_AFTER_MS, openActIncidents } from './incidents.ts';
import { save } from './save.ts';

/** How long an older copy of a key is not believed, in ms: a failover lasts for minutes. @see https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance */
const OLDER_COPY_MS = 15 * MINUTE_MS;

/** Whether the vault has shown an older copy of the key for so long that it is believed. */
export const isBelieved = ({ inFlight: { unreadable } }: KeyRecord, now: Date): boolean =>
  unreadable?.because === 'older-copy' && now.getTime() - unreadable.since.getTime() >= OLDER_COPY_MS;

/** What an inspection of a key was given and has read, whether or not the key could be observed. */
export interface Reading {
  readonly subject: KeySubject;
  readonly message: Inspection;
  /** The register's row as it was read. */
  readonly known: KnownKey;
  /** The register's row as it is to be: to begin with, with the audit events of this message. */
  readonly record: KeyRecord;
  readonly newEvents: readonly Hint[];
  /** What people say of the key. */
  readonly words: { readonly approvals: readonly Approval[]; readonly holds: readonly Hold[] };
}

/**
 * Handles a key that could not be observed: it is inspected again later, and people are alerted once this has lasted two
 * minutes. It never means that the key is gone. Audit events are alerted all the same.
 */
export async function notObserved(reading: Reading, because: string, ports: Ports): Promise<void> {
  const { subject, message, known, record, newEvents, words } = reading;
  const now = ports.now();
  await openActIncidents(actIncidents(subject, newEvents, record, words.approvals, false), ports);
  const before = record.inFlight.unreadable;
  // How long an older copy stays decides when it is believed: that begins with the copy.
  const isSame = before !== undefined && (before.because === 'older-copy') === (because === 'older-copy');
  const since = isSame ? before.since : now;
  const nextInspectionAt = await tryAgain(message, record, ports);
  if (agoMs(since, now) >= ALERTED_AFTER_MS)
    await openIncident(guardianBlind.draft('key-unreadable', subject, since, because), ports);
  const kept = forgettingEvents(record, now);
  const next: KeyRecord = {
    ...kept,
    inFlight: { ...kept.inFlight, unreadable: { since, because }, nextInspectionAt },
    audit: { ...kept.audit, refusals: refusalsToJudge(newEvents, record) },
  };
  await save(subject, known, next, ports);
}
