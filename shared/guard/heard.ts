import { type Approval, covers, fitsActor } from '../domain/approval.ts';
import type { Hint } from '../domain/hint.ts';
import type { KeyId } from '../domain/key.ts';
import { actsOn, KEPT_ACTS, type KeyRecord, type RegisterChange, type VersionRecord } from '../domain/register.ts';
import { CLOCKS_APART_MS, DAY_MS, MINUTE_MS } from '../domain/time.ts';
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
  const young = record.acts.filter((act) => now.getTime() - act.at.getTime() < DAY_MS).slice(-KEPT_ACTS);
  const asked = record.acts.filter((act) => isToBeAsked(act, record)).slice(-KEPT_ACTS);
  const isKept = (act: KeyRecord['acts'][number]): boolean => young.includes(act) || asked.includes(act);
  const cut = record.acts.filter((act) => !isKept(act));
  if (cut.length === 0) return record;
  const untilMs = Math.max(record.actsCutUntil?.getTime() ?? 0, ...cut.map(({ at }) => at.getTime()));
  return { ...record, acts: record.acts.filter(isKept), actsCutUntil: new Date(untilMs) };
}

/** Refusals that are kept unjudged at most: one an hour and caller. */
const MOST_UNJUDGED = 50;

/** The refusals to be judged when the key can be read again: one an hour and caller tells as much as many. */
export function unjudged(hints: readonly Hint[], { unjudged: before = [] }: KeyRecord): readonly Hint[] {
  const waiting = new Map<string, Hint>();
  for (const one of [...before, ...hints]) {
    const { says } = one;
    if (says.kind !== 'refused' || says.operation === 'KeyPurge' || !LOSING_ACCESS.has(says.status)) continue;
    const name = `${says.operation} ${says.by.oid} ${hourOf(says.at).toISOString()}`;
    if (!waiting.has(name)) waiting.set(name, one);
  }
  return [...waiting.values()].slice(-MOST_UNJUDGED);
}

/** Whether an act tells of a version that nobody has seen yet: that it was imported must be known when it is. */
const isToBeAsked = ({ operation, version }: KeyRecord['acts'][number], { versions }: KeyRecord): boolean =>
  operation === 'KeyImport' && version !== undefined && versions[version] === undefined;

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
  return [
    ...hints.flatMap((hint) => fromHint(id, hint, record, usable)),
    ...wrongPersons(id, hints, record, approvals),
  ];
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

/** An approval was spent while the actor was not known; a record that was heard now names somebody it was not meant for. */
function wrongPersons(
  id: KeyId,
  hints: readonly Hint[],
  record: KeyRecord,
  approvals: readonly Approval[],
): readonly HeardIncident[] {
  const heardNow = new Set(hints.map((hint) => hint.id));
  return spentOf(record).flatMap((use) => {
    const { version, operation } = use;
    const approval = approvals.find((candidate) => candidate.id === use.approval);
    const act = actOf([operation], { version, since: use.at }, record.acts, CERTAIN_MS);
    if (approval === undefined || act === undefined || !heardNow.has(act.id)) return [];
    const isAllowed = ({ at, by }: KeyRecord['acts'][number]): boolean =>
      fitsActor(approval, by.oid) ||
      approvals.some((other) => covers(other, id.key, { act: use.act, version, at, by: by.oid }));
    // Several may have changed it since it was seen otherwise: where one was allowed to, nobody can say that it was not that one.
    if ([act, ...actsSince(use, record)].some(isAllowed)) return [];
    const where = { ...id, ...(version === undefined ? {} : { version }) };
    const draft = approvedActByOther.draft(where, operation, approval.id, act.by, use.at);
    return [{ draft, id: incidentId(draft) }];
  });
}

type Spent = VersionRecord['spent'][number] & { readonly version: string | undefined; readonly operation: string };

/** What approvals were spent on, with the operation that the audit log names. */
function spentOf({ versions, approvedDeletion }: KeyRecord): readonly Spent[] {
  const onVersions = Object.entries(versions).flatMap(([version, { spent }]) =>
    spent.map((use) => ({ ...use, version, operation: 'KeyUpdate' })),
  );
  if (approvedDeletion === undefined) return onVersions;
  const { approval, deletedOn } = approvedDeletion;
  return [...onVersions, { approval, act: 'delete', at: deletedOn, version: undefined, operation: 'KeyDelete' }];
}

/** The acts of that kind since the version was last seen otherwise. */
const actsSince = ({ version, operation, after, at }: Spent, record: KeyRecord): KeyRecord['acts'] =>
  after === undefined
    ? []
    : actsOn(record, operation, version).filter(
        (act) => act.at.getTime() > after.getTime() - CLOCKS_APART_MS && act.at.getTime() <= at.getTime() + CERTAIN_MS,
      );
