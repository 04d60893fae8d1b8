import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of the person who runs it, and prints what it returns. What takes long says a line now and then. */
export type Run = (work: (context: Context, say: (line: string) => void) => Promise<string>) => () => Promise<void>;

/** Where a command writes that asks no guardian, and how it ends. */
export interface Ending {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Ends the program with this status, 0 where nothing is said. */
  readonly end: (status: number) => void;
}

/** What a command has that asks no guardian. */
export interface Shell extends Ending {
  /** The options before the command's name. Throws `NotAllowed` where they name a guardian. */
  readonly globals: () => { readonly as: string; readonly folder: string; readonly azure: boolean };
}

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run, shell: Shell) => void;
