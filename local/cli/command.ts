import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of the person who runs it, and prints what it returns. */
export type Run = (work: (context: Context) => Promise<string>) => () => Promise<void>;

/** Where a command writes that needs no guardian, and how it ends. */
export interface Ending {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Ends the program with this status, 0 where nothing is said. */
  readonly end: (status: number) => void;
}

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run, ending: Ending) => void;
