import { utc } from '../../../shared/domain/time.ts';
import { type StatusReport, statusReport } from '../../../shared/people/reports.ts';
import { approvalLine } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine } from '../holds.ts';
import { byUrgency, incidentLine } from './incident.ts';

/** `status`: the policy the guardian ran by last, each vault's baseline and last sweep, holds, approvals, keys left unusable by approval, open incidents. */
export const status: CommandGroup = (program, run) => {
  program
    .command('status')
    .description('Shows vaults with their baselines and sweeps, holds, approvals and open incidents.')
    .action(run(shown));
};

type Vault = StatusReport['vaults'][number];

async function shown(context: Context): Promise<string> {
  const { at, policy, vaults, holds, open, resolved, unreadable } = await context.api.get('status', statusReport);
  const approvals = vaults.flatMap((vault) => vault.approvals);
  return [
    policy === undefined ? 'Policy: no guardian has run by it yet' : `Policy ${policy}`,
    'Vaults:',
    ...vaults.map((vault) => vaultLine(vault, at)),
    ...section('Holds', holds.map(holdLine)),
    ...section(
      'Approvals',
      approvals.map(({ approval, consumed }) => approvalLine(approval, consumed, context)),
    ),
    ...section(
      'Left deleted or disabled by approval',
      vaults.flatMap(({ left }) => left.map(leftLine)),
    ),
    ...section('Open incidents', open.toSorted(byUrgency).map(incidentLine)),
    `Resolved within 24 h: ${resolved}${resolved === 0 ? '' : ` (${context.commandLine('incident list')})`}`,
    ...unreadable.map((message) => `  ${message}`),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines];

const leftLine = ({ name, as, at, because }: Vault['left'][number]): string =>
  `  ${name} ${as} on ${utc(at)}${as === 'abandoned' ? `: ${because}` : ` (approval ${because})`}`;

function vaultLine({ vault, mode, state }: Vault, now: Date): string {
  if (state === undefined) return `  ${mode.padEnd(5)}  ${vault}  cannot be read`;
  const { keys, baseline, sweptAt, blind } = state;
  const swept =
    sweptAt === undefined ? 'never swept' : `swept ${Math.round((now.getTime() - sweptAt.getTime()) / 1000)} s ago`;
  const isBlind = blind === undefined ? '' : `, BLIND since ${utc(blind.since)}: ${blind.because}`;
  return `  ${mode.padEnd(5)}  ${vault}  ${keys} keys, baseline ${baseline}, ${swept}${isBlind}`;
}
