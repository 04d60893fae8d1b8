import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { NotAllowed } from '../../shared/errors.ts';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of who runs it, and prints what it says. */
export type Run = (work: (context: Context) => Promise<string>) => () => Promise<void>;

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run) => void;

/** Approvals and holds are believed for where they lie until they are signed: a deployed guardian must not be led so. */
export function localOnly(context: Context): Context {
  if (!context.local) throw new NotAllowed('Approvals and holds work on the local Azure only, until they are signed.');
  return context;
}
