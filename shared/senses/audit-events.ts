import * as z from 'zod';
import { DAY_MS, later, SECOND_MS } from '../domain/time.ts';
import type { Period, Workspace } from '../domain/workspace.ts';
import { WorkspaceUnreachable } from '../errors.ts';
import { auditEventsKql } from './audit-events-kql.ts';
import { applicationOf } from './audit-identity.ts';
import { namedIn } from './key-id.ts';

/** A window with more rows than one answer takes is halved, unless it is shorter than this, in ms. */
const HALVED_MS = 10 * SECOND_MS;
/** An event that arrives so long after the act is not read, in ms. */
const LATEST_MS = 7 * DAY_MS;

const eventRow = z.object({
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
/** A row of `infra/queries/audit-events.kql`: an event, the last use of a version by somebody, or how far the events of a vault have arrived. */
export type EventRow = z.infer<typeof eventRow>;

/** What arrived within a window: from its beginning until before its end, by the clock of the workspace. */
export interface Arrived {
  readonly rows: readonly EventRow[];
  readonly window: Period;
}

/**
 * The audit events of vaults that arrived within a window, in one part, or in several where one answer does not take them:
 * however many acts somebody makes, no other is hidden by them. Throws `WorkspaceUnreachable`.
 *
 * @param vaults their names: letters, digits and hyphens
 */
export async function* auditEvents(
  workspace: Workspace,
  vaults: readonly string[],
  window: Period,
): AsyncGenerator<Arrived> {
  const { from, until } = window;
  const within = { from: later(from, -LATEST_MS), until: later(until, DAY_MS) };
  const found = await workspace.query(queryText(window, vaults), within).catch((error: unknown) => {
    const isTooMuch = error instanceof WorkspaceUnreachable && error.code === 'PartialError';
    if (!isTooMuch || until.getTime() - from.getTime() < HALVED_MS) throw error;
    return undefined;
  });
  if (found === undefined) {
    const middle = new Date((from.getTime() + until.getTime()) / 2);
    yield* auditEvents(workspace, vaults, { from, until: middle });
    yield* auditEvents(workspace, vaults, { from: middle, until });
    return;
  }
  // The query selects the vaults; what it gives is looked at all the same.
  const rows = found.map((row) => eventRow.parse(row)).filter(({ Vault }) => vaults.includes(Vault));
  yield { rows, window };
}

const queryText = ({ from, until }: Period, vaults: readonly string[]): string =>
  [
    `let From = datetime(${from.toISOString()});`,
    `let Until = datetime(${until.toISOString()});`,
    `let Vaults = dynamic(${JSON.stringify(vaults)});`,
    auditEventsKql,
  ].join('\n');

/** The last use of a version by somebody. */
export interface VersionUsed {
  readonly key: string;
  readonly version: string;
  /** The ids by which somebody may be known, in lower case: its object id, then that of the application which called for itself. */
  readonly callers: readonly string[];
  readonly at: Date;
}

/** What a row says of the use of a version; `undefined` where it names none of its vault. */
export function useIn({ Kind, Vault, Id, Oid, Identity, Time }: EventRow): VersionUsed | undefined {
  const { vault, key, version } = namedIn(Id ?? '') ?? {};
  if (Kind !== 'use' || vault !== Vault || key === undefined || version === undefined) return undefined;
  const callers = [Oid ?? '', applicationOf(Identity)].map((id) => id.toLowerCase()).filter((id) => id !== '');
  return { key, version, callers, at: new Date(Time) };
}
