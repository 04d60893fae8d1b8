import type { Approval } from '../domain/approval.ts';
import { covers, fitsActor } from '../domain/approval.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import { KEPT_ACTS, type KeyRecord, type RegisterChange } from '../domain/register.ts';
import { DAY_MS, MINUTE_MS } from '../domain/time.ts';
import { hourOf, type IncidentDraft, incidentId } from '../incidents/draft.ts';
import { accessRefused } from '../incidents/kinds/access-refused.ts';
import { approvedActByOther } from '../incidents/kinds/approved-act-by-other.ts';
import { keyBackedUp } from '../incidents/kinds/key-backed-up.ts';
import { purgeAttempted } from '../incidents/kinds/purge-attempted.ts';
import { useByUnknownUser } from '../incidents/kinds/use-by-unknown-user.ts';
import { actOf, CERTAIN_MS } from './actors.ts';
import { wasImported } from './newborn.ts';

/** How long after a key was undone the refusals of its bad time may still arrive, in ms. */
const LATE_REFUSALS_MS = MINUTE_MS;

/** Refusals that say something of who asks. Others, as of a vault that is throttled, pass or are the caller's own mistake. */
const LOSING_ACCESS = new Set([401, 403]);

/** An incident that news alone makes, whatever the key's state, with the id that makes repeats one. */
export interface HeardIncident {
  readonly draft: IncidentDraft;
  readonly id: string;
}

/** The register's row with the acts that the audit log told of. Hearing them twice is hearing them once. */
export function withActs(record: KeyRecord, hints: readonly Hint[]): KeyRecord {
  const told = hints.flatMap((hint) => {
    const { says } = hint;
    return says.kind === 'act' && !record.acts.some((act) => act.id === hint.id)
      ? [{ id: hint.id, operation: says.operation, version: says.version, at: says.at, by: says.by }]
      : [];
  });
  const purge = told.find((act) => act.operation === 'KeyPurge');
  if (told.length === 0) return record;
  return {
    ...record,
    acts: [...record.acts, ...told],
    ...(purge === undefined ? {} : { purged: { at: purge.at, by: purge.by } }),
  };
}

/** The register's row with as many acts as it keeps, and until when others were told. */
export function lettingActsGo(record: KeyRecord, now: Date): KeyRecord {
  const kept = record.acts.filter((act) => now.getTime() - act.at.getTime() < DAY_MS).slice(-KEPT_ACTS);
  const cut = record.acts.filter((act) => !kept.includes(act));
  if (cut.length === 0) return record;
  const untilMs = Math.max(record.actsCutUntil?.getTime() ?? 0, ...cut.map(({ at }) => at.getTime()));
  return { ...record, acts: kept, actsCutUntil: new Date(untilMs) };
}

/** An import is not a rotation: its version is no longer approved, unless a person has accepted it. */
export function distrusts(record: KeyRecord): readonly RegisterChange[] {
  return Object.entries(record.versions).flatMap(([version, known]): readonly RegisterChange[] =>
    known.distrusted === undefined && known.accepted === undefined && wasImported(version, known.created, record)
      ? [{ kind: 'distrust-version', version, because: 'it was imported' }]
      : [],
  );
}

/** Incidents that follow from what was heard, the key's own state aside. */
export function heardIncidents(
  id: KeyId,
  hints: readonly Hint[],
  record: KeyRecord,
  approvals: readonly Approval[],
  usable: boolean,
): readonly HeardIncident[] {
  return [...hints.flatMap((hint) => fromHint(id, hint, record, usable)), ...wrongPersons(id, record, approvals)];
}

function fromHint(id: KeyId, { says }: Hint, record: KeyRecord, usable: boolean): readonly HeardIncident[] {
  switch (says.kind) {
    case 'act':
      return says.operation === 'KeyBackup' ? [onceAnHour(keyBackedUp.draft(id, says.by, says.at))] : [];
    case 'unknown-user':
      return [onceAnHour(useByUnknownUser.draft(id, says.by, says.at, says.operation))];
    case 'refused': {
      if (says.operation === 'KeyPurge') return [onceAnHour(purgeAttempted.draft(id, says.by, says.at, says.status))];
      // While the key itself is unusable, its own incident says more; so it does for what was refused meanwhile.
      const wasBad = record.undone.some(
        (undone) =>
          says.at.getTime() >= undone.since.getTime() && says.at.getTime() <= undone.at.getTime() + LATE_REFUSALS_MS,
      );
      if (!usable || wasBad || !LOSING_ACCESS.has(says.status)) return [];
      return [onceAnHour(accessRefused.draft(id, says.by, says.at, says.operation, says.status))];
    }
    case 'differs':
    case 'new-version':
    case 'own-act':
    case 'look-again':
      return [];
    default:
      return says satisfies never;
  }
}

/** One incident an hour and actor, however often it is tried. */
const onceAnHour = (draft: IncidentDraft): HeardIncident => ({
  draft,
  id: incidentId({ ...draft, since: hourOf(draft.since) }, draft.who?.oid),
});

/** An approval was spent while the actor was not known; the record now names somebody it was not meant for. */
function wrongPersons(id: KeyId, record: KeyRecord, approvals: readonly Approval[]): readonly HeardIncident[] {
  const spent = [
    ...Object.entries(record.versions).flatMap(([version, known]) =>
      known.spent.map((use) => ({ ...use, version, operation: 'KeyUpdate' })),
    ),
    ...(record.approvedDeletion === undefined
      ? []
      : [
          {
            approval: record.approvedDeletion.approval,
            at: record.approvedDeletion.deletedOn,
            version: undefined,
            act: 'delete' as const,
            operation: 'KeyDelete',
          },
        ]),
  ];
  return spent.flatMap((use) => {
    const approval = approvals.find((candidate) => candidate.id === use.approval);
    const act = actOf([use.operation], { version: use.version, since: use.at }, record.acts, CERTAIN_MS);
    if (approval === undefined || act === undefined || fitsActor(approval, act.by.oid)) return [];
    const done = { act: use.act, version: use.version, at: use.at, by: act.by.oid };
    if (approvals.some((other) => covers(other, id.key, done))) return [];
    const where = { ...id, ...(use.version === undefined ? {} : { version: use.version }) };
    const draft = approvedActByOther.draft(where, use.operation, approval.id, act.by, use.at);
    return [{ draft, id: incidentId(draft) }];
  });
}
