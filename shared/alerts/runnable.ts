import type { Channel } from './channel.ts';

/** Where the guardian runs that a command speaks to. */
export type Where = 'own-machine' | 'azure';

/** A command as its reader can run it, in the folder of package.json. @param words what follows the name of the command line */
export const commandLine = (...words: readonly string[]): string => ['npm run key-guardian --', ...words].join(' ');

const OWN = 'key-guardian ';

/**
 * The command of an incident, `key-guardian …` or another program's, as its reader can run it; `undefined` for what works
 * on the local Azure only, where the guardian is deployed.
 *
 * @param options what leads a command there on one's own machine
 */
export function runnable(command: string, where: Where, options: readonly string[] = []): string | undefined {
  if (!command.startsWith(OWN)) return command;
  const words = command.slice(OWN.length);
  if (where === 'own-machine') return commandLine(...options, words);
  return /^(hold|approve) /.test(words) ? undefined : commandLine('--azure', words);
}

/** The channel, with each alert's commands as its reader can run them: an incident does not know where it is read. */
export const withRunnableCommands = (channel: Channel, where: Where): Channel => ({
  id: channel.id,
  send({ event, incident }) {
    const commands = incident.commands.flatMap((command) => runnable(command, where) ?? []);
    return channel.send({ event, incident: { ...incident, commands } });
  },
});
