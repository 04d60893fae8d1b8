import { AzureCliCredential } from '@azure/identity';
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import {
  BaselineImpossible,
  GraphRefused,
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
import { NotProven } from '../prove/not-proven.ts';
import { UnexpectedAnswer } from '../prove/person.ts';
import type { Run, Shell } from './command.ts';
import { alert } from './commands/alert.ts';
import { approve } from './commands/approve.ts';
import { baseline } from './commands/baseline.ts';
import { hold } from './commands/hold.ts';
import { incident } from './commands/incident.ts';
import { plan } from './commands/plan.ts';
import { prove } from './commands/prove.ts';
import { restore } from './commands/restore.ts';
import { rotate } from './commands/rotate.ts';
import { rotation } from './commands/rotation.ts';
import { status } from './commands/status.ts';
import { trail } from './commands/trail.ts';
import { verify } from './commands/verify.ts';
import { appContext, type Context, localContext } from './context.ts';

/** Every command, in the order of the help. */
const commands = [
  plan,
  status,
  baseline,
  approve,
  hold,
  incident,
  restore,
  rotation,
  rotate,
  trail,
  verify,
  alert,
  prove,
];

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Errors that a person can act on: only their sentence is printed. Any other error is printed with its stack. */
const EXPECTED = [
  GraphRefused,
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
  NotProven,
  UnexpectedAnswer,
];

/** Runs one command. Returns the exit status: 0 where it did what was asked, 1 where it printed why it did not, another where the command's help says so. Never throws. */
export async function runCommand(args: readonly string[], to: Terminal): Promise<number> {
  const terminal = { out: (text: string) => to.out(printable(text)), err: (text: string) => to.err(printable(text)) };
  try {
    let status = 0;
    const endWith = (as: number): void => {
      status = as;
    };
    await keyGuardian(terminal, endWith).parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    // Commander has printed what was wrong; printing the help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    const expected = error instanceof Error && EXPECTED.some((known) => error instanceof known);
    terminal.err(`${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
    return error instanceof NotProven ? error.exitStatus : 1;
  }
}

/** A text without control characters other than line breaks and tabs: a reason that somebody gave moves no cursor in another's terminal. */
const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd');

function keyGuardian(terminal: Terminal, endWith: Shell['endWith']): CommandUnknownOpts {
  const program = new Command('npm run key-guardian --')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .description('Commands for people. Each runs under the rights of the person who runs it.')
    .option('--as <identity>', 'on the local Azure: the identity of .local/azure.json that runs it', 'owner')
    .option('--folder <folder>', 'on the local Azure: the folder of its azure.json', localFolder())
    .option('--app <url>', 'ask the deployed guardian at this address, as who is signed in with az login')
    .option('--client-id <guid>', 'with --app: the application id of its app registration')
    .option('--azure', 'for prove: in Azure, as who is signed in with az login');

  const run: Run = (work) => async () => {
    const { as, folder, app, clientId } = program.opts();
    if ((app === undefined) !== (clientId === undefined)) throw new NotAllowed('Give --app and --client-id together.');
    const context =
      app !== undefined && clientId !== undefined
        ? await appContext({ url: app, clientId }, new AzureCliCredential())
        : await localContext(as, folder);
    const say = (line: string): void => terminal.out(`${line}\n`);
    const said = await work(context, say).catch((error: unknown) => {
      if (!(error instanceof NotAllowed)) throw error;
      throw new NotAllowed(withRunnableLines(error.message, context), { cause: error });
    });
    say(said);
  };

  const shell: Shell = {
    out: terminal.out,
    progress: (line) => terminal.err(`${line}\n`),
    globals() {
      const { as, folder, azure = false, app, clientId } = program.opts();
      if (app !== undefined || clientId !== undefined)
        throw new NotAllowed('This command asks no guardian: leave --app and --client-id out.');
      return { as, folder, azure };
    },
    endWith,
  };
  for (const command of commands) command(program, run, shell);
  return program;
}

/** The text with each line that is a command as a person has to type it. */
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
