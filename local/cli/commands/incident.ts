import { z } from 'zod';
import { commandsOf, isClosedByPeople } from '../../../shared/alerts/runnable.ts';
import { detailLines, nameOf, oneLine, spellJudgement, whatFails } from '../../../shared/alerts/text.ts';
import { ABANDONS } from '../../../shared/approvals/abandon.ts';
import { type Incident, incident as incidentSchema, severities } from '../../../shared/domain/incident.ts';
import { spellSubject } from '../../../shared/domain/subject.ts';
import { utc } from '../../../shared/domain/time.ts';
import { NotAllowed } from '../../../shared/errors.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { parseHours, parseWhy } from '../target.ts';

/** Hours that `incident list` goes back for resolved incidents. */
const LISTED_HOURS = 24;

const answer = z.object({ incident: incidentSchema });
const list = z.object({ incidents: z.array(incidentSchema), unreadable: z.array(z.string()) });

/** `incident list|show|close|acknowledge`. */
export const incident: CommandGroup = (program, run) => {
  const group = program
    .command('incident')
    .description('Shows, acknowledges and closes incidents: what people were alerted of.');
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
      run(async ({ api }) => {
        const path = `${pathOf(id)}/close`;
        const { kind, subject, abandons } = (await api.post(path, { why }, answer)).incident;
        const abandoned = abandons === undefined ? '' : ` ${ABANDONS[abandons]}`;
        return `Closed: ${kind} of ${spellSubject(subject)}.${abandoned}`;
      })(),
    );
  group
    .command('acknowledge')
    .description('Says that you work on an incident.')
    .argument('<id>', 'its id, or its first characters')
    .action((id) =>
      run(async ({ api }) => {
        const path = `${pathOf(id)}/acknowledge`;
        const { kind, subject } = (await api.post(path, {}, answer)).incident;
        return `You work on ${kind} of ${spellSubject(subject)}; everyone is alerted of that.`;
      })(),
    );
};

/** Where the API has an incident. Throws `NotAllowed` for no id, which would list them all. */
function pathOf(id: string): string {
  if (id === '') throw new NotAllowed('Give the id of an incident, or its first characters.');
  return `incidents/${encodeURIComponent(id)}`;
}

/** The gravest first, then the nearest deadline. */
export const byUrgency = (one: Incident, other: Incident): number =>
  severities.indexOf(other.severity) - severities.indexOf(one.severity) ||
  (one.deadline ?? one.since).getTime() - (other.deadline ?? other.since).getTime();

async function listed(hours: number, { api }: Context): Promise<string> {
  const { incidents: all, unreadable } = await api.get(`incidents?hours=${hours}`, list);
  const open = all.filter(({ state }) => state === 'open').toSorted(byUrgency);
  const over = all
    .filter(({ state }) => state === 'resolved')
    .toSorted((one, other) => (other.endedAt?.getTime() ?? 0) - (one.endedAt?.getTime() ?? 0));
  return [
    open.length === 0 ? 'Open: none' : 'Open:',
    ...open.map(incidentLine),
    over.length === 0 ? `Resolved within ${hours} h: none` : `Resolved within ${hours} h, the last first:`,
    ...over.map(incidentLine),
    ...unreadable.map((message) => `  ${message}`),
  ].join('\n');
}

const isToClose = (one: Incident): boolean => one.state === 'open' && isClosedByPeople(one);

/** An incident in one line, its id last. */
export function incidentLine(one: Incident): string {
  const { id, severity, kind, reason, subject, since, deadline, state, endedAt, judgement, who, acknowledged } = one;
  const parts = [
    severity.padEnd(8),
    reason === undefined ? kind : `${kind} (${reason})`,
    spellSubject(subject),
    `since ${utc(since)}`,
    ...(state === 'resolved' ? [`until ${utc(endedAt)}`] : []),
    ...(deadline === undefined || state === 'resolved' ? [] : [`${whatFails(one)} ${utc(deadline)}`]),
    spellJudgement(judgement),
    ...(who === undefined ? [] : [`by ${nameOf(who)}`]),
    ...(acknowledged === undefined ? [] : [`${nameOf(acknowledged.by)} works on it`]),
    ...(isToClose(one) ? ['until a person closes it'] : []),
    id,
  ];
  return `  ${oneLine(parts.join('  '))}`;
}

async function shown(id: string, { api, runnable }: Context): Promise<string> {
  const { incident: value } = await api.get(pathOf(id), answer);
  const lines = detailLines({ event: 'changed', incident: { ...value, commands: [] } }, new Date());
  const commands = value.state === 'resolved' ? [] : commandsOf(value).flatMap((command) => runnable(command) ?? []);
  // Each on a line of its own and all of them: a terminal has the room that a card lacks.
  const toRun = commands.length === 0 ? [] : ['', 'To run:', ...commands.map(oneLine)];
  return [oneLine(value.summary), ...lines, ...toRun].join('\n');
}
