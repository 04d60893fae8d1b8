import { readApprovals } from '../../approvals/read.ts';
import type { Hint, Inspection } from '../../domain/hint.ts';
import type { KeyRecord } from '../../domain/register.ts';
import type { KeySubject } from '../../domain/subject.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import type { KnownKey } from '../../register/keys.ts';
import { hintEntry } from '../records.ts';
import { type ActIncident, actIncidents, forgettingEvents, refusalsToJudge } from './audit-events.ts';
import { tryAgain } from './follow-up.ts';
import { ALERTED_AFTER_MS, openActIncidents } from './incidents.ts';
import { save } from './save.ts';
import type { Observation } from './snapshot.ts';

/** How long an older copy of a key is not believed, in ms: a failover lasts for minutes. @see https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance */
const OLDER_COPY_MS = 15 * MINUTE_MS;

/** Whether the vault has shown an older copy of the key for so long that it is believed. */
export const isBelieved = ({ inFlight: { unreadable } }: KeyRecord, now: Date): boolean =>
  unreadable?.because === 'older-copy' && now.getTime() - unreadable.since.getTime() >= OLDER_COPY_MS;

/** Why a key could not be observed, in one word. */
export const whyNot = (observation: Unobserved['observation']): string =>
  observation.kind === 'refused' ? observation.refusal.kind : observation.kind;

/** A key that could not be observed, with what is known of it. */
export interface Unobserved {
  readonly subject: KeySubject;
  readonly message: Inspection;
  readonly known: KnownKey;
  /** With the audit events of this message. */
  readonly record: KeyRecord;
  readonly newEvents: readonly Hint[];
  readonly unexplained: readonly ActIncident[];
  readonly observation: Exclude<Observation, { kind: 'observed' }>;
}

/**
 * Handles a key that could not be observed: it is inspected again later, and people are alerted once this has lasted two
 * minutes. It never means that the key is gone. Audit events are recorded and alerted all the same. Returns the reason.
 */
export async function notObserved(unobserved: Unobserved, ports: Ports): Promise<string> {
  const { subject, message, known, record, newEvents, unexplained, observation } = unobserved;
  const now = ports.now();
  if (newEvents.length > 0 && message.attempt === 0)
    await ports.trail.append(newEvents.map((hint) => hintEntry(subject, hint, ports)));
  const approvals = await readApprovals(ports, subject.vault);
  await openActIncidents([...actIncidents(subject, newEvents, record, approvals, false), ...unexplained], ports);
  const because = whyNot(observation);
  const before = record.inFlight.unreadable;
  // How long an older copy stays decides when it is believed: that begins with the copy.
  const isSame = before !== undefined && (before.because === 'older-copy') === (because === 'older-copy');
  const since = isSame ? before.since : now;
  const nextInspectionAt = await tryAgain(message, record, ports);
  if (now.getTime() - since.getTime() >= ALERTED_AFTER_MS)
    await openIncident(guardianBlind.draft('key-unreadable', subject, since, because), ports);
  const kept = forgettingEvents(record, now);
  const next: KeyRecord = {
    ...kept,
    inFlight: { ...kept.inFlight, unreadable: { since, because }, nextInspectionAt },
    audit: { ...kept.audit, refusals: refusalsToJudge(newEvents, record) },
  };
  await save(subject, known, next, ports);
  return because;
}
