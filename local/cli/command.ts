import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of the person who runs it, and prints what it returns. What takes long says a line now and then. */
export type Run = (work: (context: Context, say: (line: string) => void) => Promise<string>) => () => Promise<void>;

/** What a command has that asks no guardian. */
export interface Shell {
  readonly out: (text: string) => void;
  /** Shows a line while it works, apart from what it prints. */
  readonly progress: (line: string) => void;
  /** The options before the command's name. Throws `NotAllowed` where they name a guardian. */
  readonly globals: () => { readonly as: string; readonly folder: string; readonly azure: boolean };
  /** Sets the exit status of a command that did what was asked; 0 unless it is called. */
  readonly endWith: (status: number) => void;
}

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run, shell: Shell) => void;
