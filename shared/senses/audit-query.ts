import * as z from 'zod';
import { latest, withSpans } from '../domain/arrivals.ts';
import { guardedVaults, keyPolicy } from '../domain/policy.ts';
import { GUARDIAN } from '../domain/subject.ts';
import { DAY_MS, HOUR_MS, later, MINUTE_MS, SECOND_MS, utc } from '../domain/time.ts';
import type { QueryState, VaultRecords, VersionUse, Workspace } from '../domain/workspace.ts';
import { WorkspaceUnreachable } from '../errors.ts';
import { inTurns } from '../in-turns.ts';
import { guardianUnwell } from '../incidents/kinds/guardian-unwell.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { endIncidents, openIncident, openWhile } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { VAULT_RECORDS } from '../register/vaults.ts';
import { auditEventsKql } from './audit-events-kql.ts';
import { applicationOf } from './audit-identity.ts';
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
/** A window with more rows than one answer takes is halved, unless it is shorter than this, in ms. */
const HALVED_MS = 10 * SECOND_MS;
/** An event that arrives so long after the act is not read, in ms. */
const LATEST_MS = 7 * DAY_MS;
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

const rowShape = z.object({
  Kind: z.enum(['event', 'use', 'arrived']),
  Vault: z.string(),
  Time: z.string(),
  OperationName: z.string().nullish(),
  CorrelationId: z.string().nullish(),
  CallerIpAddress: z.string().nullish(),
  Identity: z.unknown(),
  Id: z.string().nullish(),
  HttpStatusCode: z.number().nullish(),
  AppliedAssignmentId: z.string().nullish(),
  Oid: z.string().nullish(),
  Spans: z.array(z.coerce.date()).nullish(),
});
type EventRow = z.infer<typeof rowShape>;

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

interface Window {
  readonly from: Date;
  readonly until: Date;
}

/** Reads the events that arrived within a window: however many somebody causes, no other event is hidden by them. */
async function readEvents(workspace: Workspace, window: Window, ports: Ports): Promise<void> {
  const vaults = guardedVaults(ports.policy);
  const { from, until } = window;
  const within = { from: later(from, -LATEST_MS), until: later(until, DAY_MS) };
  const found = await workspace.query(queryText(window, vaults), within).catch((error: unknown) => {
    const isTooMuch = error instanceof WorkspaceUnreachable && error.code === 'PartialError';
    if (!isTooMuch || until.getTime() - from.getTime() < HALVED_MS) throw error;
    return undefined;
  });
  if (found === undefined) {
    const middle = new Date((from.getTime() + until.getTime()) / 2);
    await readEvents(workspace, { from, until: middle }, ports);
    return readEvents(workspace, { from: middle, until }, ports);
  }
  const rows = found.map((row) => rowShape.parse(row));
  // The query selects them; what it gives is looked at all the same.
  const believed = rows.filter(({ Vault }) => vaults.includes(Vault));
  const { inspections, unparsed } = sensedIn(believed, ports);
  await queueNew({ inspections, unparsed }, workspace, ports);
  await noteArrivals(believed, window, ports);
}

/** The names of vaults have letters, digits and hyphens: the policy takes no others. */
const queryText = ({ from, until }: Window, vaults: readonly string[]): string =>
  [
    `let From = datetime(${from.toISOString()});`,
    `let Until = datetime(${until.toISOString()});`,
    `let Vaults = dynamic(${JSON.stringify(vaults)});`,
    auditEventsKql,
  ].join('\n');

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
async function noteArrivals(rows: readonly EventRow[], { until: at }: Window, ports: Ports): Promise<void> {
  const ofVault = Map.groupBy(rows, ({ Vault }) => Vault);
  await inTurns(AT_ONCE, [...ofVault], async ([vault, some]) => {
    const arrived = some.find(({ Kind }) => Kind === 'arrived');
    if (arrived === undefined) return;
    const uses = some.filter((row) => row.Kind === 'use').flatMap((row) => useOf(row, ports));
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
function useOf({ Vault, Id, Oid, Identity, Time }: EventRow, { policy, scope }: Ports): readonly Use[] {
  const { vault, key, version } = namedIn(Id ?? '') ?? {};
  if (vault !== Vault || key === undefined || version === undefined) return [];
  const users = usersOf(vault, key, { policy, surveyed: scope.surveyed });
  const ids = [Oid ?? '', applicationOf(Identity)].map((id) => id.toLowerCase()).filter((id) => id !== '');
  const user = users.size === 0 ? ids[0] : ids.find((id) => users.has(id));
  return keyPolicy(policy, vault, key).guarded && user !== undefined
    ? [{ version: `${key}/${version}`, user, at: new Date(Time) }]
    : [];
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
