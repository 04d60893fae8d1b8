import { latest, withSpans } from '../domain/arrivals.ts';
import { guardedVaults, keyPolicy } from '../domain/policy.ts';
import { GUARDIAN } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS, utc } from '../domain/time.ts';
import type { Period, QueryState, VaultRecords, VersionUse, Workspace } from '../domain/workspace.ts';
import { WorkspaceUnreachable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { endIncidents, openIncident, openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { VAULT_RECORDS } from '../register/vaults.ts';
import { type Arrived, auditEvents, type EventRow, useIn } from './audit-events.ts';
import { auditLogSettings, inspectionsFromAuditLog, usersOf } from './audit-log.ts';
import { namedIn } from './key-id.ts';
import { mergedBySubject, queueSensed, type Sensed } from './queue-sensed.ts';
import { isDue, type Schedule, standing } from './sweep/schedule.ts';

/** The partition of the table `schedule`. Row: the workspace. */
const QUERYING = 'querying';
/** The partition of the table `workspaces` with how each was queried. Row: the workspace. */
export const QUERY = 'query';
const readBy = (workspace: string): string => `read-${workspace}`;

/** Time between two queries of a workspace, in ms; a tick that comes a little early counts. */
const EVERY_MS = 2 * MINUTE_MS;
const EARLY_MS = MINUTE_MS / 4;
/** How long one planner has for a query, in ms: after a crash the next one makes it. */
const CLAIM_MS = 4 * MINUTE_MS;
/** A row may show this long after the moment that counts as its arrival, in ms: windows overlap by it. */
const OVERLAP_MS = 5 * MINUTE_MS;
/** Operators are alerted of a workspace that could not be queried for so long, in ms. */
const LATE_MS = 15 * MINUTE_MS;
/** A new diagnostic setting takes up to 90 minutes. @see https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings */
const FIRST_EVENT_WITHIN_MS = 90 * MINUTE_MS;
/** Where no event of a vault arrived for so long, in ms, its events are missing: they are late by 3 to 10 minutes otherwise. */
const SILENT_MS = HOUR_MS;
/** How long a last use is kept, in ms. */
const USE_KEPT_MS = 90 * DAY_MS;
/** Vaults that an alert names at most. */
const NAMED_VAULTS = 20;
const AT_ONCE = 8;

/**
 * Asks each workspace every two minutes for the audit events of guarded vaults that have arrived since, and once an hour for
 * those of the last day again, since they come late and out of order. What they say leads to inspections as if an Event Hub
 * had brought it; an event that was read before leads to none. Does nothing where no workspace is set up. Throws
 * `StorageUnreachable`; a workspace that cannot be queried is asked again, and alerted after 15 minutes.
 */
export async function queryWhenDue(schedule: Schedule, ports: Ports): Promise<void> {
  if (ports.workspaces.length === 0) return;
  const asked: boolean[] = [];
  await inTurns(AT_ONCE, ports.workspaces, async (workspace) => {
    asked.push(await queryOneWhenDue(workspace, schedule, ports));
  });
  if (asked.includes(true)) await alertMissing(ports);
}

/** Whether it was asked and answered. */
async function queryOneWhenDue(workspace: Workspace, schedule: Schedule, ports: Ports): Promise<boolean> {
  const { tables, now } = ports;
  const due = standing(schedule, QUERYING, workspace.id);
  if (due !== undefined && !isDue(due.value, later(now(), EARLY_MS), CLAIM_MS)) return false;
  const claim = { generation: 0, dueAt: later(now(), CLAIM_MS) };
  const claimed = await tables.schedule.write(QUERYING, workspace.id, due, claim);
  if (claimed === undefined) return false;
  const begun = now();
  const state = (await tables.queried.get(QUERY, workspace.id))?.value;
  const next: QueryState = { since: state?.since ?? begun };
  try {
    const isWholeDay = state?.wholeDayAt === undefined || begun.getTime() - state.wholeDayAt.getTime() >= HOUR_MS;
    const dayAgo = later(begun, -DAY_MS);
    const from = isWholeDay || state?.until === undefined ? dayAgo : later(state.until, -OVERLAP_MS);
    // After an outage of more than a day, everything since is read.
    const since = state?.until !== undefined && state.until < from ? later(state.until, -OVERLAP_MS) : from;
    await readEvents(workspace, { from: since, until: begun }, ports);
    const wholeDayAt = isWholeDay ? begun : state?.wholeDayAt;
    await tables.queried.put(QUERY, workspace.id, { ...next, until: begun, ...(wholeDayAt && { wholeDayAt }) });
    if (state?.failing !== undefined) await endUnread(ports);
    return true;
  } catch (error) {
    if (!(error instanceof WorkspaceUnreachable)) throw error;
    const since = state?.failing?.since ?? begun;
    await tables.queried.put(QUERY, workspace.id, { ...state, ...next, failing: { since, because: error.message } });
    if (begun.getTime() - since.getTime() >= LATE_MS)
      await openIncident(guardianUnwell.draft('workspace-unread', since, `${utc(since)}: ${error.message}`), ports);
    return false;
  } finally {
    await tables.schedule.replace(claimed, { generation: 0, dueAt: later(begun, EVERY_MS) });
  }
}

async function endUnread(ports: Ports): Promise<void> {
  const states = await Promise.all(ports.workspaces.map(({ id }) => ports.tables.queried.get(QUERY, id)));
  if (states.some((state) => state?.value.failing !== undefined)) return;
  await endIncidents(GUARDIAN, isOf(guardianUnwell, 'workspace-unread'), 'every workspace can be queried again', ports);
}

async function readEvents(workspace: Workspace, window: Period, ports: Ports): Promise<void> {
  for await (const part of auditEvents(workspace, guardedVaults(ports.policy), window)) {
    await queueNew(sensedIn(part.rows, ports), workspace, ports);
    await noteArrivals(part, ports);
  }
}

function sensedIn(rows: readonly EventRow[], ports: Ports): Sensed {
  const records = rows
    // A record of one vault says nothing of another one, whatever id it has.
    .filter(({ Kind, Vault, Id }) => Kind !== 'arrived' && namedIn(Id ?? '')?.vault === Vault)
    .map(({ Time, ...row }) => ({ ...row, TimeGenerated: Time, Category: 'AuditEvent' }));
  return inspectionsFromAuditLog([records], { ...auditLogSettings(ports), sense: 'audit-query' });
}

/** Queues what was not queued before. What a crash leaves unnoted is queued again, which is harmless. */
async function queueNew({ inspections, unparsed }: Sensed, workspace: Workspace, ports: Ports): Promise<void> {
  const { readEvents: read } = ports.tables;
  const partition = readBy(workspace.id);
  const { stored } = await read.list(partition);
  const known = new Set(stored.map(({ row }) => row.row));
  const fresh = inspections.flatMap((inspection) => {
    const hints = inspection.hints.filter(({ id }) => !known.has(id));
    return hints.length === 0 ? [] : [{ ...inspection, hints }];
  });
  await queueSensed({ inspections: mergedBySubject(fresh), unparsed }, 'audit-query', ports);
  const at = ports.now();
  await inTurns(
    AT_ONCE,
    fresh.flatMap(({ hints }) => hints),
    async ({ id }) => void (await read.put(partition, id, { at })),
  );
  const isOld = (of: Date): boolean => at.getTime() - of.getTime() > 2 * DAY_MS;
  await inTurns(
    AT_ONCE,
    stored.filter(({ value }) => isOld(value.at)),
    async (one) => void (await read.remove(one)),
  );
}

/** Notes for each vault how far its events have arrived, which periods they cover, and who used which version last. */
async function noteArrivals({ rows, window: { until: at } }: Arrived, ports: Ports): Promise<void> {
  const ofVault = Map.groupBy(rows, ({ Vault }) => Vault);
  await inTurns(AT_ONCE, [...ofVault], async ([vault, some]) => {
    const arrived = some.find(({ Kind }) => Kind === 'arrived');
    if (arrived === undefined) return;
    const uses = some.flatMap((row) => useOf(row, ports));
    await ports.tables.vaultRecords.change(VAULT_RECORDS, vault, (standing) => {
      const periods = withSpans(standing?.periods ?? [], arrived.Spans ?? [], at);
      return {
        until: latest(standing?.until, new Date(arrived.Time)),
        readAt: latest(standing?.readAt, at),
        periods: [...periods],
        uses: withUses(standing?.uses ?? {}, uses, at),
      };
    });
  });
}

interface Use {
  readonly version: string;
  /** The id by which the user is known. */
  readonly user: string;
  readonly at: Date;
}

/**
 * A use by a known user, of the policy or of a survey, which one of another tenant is by its application; by anybody where
 * nobody can name the users of the key.
 */
function useOf(row: EventRow, { policy, scope }: Ports): readonly Use[] {
  const use = useIn(row);
  if (use === undefined || !keyPolicy(policy, row.Vault, use.key).guarded) return [];
  const { key, version, callers, at } = use;
  const users = usersOf(row.Vault, key, { policy, surveyed: scope.surveyed });
  const user = users.size === 0 ? callers[0] : callers.find((id) => users.has(id));
  return user === undefined ? [] : [{ version: `${key}/${version}`, user, at }];
}

function withUses(standing: VaultRecords['uses'], uses: readonly Use[], now: Date): VaultRecords['uses'] {
  const all: Record<string, Record<string, VersionUse>> = {};
  const note = (version: string, user: string, { first, last }: VersionUse): void => {
    if (now.getTime() - last.getTime() > USE_KEPT_MS) return;
    const known = all[version]?.[user];
    const earliest = known !== undefined && known.first < first ? known.first : first;
    all[version] = { ...all[version], [user]: { first: earliest, last: latest(known?.last, last) } };
  };
  for (const [version, users] of Object.entries(standing))
    for (const [user, use] of Object.entries(users)) note(version, user, use);
  for (const { version, user, at } of uses) note(version, user, { first: at, last: at });
  return all;
}

/** Alerts operators of guarded vaults whose events do not arrive, until those of all do. */
async function alertMissing(ports: Ports): Promise<void> {
  const { tables, now } = ports;
  const states = await Promise.all(ports.workspaces.map(({ id }) => tables.queried.get(QUERY, id)));
  const since = states.map((state) => state?.value.since ?? now()).reduce((one, other) => (one > other ? one : other));
  if (now().getTime() - since.getTime() < FIRST_EVENT_WITHIN_MS) return;
  const arrived = new Map(
    (await tables.vaultRecords.list(VAULT_RECORDS)).stored.map(({ row, value }) => [row.row, value.until]),
  );
  const missing = guardedVaults(ports.policy).filter((vault) => {
    const until = arrived.get(vault);
    return until === undefined || now().getTime() - until.getTime() > SILENT_MS;
  });
  const named = missing.slice(0, NAMED_VAULTS).join(', ');
  const more = missing.length > NAMED_VAULTS ? ` and ${missing.length - NAMED_VAULTS} more vaults` : '';
  const draft = guardianUnwell.draft('records-missing', since, `${named}${more}`);
  await openWhile(missing.length > 0, draft, 'audit events of every guarded vault arrive', ports);
}
