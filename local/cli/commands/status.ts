import { spellJudgement } from '../../../shared/alerts/text.ts';
import { isClosedByPeople } from '../../../shared/approvals/close.ts';
import { readApprovals, readHolds } from '../../../shared/approvals/read.ts';
import { type Incident, severities } from '../../../shared/domain/incident.ts';
import { spell } from '../../../shared/domain/key.ts';
import { guardedVaults, type Mode } from '../../../shared/domain/policy.ts';
import { utc } from '../../../shared/domain/time.ts';
import { RegisterUnreadable } from '../../../shared/errors.ts';
import { readBook } from '../../../shared/incidents/store.ts';
import { readBaseline, readSweep } from '../../../shared/register/vaults.ts';
import { approvalLine, stillCounts } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine, standing } from '../holds.ts';

/** `status`: each vault's baseline and last pass, holds, approvals, open incidents, the most urgent first. */
export const status: CommandGroup = (program, run) => {
  program.command('status').description('How the guardian stands.').action(run(shown));
};

async function shown(context: Context): Promise<string> {
  const { ports } = context;
  const now = ports.now();
  const [vaults, approvals, said, { booked, unreadable }] = await Promise.all([
    Promise.all(ports.policy.vaults.map((vault) => vaultLine(vault, now, ports))),
    Promise.all(guardedVaults(ports.policy).map((vault) => approvalsOf(vault, now, context))),
    readHolds(ports),
    readBook(ports),
  ]);
  const holds = standing(said, now);
  const open = booked.map((one) => one.incident).filter(({ state }) => state === 'open');
  return [
    'Vaults:',
    ...vaults,
    holds.length === 0 ? 'Holds: none' : 'Holds:',
    ...holds.map(holdLine),
    approvals.flat().length === 0 ? 'Approvals: none' : 'Approvals:',
    ...approvals.flat(),
    open.length === 0 ? 'Open incidents: none' : 'Open incidents:',
    ...open.toSorted(byUrgency).map(incidentLine),
    ...unreadable.map(({ message }) => `  ${message}`),
  ].join('\n');
}

async function approvalsOf(vault: string, now: Date, context: Context): Promise<readonly string[]> {
  const approvals = await readApprovals(context.ports, vault).catch((error: unknown) => {
    if (error instanceof RegisterUnreadable) return error.message;
    throw error;
  });
  if (typeof approvals === 'string') return [`  ${approvals}`];
  return approvals.filter((approval) => stillCounts(approval, now)).map((approval) => approvalLine(approval, context));
}

async function vaultLine(
  { name, mode }: { readonly name: string; readonly mode: Mode },
  now: Date,
  { tables }: Pick<Context['ports'], 'tables'>,
): Promise<string> {
  const vault = name.toLowerCase();
  const stands = await howItStands(vault, now, tables).catch((error: unknown) => {
    if (error instanceof RegisterUnreadable) return error.message;
    throw error;
  });
  return `  ${mode.padEnd(5)}  ${vault}  ${stands}`;
}

async function howItStands(vault: string, now: Date, { vaults }: Context['ports']['tables']): Promise<string> {
  const [baseline, sweep] = await Promise.all([readBaseline(vaults, vault), readSweep(vaults, vault)]);
  const { lastPassAt, failing } = sweep?.state ?? {};
  const seen =
    lastPassAt === undefined
      ? 'never swept'
      : `swept ${Math.round((now.getTime() - lastPassAt.getTime()) / 1000)} s ago`;
  const blind = failing === undefined ? '' : `, BLIND since ${utc(failing.since)}: ${failing.because}`;
  return `baseline ${baseline?.state ?? 'none'}, ${seen}${blind}`;
}

const byUrgency = (one: Incident, other: Incident): number =>
  severities.indexOf(other.severity) - severities.indexOf(one.severity) ||
  (one.deadline ?? one.since).getTime() - (other.deadline ?? other.since).getTime();

function incidentLine(incident: Incident): string {
  const { severity, kind, subject, since, deadline, judgement } = incident;
  return [
    `  ${severity.padEnd(8)}`,
    kind,
    spell(subject),
    `since ${utc(since)}`,
    ...(deadline === undefined ? [] : [`disks fail ${utc(deadline)}`]),
    spellJudgement(judgement),
    ...(isClosedByPeople(incident) ? [`until "incident close ${incident.id}"`] : []),
  ].join('  ');
}
