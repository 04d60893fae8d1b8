import { duration } from '../../../shared/alerts/text.ts';
import { escaped } from '../../../shared/domain/escaped.ts';
import { utc } from '../../../shared/domain/time.ts';
import { type StatusReport, statusReport } from '../../../shared/people/reports.ts';
import { approvalLine } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine } from '../holds.ts';
import { byUrgency, incidentLine } from './incident.ts';

/** `status`: the policy the guardian ran by last, each vault's baseline, last sweep and what hangs on its keys, holds, approvals, keys left unusable by approval, open incidents. */
export const status: CommandGroup = (program, run) => {
  program
    .command('status')
    .description(
      'Shows vaults with their baselines and sweeps, what hangs on their keys, holds, approvals and open incidents.',
    )
    .action(run(shown));
};

type Vault = StatusReport['vaults'][number];

async function shown(context: Context): Promise<string> {
  const { at, policy, vaults, holds, open, resolved, unreadable } = await context.api.get('status', statusReport);
  const approvals = vaults.flatMap((vault) => vault.approvals);
  const uses = vaults.flatMap((vault) => usesOf(vault, at));
  return [
    policy === undefined ? 'Policy: no guardian has run by it yet' : `Policy ${policy}`,
    'Vaults:',
    ...vaults.flatMap((vault) => [vaultLine(vault, at), ...keyLines(vault)]),
    ...section('Holds', holds.map(holdLine)),
    ...section(
      'Approvals',
      approvals.map(({ approval, consumed }) => approvalLine(approval, consumed, context)),
    ),
    ...section(
      'Left deleted or disabled by approval',
      vaults.flatMap(({ left }) => left.map(leftLine)),
    ),
    ...(uses.length === 0 ? [] : section('Last unwrapped', uses)),
    ...section('Open incidents', open.toSorted(byUrgency).map(incidentLine)),
    `Resolved within 24 h: ${resolved}${resolved === 0 ? '' : ` (${context.commandLine('incident list')})`}`,
    ...unreadable.map((message) => `  ${message}`),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines];

const leftLine = ({ name, as, at, because }: Vault['left'][number]): string =>
  `  ${name} ${as} on ${utc(at)}${as === 'abandoned' ? `: ${because}` : ` (approval ${because})`}`;

/** Keys of a vault that are listed at most. */
const MOST_KEYS = 10;
/** Keys on which more hangs come first. */
const ORDER = ['disks', 'others', 'unknown', 'nothing'] as const;

/** What hangs on the keys of a vault, a line each; one line where nobody knows of any. */
function keyLines({ hangs }: Vault): readonly string[] {
  const [first] = hangs;
  if (first !== undefined && hangs.every(({ kind, says }) => kind === 'unknown' && says === first.says))
    return [`           each key: ${first.says}`];
  const sorted = hangs.toSorted(
    (one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind) || (one.key < other.key ? -1 : 1),
  );
  const width = Math.max(0, ...sorted.slice(0, MOST_KEYS).map(({ key }) => key.length));
  return [
    ...sorted.slice(0, MOST_KEYS).map(({ key, says }) => `           ${key.padEnd(width)}  ${says}`),
    ...(sorted.length > MOST_KEYS ? [`           and ${sorted.length - MOST_KEYS} more keys`] : []),
  ];
}

/** Uses that are listed of a vault at most, the newest first. */
const MOST_USES = 20;

function usesOf({ vault, state }: Vault, now: Date): readonly string[] {
  const all = Object.entries(state?.events?.uses ?? {}).flatMap(([version, users]) =>
    Object.entries(users).map(([oid, { last }]) => ({ version, oid, at: last })),
  );
  return all
    .toSorted((one, other) => other.at.getTime() - one.at.getTime())
    .slice(0, MOST_USES)
    .map(
      ({ version, oid, at }) =>
        `  ${vault}/${version}  ${duration(now.getTime() - at.getTime())} ago by ${escaped(oid)}`,
    );
}

/** How far it is known who did what: later acts may be there all the same. */
function arrivedText({ until, covered }: NonNullable<NonNullable<Vault['state']>['events']>): string {
  if (until === undefined) return 'no audit event has arrived: who does what is not known';
  const share =
    covered === undefined ? '' : `, ${Math.round(covered.share * 100)} % of the day to ${utc(covered.at)} covered`;
  return `audit events have arrived up to ${utc(until)}${share}`;
}

function vaultLine({ vault, mode, state }: Vault, now: Date): string {
  if (state === undefined) return `  ${mode.padEnd(5)}  ${vault}  cannot be read`;
  const { keys, baseline, sweptAt, blind, events } = state;
  const swept =
    sweptAt === undefined ? 'never swept' : `swept ${Math.round((now.getTime() - sweptAt.getTime()) / 1000)} s ago`;
  const isBlind = blind === undefined ? '' : `, BLIND since ${utc(blind.since)}: ${blind.because}`;
  return `  ${mode.padEnd(5)}  ${vault}  ${keys} keys, baseline ${baseline}, ${swept}${isBlind}${events === undefined ? '' : `, ${arrivedText(events)}`}`;
}
