import { commandsOf, isClosedByPeople } from '../../../shared/alerts/runnable.ts';
import { detailLines, spellJudgement } from '../../../shared/alerts/text.ts';
import { ABANDONS } from '../../../shared/approvals/abandon.ts';
import { closeIncident, findIncident } from '../../../shared/approvals/close.ts';
import { type Incident, severities } from '../../../shared/domain/incident.ts';
import { spellSubject } from '../../../shared/domain/subject.ts';
import { HOUR_MS, utc } from '../../../shared/domain/time.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { parseHours, parseWhy } from '../target.ts';

/** Hours that `incident list` goes back for resolved incidents. */
const LISTED_HOURS = 24;

/** `incident list|show|close`. */
export const incident: CommandGroup = (program, run) => {
  const group = program.command('incident').description('Shows and closes incidents: what people were alerted of.');
  group
    .command('list')
    .description('Lists open incidents, and those resolved lately, undone attacks among them.')
    .option('--hours <n>', 'how many hours back to list resolved incidents', parseHours, LISTED_HOURS)
    .action(({ hours }) => run((context) => listed(hours, context))());
  group
    .command('show')
    .description('Shows everything that is known of one incident.')
    .argument('<id>', 'its id, or its first characters')
    .action((id) => run((context) => shown(id, context))());
  group
    .command('close')
    .description(
      'Closes an incident that reports an act, or abandons what is gone. An incident that reports a state ends with that state.',
    )
    .argument('<id>', 'its id, from incident list or the alert, or its first characters')
    .requiredOption('--why <text>', 'how it was settled', parseWhy)
    .action((id, { why }) =>
      run(async ({ ports, who }) => {
        const { kind, subject, abandons } = await closeIncident(id, why, who, ports);
        const abandoned = abandons === undefined ? '' : ` ${ABANDONS[abandons]}`;
        return `Closed: ${kind} of ${spellSubject(subject)}.${abandoned}`;
      })(),
    );
};

/** The gravest first, then the nearest deadline. */
export const byUrgency = (one: Incident, other: Incident): number =>
  severities.indexOf(other.severity) - severities.indexOf(one.severity) ||
  (one.deadline ?? one.since).getTime() - (other.deadline ?? other.since).getTime();

async function listed(hours: number, { ports }: Context): Promise<string> {
  const { stored, unreadable } = await readIncidents(ports);
  const all = stored.map(({ value }) => value);
  const fromMs = ports.now().getTime() - hours * HOUR_MS;
  const open = all.filter(({ state }) => state === 'open').toSorted(byUrgency);
  const over = all
    .filter(({ state, endedAt }) => state === 'resolved' && (endedAt?.getTime() ?? 0) >= fromMs)
    .toSorted((one, other) => (other.endedAt?.getTime() ?? 0) - (one.endedAt?.getTime() ?? 0));
  return [
    open.length === 0 ? 'Open: none' : 'Open:',
    ...open.map(incidentLine),
    over.length === 0 ? `Resolved within ${hours} h: none` : `Resolved within ${hours} h, the last first:`,
    ...over.map(incidentLine),
    ...unreadable.map(({ message }) => `  ${message}`),
  ].join('\n');
}

const isToClose = (one: Incident): boolean => one.state === 'open' && isClosedByPeople(one);

/** An incident in one line, its id last. */
export function incidentLine(one: Incident): string {
  const { id, severity, kind, reason, subject, since, deadline, state, endedAt, judgement, who } = one;
  return [
    `  ${severity.padEnd(8)}`,
    reason === undefined ? kind : `${kind} (${reason})`,
    spellSubject(subject),
    `since ${utc(since)}`,
    ...(state === 'resolved' ? [`until ${utc(endedAt)}`] : []),
    ...(deadline === undefined || state === 'resolved' ? [] : [`disks fail ${utc(deadline)}`]),
    spellJudgement(judgement),
    ...(who === undefined ? [] : [`by ${who.name ?? who.oid}`]),
    ...(isToClose(one) ? ['until a person closes it'] : []),
    id,
  ].join('  ');
}

async function shown(id: string, { ports, runnable }: Context): Promise<string> {
  const { value } = await findIncident(id, ports);
  const incident = { ...value, commands: commandsOf(value).flatMap((command) => runnable(command) ?? []) };
  return [incident.summary, ...detailLines({ event: 'changed', incident })].join('\n');
}
