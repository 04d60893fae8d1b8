import { type Approval, covers, fitsActor } from '../../domain/approval.ts';
import type { Hint } from '../../domain/hint.ts';
import type { KeyId } from '../../domain/key.ts';
import {
  type AuditEvent,
  type Consumption,
  KEPT_EVENTS,
  type KeyRecord,
  type RegisterChange,
} from '../../domain/register.ts';
import { DAY_MS, MINUTE_MS, WRITTEN_AHEAD_MS } from '../../domain/time.ts';
import { hourOf, type IncidentDraft, incidentId } from '../../incidents/draft.ts';
import { accessRefused } from '../../incidents/kinds/access-refused.ts';
import { approvedActByOther } from '../../incidents/kinds/approved-act-by-other.ts';
import { purgeAttempted } from '../../incidents/kinds/purge-attempted.ts';
import { unexpectedUse } from '../../incidents/kinds/unexpected-use.ts';
import { certainEventsOf } from './actors.ts';
import { wasImported } from './new-versions.ts';

/** How long after a key was restored refusals may still come that its unusable time caused, in ms. */
const LATE_REFUSALS_MS = MINUTE_MS;

/** Statuses of refusals that mean lost access. Others mean a throttled vault or a mistake of the caller. */
const LOSING_ACCESS = new Set([401, 403]);

/** An incident that audit events alone lead to, whatever the key's state; repeats share its id. */
export interface ActIncident {
  readonly draft: IncidentDraft;
  readonly id: string;
}

/** Whether a hint is an audit event that the register does not have yet: an act, a refusal, or an act under the guardian's own identity. */
export const isNewEvent = (hint: Hint, { audit }: KeyRecord): boolean =>
  isAuditEvent(hint) && !audit.events.some((event) => event.id === hint.id);

/** Whether a hint is an audit event, which names who did something, and not only a reason to inspect. What another version says may be one. */
export const isAuditEvent = ({ says }: Hint): boolean => 'by' in says || says.kind === 'of-another-version';

/** The register's row with the audit events of a message. Adding an event twice has no further effect. */
export function withEvents(record: KeyRecord, hints: readonly Hint[]): KeyRecord {
  const added = hints.flatMap((hint): readonly AuditEvent[] => {
    const { says } = hint;
    return says.kind === 'act' && isNewEvent(hint, record)
      ? [{ id: hint.id, operation: says.operation, version: says.version, at: says.at, by: says.by }]
      : [];
  });
  const purge = added.find((event) => event.operation === 'KeyPurge');
  if (added.length === 0) return record;
  const purged = purge === undefined ? record.audit.purged : { at: purge.at, by: purge.by };
  return { ...record, audit: { ...record.audit, events: [...record.audit.events, ...added], purged } };
}

/** The register's row without the audit events that it no longer needs. */
export function forgettingEvents(record: KeyRecord, now: Date): KeyRecord {
  const { events } = record.audit;
  const young = events.filter(({ at }) => now.getTime() - at.getTime() < DAY_MS).slice(-KEPT_EVENTS);
  // That a version was imported must be known when it is observed.
  const isToCome = ({ operation, version }: AuditEvent): boolean =>
    operation === 'KeyImport' && version !== undefined && record.approved.versions[version] === undefined;
  const toCome = events.filter(isToCome).slice(-KEPT_EVENTS);
  const kept = events.filter((event) => young.includes(event) || toCome.includes(event));
  return kept.length === events.length ? record : { ...record, audit: { ...record.audit, events: kept } };
}

/** Refusals that wait to be judged at most: one for each hour and caller. */
const MOST_REFUSALS = 50;

/** The refusals to be judged once the key can be read again, one for each hour and caller. */
export function refusalsToJudge(hints: readonly Hint[], { audit }: KeyRecord): Hint[] {
  const waiting = new Map<string, Hint>();
  for (const one of [...audit.refusals, ...hints]) {
    const { says } = one;
    if (says.kind !== 'refused' || says.operation === 'KeyPurge' || !LOSING_ACCESS.has(says.status)) continue;
    const name = `${says.operation} ${says.by.oid} ${hourOf(says.at).toISOString()}`;
    if (!waiting.has(name)) waiting.set(name, one);
  }
  return [...waiting.values()].slice(-MOST_REFUSALS);
}

/** Revokes the approval of versions that an audit event shows as imported, unless a person accepted them: an import is no rotation. */
export const importsRevoked = (record: KeyRecord): readonly RegisterChange[] =>
  Object.entries(record.approved.versions).flatMap(([version, known]): readonly RegisterChange[] =>
    known.revoked === undefined && known.accepted === undefined && wasImported(version, known.created, record)
      ? [{ kind: 'revoke-version', version, because: 'it was imported' }]
      : [],
  );

/**
 * Incidents that follow from audit events, the key's own state aside.
 *
 * @param isUsable whether the key is as approved
 * @param before the register's row before this inspection. Default: nothing was consumed by it
 */
