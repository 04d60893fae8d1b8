import { type Incident, isEscalated } from '../domain/incident.ts';
import type { Channel } from './channel.ts';

/** Where the guardian runs that a command is for. */
export type Where = 'own-machine' | 'azure';

/** A command as a person can run it in the folder of package.json. @param words the words after `key-guardian` */
export const commandLine = (...words: readonly string[]): string => ['npm run key-guardian --', ...words].join(' ');

/** The options that name a deployed guardian's API. */
export const apiOptions = (url: string, clientId: string): readonly string[] => ['--app', url, '--client-id', clientId];

const OWN = 'key-guardian ';

/**
 * A command of an incident, `key-guardian …` or another program's, as a person can run it. `undefined` for a command of
 * ours where nothing names the deployed guardian.
 *
 * @param options options that name the local Azure or the deployed guardian, put before the command's words
 */
export function runnable(command: string, where: Where, options: readonly string[] = []): string | undefined {
  if (!command.startsWith(OWN)) return command;
  const words = command.slice(OWN.length);
  if (where === 'own-machine') return commandLine(...options, words);
  return options.length === 0 ? undefined : commandLine(...options, words);
}

/** Whether a person may close an incident: it reports an act, or something gone that nobody can bring back. */
export const isClosedByPeople = ({ ends, abandons }: Pick<Incident, 'ends' | 'abandons'>): boolean =>
  ends === 'by-a-person' || abandons !== undefined;

/** The commands for a person: those of the incident, second the one that acknowledges it where it was escalated, and while a person may close it, the one that does. */
export const commandsOf = (incident: Incident): readonly string[] => [
  ...incident.commands.slice(0, 1),
  ...(incident.state === 'open' && isEscalated(incident) ? [`key-guardian incident acknowledge ${incident.id}`] : []),
  ...incident.commands.slice(1),
  ...(incident.state === 'open' && isClosedByPeople(incident)
    ? [`key-guardian incident close ${incident.id} --why "…"  # once you know why, and nothing is left to do`]
    : []),
];

/** The channel, with the commands of each alert as a person can run them: an incident is stored without them. */
export const withRunnableCommands = (channel: Channel, where: Where, options: readonly string[] = []): Channel => ({
  ...channel,
  send({ event, incident }, log) {
    const commands = commandsOf(incident).flatMap((command) => runnable(command, where, options) ?? []);
    return channel.send({ event, incident: { ...incident, commands } }, log);
  },
});
