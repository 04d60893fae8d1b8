import { readApprovals, readHolds } from '../../../shared/approvals/read.ts';
import { spell } from '../../../shared/domain/key.ts';
import { guardedVaults, keyPolicy, type Policy, policyOf } from '../../../shared/domain/policy.ts';
import type { KeyRecord } from '../../../shared/domain/register.ts';
import { HOUR_MS, utc } from '../../../shared/domain/time.ts';
import { RowUnreadable } from '../../../shared/errors.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { readKeys } from '../../../shared/register/keys.ts';
import { readBaseline, readSweep } from '../../../shared/register/vaults.ts';
import { policyHash, readLastPolicy } from '../../../shared/senses/policy-changes.ts';
import { approvalLine, consumedIn, isWorthALine } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine, standing } from '../holds.ts';
import { byUrgency, incidentLine } from './incident.ts';

/** `status`: the policy the guardian ran by last, each vault's baseline and last sweep, holds, approvals, keys left unusable by approval, open incidents. */
export const status: CommandGroup = (program, run) => {
  program
    .command('status')
    .description('Shows vaults with their baselines and sweeps, holds, approvals and open incidents.')
    .action(run(shown));
};

async function shown(context: Context): Promise<string> {
  const { ports, commandLine } = context;
  const now = ports.now();
  // The policy that the guardian runs by, and not the file in this folder.
  const last = await readLastPolicy(ports);
  const policy = last ?? ports.policy;
  const vaults = guardedVaults(policy);
  const [lines, approvals, left, said, { stored, unreadable }] = await Promise.all([
    Promise.all(vaults.map((vault) => vaultLine(vault, policy, now, context))),
    Promise.all(vaults.map((vault) => approvalsOf(vault, now, context))),
    Promise.all(vaults.map((vault) => lostByApproval(vault, context))),
    readHolds(ports),
    readIncidents(ports),
  ]);
  const holds = standing(said, now);
  const incidents = stored.map(({ value }) => value);
  const open = incidents.filter(({ state }) => state === 'open');
  const over = incidents.filter(
    ({ endedAt }) => endedAt !== undefined && now.getTime() - endedAt.getTime() < 24 * HOUR_MS,
  );
  return [
    last === undefined ? 'Policy: no guardian has run by it yet; this is your file' : `Policy ${policyHash(policy)}`,
    'Vaults:',
    ...lines,
    ...section('Holds', holds.map(holdLine)),
    ...section('Approvals', approvals.flat()),
    ...section('Left deleted or disabled by approval', left.flat()),
    ...section('Open incidents', open.toSorted(byUrgency).map(incidentLine)),
    `Resolved within 24 h: ${over.length}${over.length === 0 ? '' : ` (${commandLine('incident list')})`}`,
    ...unreadable.map(({ message }) => `  ${message}`),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines];

async function approvalsOf(vault: string, now: Date, context: Context): Promise<readonly string[]> {
  return unlessUnreadable(async () => {
    const { ports } = context;
    const [approvals, { known }] = await Promise.all([readApprovals(ports, vault), readKeys(ports.tables.keys, vault)]);
    const consumed = consumedIn([...known.values()].map(({ record }) => record));
    return approvals
      .filter((approval) => isWorthALine(approval, consumed, now))
      .map((approval) => approvalLine(approval, consumed, context));
  });
}

/** Lines for the keys of a vault that stay deleted, and the versions that stay disabled, because that was approved. */
const lostByApproval = (vault: string, { ports }: Context): Promise<readonly string[]> =>
  unlessUnreadable(async () => {
    const { known } = await readKeys(ports.tables.keys, vault);
    return [...known].flatMap(([key, { record }]) => lostLines({ vault, key }, record));
  });

function lostLines(id: { readonly vault: string; readonly key: string }, { approved }: KeyRecord): readonly string[] {
  const { standing: wanted, versions } = approved;
  const ofKey =
    wanted.kind === 'deletion-approved'
      ? [`  ${spell(id)} deleted on ${utc(wanted.deletedOn)} (approval ${wanted.approval})`]
      : wanted.kind === 'abandoned'
        ? [`  ${spell(id)} abandoned on ${utc(wanted.at)}: ${wanted.because}`]
        : [];
  const ofVersions = Object.entries(versions).flatMap(([version, { consumed, attributes }]) =>
    consumed
      .filter(({ act }) => act === 'disable' && attributes?.enabled === false)
      .map(({ at, approval }) => `  ${spell({ ...id, version })} disabled on ${utc(at)} (approval ${approval})`),
  );
  return [...ofKey, ...ofVersions];
}

async function vaultLine(vault: string, policy: Policy, now: Date, context: Context): Promise<string> {
  const mode = policyOf(policy, vault)?.mode ?? 'alert';
  const [stands = ''] = await unlessUnreadable(async () => [await howItStands(vault, policy, now, context)]);
  return `  ${mode.padEnd(5)}  ${vault}  ${stands}`;
}

async function howItStands(vault: string, policy: Policy, now: Date, { ports }: Context): Promise<string> {
  const [baseline, sweep, { known }] = await Promise.all([
    readBaseline(ports.tables, vault),
    readSweep(ports.tables, vault),
    readKeys(ports.tables.keys, vault),
  ]);
  const { lastGoodAt, failing } = sweep?.value ?? {};
  const swept =
    lastGoodAt === undefined
      ? 'never swept'
      : `swept ${Math.round((now.getTime() - lastGoodAt.getTime()) / 1000)} s ago`;
  const blind = failing === undefined ? '' : `, BLIND since ${utc(failing.since)}: ${failing.because}`;
  const guarded = [...known.keys()].filter((key) => keyPolicy(policy, vault, key).guarded).length;
  return `${guarded} keys, baseline ${baseline?.state ?? 'none'}, ${swept}${blind}`;
}

/** The lines that `read` returns; the error's sentence instead where a row cannot be read. */
async function unlessUnreadable(read: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RowUnreadable) return [`  ${error.message}`];
    throw error;
  }
}
