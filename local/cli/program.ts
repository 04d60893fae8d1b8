import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import {
  BaselineImpossible,
  NotAllowed,
  PolicyInvalid,
  RowUnreadable,
  SettingsInvalid,
  SpooledRecordUnreadable,
  StorageUnreachable,
  TrailBroken,
  TrailUnreachable,
} from '../../shared/errors.ts';
import { localFolder } from '../guardian-folder.ts';
import { LocalAzureMissing } from '../outside-client.ts';
import type { Run } from './command.ts';
import { approve } from './commands/approve.ts';
import { baseline } from './commands/baseline.ts';
import { hold } from './commands/hold.ts';
import { incident } from './commands/incident.ts';
import { restore } from './commands/restore.ts';
import { status } from './commands/status.ts';
import { trail } from './commands/trail.ts';
import { azureContext, type Context, localContext } from './context.ts';

/** Every command, in the order of the help. */
const commands = [status, baseline, approve, hold, incident, restore, trail];

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What a person can mend is a sentence; anything else is a fault of ours and shows where. */
const EXPECTED = [
  NotAllowed,
  LocalAzureMissing,
  BaselineImpossible,
  SettingsInvalid,
  PolicyInvalid,
  StorageUnreachable,
  RowUnreadable,
  TrailUnreachable,
  TrailBroken,
  SpooledRecordUnreadable,
];

/** Runs one command. Returns the status: 0 where it did what it was asked, 1 where it did not and said why. Never throws. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await keyGuardian(terminal).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said what was wrong already; help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    const expected = error instanceof Error && EXPECTED.some((known) => error instanceof known);
    terminal.err(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
    return 1;
  }
}

function keyGuardian(terminal: Terminal): CommandUnknownOpts {
  const program = new Command('npm run key-guardian --')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .description('People speak to the guardian. Each command runs under the rights of who runs it.')
    .option('--as <identity>', 'on the local Azure: which identity of .local/azure.json runs it', 'owner')
    .option('--folder <folder>', 'on the local Azure: where its azure.json is', localFolder())
    .option('--azure', 'speak to the deployed guardian that the environment names, instead of the local Azure');

  const run: Run = (work) => async () => {
    const { as, folder, azure = false } = program.opts();
    const context = azure ? await azureContext() : await localContext(as, folder);
    const said = await work(context).catch((error: unknown) => {
      if (!(error instanceof NotAllowed)) throw error;
      throw new NotAllowed(withRunnableLines(error.message, context), { cause: error });
    });
    terminal.out(`${said}\n`);
  };

  for (const command of commands) command(program, run);
  return program;
}

/** What is refused, with each line that is a command as it is to be typed. */
const withRunnableLines = (text: string, { runnable }: Context): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', command] = /^( *)(key-guardian .*)$/.exec(line) ?? [];
      if (command === undefined) return [line];
      const typed = runnable(command);
      return typed === undefined ? [] : [`${indent}${typed}`];
    })
    .join('\n');
