import { readApprovals, readHolds } from '../approvals/read.ts';
import type { Approval } from '../domain/approval.ts';
import { coveredShare } from '../domain/arrivals.ts';
import { hangingOn } from '../domain/hanging.ts';
import { isInForce } from '../domain/hold.ts';
import { spell } from '../domain/key.ts';
import type { KeyUse } from '../domain/key-use.ts';
import { effectivePolicy, guardedVaults, keyPolicy, type Policy, policyHash, policyOf } from '../domain/policy.ts';
import type { KeyRecord } from '../domain/register.ts';
import { HOUR_MS, later } from '../domain/time.ts';
import { RowUnreadable } from '../errors.ts';
import { readIncidents } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { readKeys } from '../register/keys.ts';
import { readBaseline, readSweep, readVaultRecords } from '../register/vaults.ts';
import { readLastPolicy } from '../senses/policy-changes.ts';
import { endpoint } from './endpoint.ts';
import type { StatusReport, VaultReport } from './reports.ts';

/** How the guardian stands. */
export const statusEndpoints = [
  endpoint(
    {
      method: 'GET',
      path: 'status',
      needs: 'read',
      says: 'Shows the vaults with their baselines and sweeps, what hangs on their keys, holds, approvals and open incidents.',
    },
    () => ({}),
    (_given, _caller, ports) => statusOf(ports),
  ),
];

async function statusOf(ports: Ports): Promise<StatusReport> {
  const at = ports.now();
  // The policy that the guardian runs by, which may be an older one while a new one is deployed.
  const last = await readLastPolicy(ports);
  const policy = last === undefined ? ports.policy : effectivePolicy(last, ports.scope.surveyed);
  const unreadable: string[] = [];
  const [vaults, holds, incidents] = await Promise.all([
    Promise.all(guardedVaults(policy).map((vault) => reportOf(vault, policy, unreadable, ports))),
    unlessUnreadable(unreadable, () => readHolds(ports)),
    readIncidents(ports),
  ]);
  const all = incidents.stored.map(({ value }) => value);
  const since = later(at, -24 * HOUR_MS);
  return {
    at,
    ...(last === undefined ? {} : { policy: policyHash(last) }),
    vaults,
    holds: (holds ?? []).filter((one) => isInForce(one, at)),
    open: all.filter(({ state }) => state === 'open'),
    resolved: all.filter(({ endedAt }) => endedAt !== undefined && endedAt > since).length,
    unreadable: [...unreadable, ...incidents.unreadable.map(({ message }) => message)],
  };
}

async function reportOf(vault: string, policy: Policy, unreadable: string[], ports: Ports): Promise<VaultReport> {
  const { tables } = ports;
  const mode = policyOf(policy, vault)?.mode ?? 'alert';
  const [{ known }, uses] = await Promise.all([readKeys(tables.keys, vault), tables.uses.list(vault)]);
  const records = [...known].map(([key, { record }]) => ({ key, record }));
  const rows = new Map<string, KeyUse | 'unreadable'>([
    ...uses.stored.map(({ row, value }) => [row.row, value] as const),
    ...uses.unreadable.map(({ row }) => [row, 'unreadable'] as const),
  ]);
  const state = await unlessUnreadable(unreadable, async () => {
    const [baseline, sweep] = await Promise.all([readBaseline(tables, vault), readSweep(tables, vault)]);
    const { lastGoodAt, failing } = sweep?.value ?? {};
    const keys = records.filter(({ key }) => keyPolicy(policy, vault, key).guarded).length;
    const events = await eventsOf(vault, ports);
    return { keys, baseline: baseline?.state ?? 'none', sweptAt: lastGoodAt, blind: failing, events };
  });
  const approvals = await unlessUnreadable(unreadable, () => readApprovals(ports, vault));
  const consumed = consumedIn(records.map(({ record }) => record));
  return {
    vault,
    mode,
    state,
    hangs: records
      .filter(({ key }) => keyPolicy(policy, vault, key).guarded)
      .map(({ key }) => ({ key, ...hangingOn({ vault, key }, rows.get(key), ports.scope.surveyed) })),
    approvals: (approvals ?? [])
      .filter((one) => isWorthALine(one, consumed, ports.now()))
      .map((one) => ({ approval: one, consumed: consumed.has(one.id) })),
    left: records.flatMap(({ key, record }) => leftOf({ vault, key }, record)),
  };
}

async function eventsOf(
  vault: string,
  { tables, workspaces }: Ports,
): Promise<NonNullable<VaultReport['state']>['events']> {
  const stored = await readVaultRecords(tables, vault);
  if (stored !== undefined)
    return { until: stored.until, covered: { at: stored.readAt, share: coveredShare(stored) }, uses: stored.uses };
  return workspaces.length === 0 ? undefined : { uses: {} };
}

/** The ids of consumed approvals, by the register. */
export const consumedIn = (records: readonly KeyRecord[]): ReadonlySet<string> =>
  new Set(
    records.flatMap(({ approved: { versions, standing } }) => [
      ...Object.values(versions).flatMap(({ consumed }) => consumed.map(({ approval: id }) => id)),
      ...(standing.kind === 'deletion-approved' ? [standing.approval] : []),
    ]),
  );

/** Whether it is consumed, or it is asked or granted and has not ended. */
const isWorthALine = ({ id, until, withdrawn }: Approval, consumed: ReadonlySet<string>, now: Date): boolean =>
  consumed.has(id) || (withdrawn === undefined && now.getTime() <= until.getTime());

function leftOf(id: { readonly vault: string; readonly key: string }, { approved }: KeyRecord): VaultReport['left'] {
  const { standing, versions } = approved;
  const name = spell(id);
  const ofKey: VaultReport['left'] =
    standing.kind === 'deletion-approved'
      ? [{ name, as: 'deleted', at: standing.deletedOn, because: standing.approval }]
      : standing.kind === 'abandoned'
        ? [{ name, as: 'abandoned', at: standing.at, because: standing.because }]
        : [];
  const ofVersions = Object.entries(versions).flatMap(([version, { consumed, attributes }]) =>
    consumed
      .filter(({ act }) => act === 'disable' && attributes?.enabled === false)
      .map(({ at, approval: because }) => ({ name: spell({ ...id, version }), as: 'disabled' as const, at, because })),
  );
  return [...ofKey, ...ofVersions];
}

/** What `read` returns; `undefined` where a row cannot be read, whose sentence is added. */
async function unlessUnreadable<T>(unreadable: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    unreadable.push(error.message);
    return undefined;
  }
}
