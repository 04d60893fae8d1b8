import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from './context.ts';

/** Makes the action of a command: runs the work in the context of the person who runs it, and prints what it returns. */
export type Run = (work: (context: Context) => Promise<string>) => () => Promise<void>;

/** What a command that needs no guardian is given. */
export interface Alone {
  /** `--as` and `--folder`, for the local Azure. */
  readonly as: string;
  readonly folder: string;
  /** Shows a line while it works, apart from what it prints. */
  readonly progress: (line: string) => void;
}

/** Makes the action of a command that needs no guardian, prints its text and ends with its exit status. */
export type RunAlone = (
  work: (alone: Alone) => Promise<{ readonly text: string; readonly status: number }>,
) => () => Promise<void>;

/** Adds a command, or a group of them, to the program or to a group. `local/cli/commands/<name>.ts`, one file for each of the program's. */
export type CommandGroup = (parent: CommandUnknownOpts, run: Run, runAlone: RunAlone) => void;