export function actIncidents(
  id: KeyId,
  hints: readonly Hint[],
  record: KeyRecord,
  approvals: readonly Approval[],
  isUsable: boolean,
  before: KeyRecord = record,
): readonly ActIncident[] {
  return [
    ...hints.flatMap((hint) => fromHint(id, hint, record, isUsable)),
    ...actsByOthers(id, hints, record, approvals, before),
  ];
}

function fromHint(id: KeyId, { says }: Hint, record: KeyRecord, isUsable: boolean): readonly ActIncident[] {
  switch (says.kind) {
    case 'act':
      return says.operation === 'KeyBackup'
        ? [onceAnHour(unexpectedUse.draft('backed-up', id, says.by, says.at, says.operation))]
        : [];
    case 'unknown-user':
      return [onceAnHour(unexpectedUse.draft('unknown-user', id, says.by, says.at, says.operation))];
    case 'refused': {
      if (says.operation === 'KeyPurge') return [onceAnHour(purgeAttempted.draft(id, says.by, says.at, says.status))];
      // While the key is unusable, refusals follow from that, and its own incident reports it.
      const wasBad = record.inFlight.undone.some(
        (undone) =>
          says.at.getTime() >= undone.since.getTime() - WRITTEN_AHEAD_MS &&
          says.at.getTime() <= undone.at.getTime() + LATE_REFUSALS_MS,
      );
      if (!isUsable || wasBad || !LOSING_ACCESS.has(says.status)) return [];
      return [onceAnHour(accessRefused.draft(id, says.by, says.at, says.operation, says.status))];
    }
    case 'differs':
    case 'new-version':
    case 'own-act':
    case 'off-schedule':
    case 'inspect-again':
    case 'of-another-version':
      return [];
    default:
      return says satisfies never;
  }
}

/** One incident for each hour and actor, however often the act is repeated. */
const onceAnHour = (draft: IncidentDraft): ActIncident => ({
  draft,
  id: incidentId({ ...draft, since: hourOf(draft.since) }, draft.who?.oid),
});

/**
 * The incidents of approvals that were consumed by an act of somebody whom they do not allow. An approval is consumed
 * whoever acted; the actor is known from audit events, which may come earlier or later. So the incident opens with the
 * event that names the actor, or with the inspection that consumes the approval: whichever is the later.
 */
function actsByOthers(
  id: KeyId,
  hints: readonly Hint[],
  record: KeyRecord,
  approvals: readonly Approval[],
  before: KeyRecord,
): readonly ActIncident[] {
  const idsNow = new Set(hints.map((hint) => hint.id));
  const consumedBefore = new Set(consumedIn(before).map(nameOf));
  return consumedIn(record).flatMap((use): readonly ActIncident[] => {
    const { version, operation, at, act, stopsDisks } = use;
    const approval = approvals.find((candidate) => candidate.id === use.approval);
    const certain = certainEventsOf([operation], { version, since: at, otherwiseAt: use.otherwiseAt }, record);
    const last = certain.at(-1);
    const isNew = certain.some((event) => idsNow.has(event.id)) || !consumedBefore.has(nameOf(use));
    if (approval === undefined || last === undefined || !isNew) return [];
    const isAllowed = ({ by, at: then }: AuditEvent): boolean =>
      fitsActor(approval, by.oid) ||
      approvals.some(
        (other) => fitsActor(other, by.oid) && covers(other, { key: id.key, version, act, otherwiseAt: then }, then),
      );
    // Several may have changed it since it was observed otherwise: where one was allowed to, nobody can say that it was not that one.
    if (certain.some(isAllowed)) return [];
    const draft = approvedActByOther.draft({
      ...id,
      version,
      operation,
      approval: approval.id,
      by: last.by,
      at,
      stopsDisks,
    });
    return [{ draft, id: incidentId(draft) }];
  });
}

/** A consumption of an approval, with the operation by which the audit log names the act. */
interface Use extends Pick<Consumption, 'approval' | 'act' | 'at' | 'otherwiseAt'> {
  readonly version: string | undefined;
  readonly operation: string;
  readonly stopsDisks: boolean;
}

const nameOf = ({ approval, version, act, at }: Use): string => [approval, version, act, at.getTime()].join(' ');

function consumedIn({ approved: { versions, standing } }: KeyRecord): readonly Use[] {
  const onVersions = Object.entries(versions).flatMap(([version, { consumed }]) =>
    // Enabling a version stops no disk.
    consumed.map((use) => ({ ...use, version, operation: 'KeyUpdate', stopsDisks: use.act !== 'enable' })),
  );
  if (standing.kind !== 'deletion-approved') return onVersions;
  const { approval, deletedOn: at, otherwiseAt } = standing;
  const deletion = { approval, act: 'delete', at, otherwiseAt, version: undefined, operation: 'KeyDelete' } as const;
  return [...onVersions, { ...deletion, stopsDisks: true }];
}
