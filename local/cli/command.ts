import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { NotAllowed } from '../../shared/errors.ts';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of the person who runs it, and prints what it returns. */
export type Run = (work: (context: Context) => Promise<string>) => () => Promise<void>;

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run) => void;

/** The context, where it is that of a local guardian. Throws `NotAllowed` otherwise: approvals and holds are not signed yet, so a deployed guardian could not tell a forged one. */
export function localOnly(context: Context): Context {
  if (!context.local) throw new NotAllowed('Approvals and holds work on the local Azure only, until they are signed.');
  return context;
}
