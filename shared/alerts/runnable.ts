import type { Channel } from './channel.ts';

/** Where the guardian runs that a command speaks to. */
export type Where = 'own-machine' | 'azure';

/** A command as its reader can run it, in the folder of package.json. @param words what follows the name of the command line */
export const commandLine = (...words: readonly string[]): string => ['npm run key-guardian --', ...words].join(' ');

/**
 * The command of an incident, `key-guardian …`, as its reader can run it; `undefined` for what works on the local Azure
 * only, where the guardian is deployed.
 */
export function runnable(command: string, where: Where): string | undefined {
  const words = command.replace(/^key-guardian /, '');
  if (where === 'own-machine') return commandLine(words);
  return /^(hold|approve) /.test(words) ? undefined : commandLine('--azure', words);
}

/** The channel, with each alert's command as its reader can run it: an incident does not know where it is read. */
export const withRunnableCommands = (channel: Channel, where: Where): Channel => ({
  id: channel.id,
  send({ incident: { command: given, ...incident }, ...message }) {
    const command = given === undefined ? undefined : runnable(given, where);
    return channel.send({ ...message, incident: { ...incident, ...(command === undefined ? {} : { command }) } });
  },
});
