import { latest } from '../../../shared/domain/arrivals.ts';
import { DAY_MS, later } from '../../../shared/domain/time.ts';
import type { Workspace } from '../../../shared/domain/workspace.ts';
import type { Callers } from '../../../shared/estate/estate.ts';
import { auditEvents, useIn, type VersionUsed } from '../../../shared/senses/audit-events.ts';

/** For how long back audit events are read, in ms. */
const READ_MS = 7 * DAY_MS;

/** What workspaces say of how the keys of vaults are used. That they say nothing of a user proves nothing. */
export interface LastUse {
  /** The time of the newest audit event of each vault that has arrived. */
  readonly arrived: ReadonlyMap<string, Date>;
  /** When somebody last unwrapped with each version of a key, the newest first. */
  readonly of: (
    vault: string,
    key: string,
    callers: Callers,
  ) => readonly { readonly version: string; readonly at: Date }[];
}

/** Reads from workspaces when keys were last used, of the audit events that arrived within seven days. Throws `WorkspaceUnreachable`. */
export async function lastUseIn(
  workspaces: readonly Workspace[],
  vaults: readonly string[],
  now: Date,
): Promise<LastUse> {
  const arrived = new Map<string, Date>();
  const used = new Map<string, VersionUsed[]>();
  for (const workspace of workspaces)
    for await (const { rows } of auditEvents(workspace, vaults, { from: later(now, -READ_MS), until: now }))
      for (const row of rows) {
        if (row.Kind === 'arrived') arrived.set(row.Vault, latest(arrived.get(row.Vault), new Date(row.Time)));
        const use = useIn(row);
        if (use === undefined) continue;
        const ofVault = used.get(row.Vault) ?? [];
        ofVault.push(use);
        used.set(row.Vault, ofVault);
      }
  return {
    arrived,
    of(vault, key, { objectIds, applicationId }) {
      const ids = new Set([...objectIds, applicationId]);
      const last = new Map<string, Date>();
      for (const use of used.get(vault) ?? [])
        if (use.key === key.toLowerCase() && use.callers.some((id) => ids.has(id)))
          last.set(use.version, latest(last.get(use.version), use.at));
      return [...last]
        .map(([version, at]) => ({ version, at }))
        .toSorted((one, other) => other.at.getTime() - one.at.getTime());
    },
  };
}
