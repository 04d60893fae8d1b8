import { Command, CommanderError, Option } from 'commander';
import { type ApprovableAct, approvableActs } from '../../shared/domain/approval.ts';
import { spellHold } from '../../shared/domain/hold.ts';
import { spell } from '../../shared/domain/key.ts';
import { later, utc } from '../../shared/domain/time.ts';
import {
  BaselineImpossible,
  KeptRecordUnreadable,
  NotAllowed,
  PolicyInvalid,
  RegisterUnreadable,
  SettingsInvalid,
  StorageUnreachable,
  TrailBroken,
  TrailUnreachable,
} from '../../shared/errors.ts';
import { closeIncident } from '../../shared/incidents/close.ts';
import { askApproval, grantApproval, releaseHold, setHold, withdrawApproval } from '../../shared/register/say.ts';
import { localFolder } from '../guardian-folder.ts';
import { LocalAzureMissing } from '../outside-client.ts';
import { acceptShown, showBaseline } from './baseline.ts';
import { azureContext, type Context, localContext } from './context.ts';
import { refuseUnknown } from './known.ts';
import { restore } from './restore.ts';
import { status } from './status.ts';
import { parseHours, parseKeyTarget, parseTarget, type Target } from './target.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOLD_HOURS = 4;
const collected = (text: string, all: readonly string[]): readonly string[] => [...all, text.toLowerCase()];

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
  RegisterUnreadable,
  KeptRecordUnreadable,
  TrailUnreachable,
  TrailBroken,
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

function keyGuardian(terminal: Terminal): Command {
  const program = new Command('key-guardian')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .description('People speak to the guardian. Each command runs under the rights of who runs it.')
    .option('--as <identity>', 'on the local Azure: which identity of .local/azure.json runs it', 'owner')
    .option('--folder <folder>', 'on the local Azure: where its azure.json is', localFolder())
    .option('--azure', 'speak to the deployed guardian that the environment names, instead of the local Azure');

  /** Runs a command in its context and prints what it says. */
  const run = (work: (context: Context) => Promise<string>) => async (): Promise<void> => {
    const { as, folder, azure = false } = program.opts<{ as: string; folder: string; azure?: boolean }>();
    terminal.out(`${await work(azure ? await azureContext() : await localContext(as, folder))}\n`);
  };

  program.command('status').description('How the guardian stands.').action(run(status));

  const baseline = program.command('baseline').description('What is to be kept.');
  baseline
    .command('show')
    .description('What a baseline of the vault would take, the suspicious first.')
    .argument('<vault>', 'a guarded vault', parseTarget)
    .action((target: Target) =>
      run(async (context) => {
        await refuseUnknown({ vault: target.vault }, context.ports);
        return showBaseline(target.vault, context);
      })(),
    );
  baseline
    .command('accept')
    .description('Makes what is there now the approved state, and lets the guardian write in a vault in block.')
    .argument('<vault>', 'a guarded vault', parseTarget)
    .option(
      '--needed <key/version>',
      'a suspicious version that something needs: it is approved as usable',
      collected,
      [],
    )
    .option(
      '--retired <key/version>',
      'a suspicious version that nothing needs: it is approved as it is',
      collected,
      [],
    )
    .action((target: Target, words: { readonly needed: readonly string[]; readonly retired: readonly string[] }) =>
      run(async (context) => {
        await refuseUnknown({ vault: target.vault }, context.ports);
        return acceptShown(target.vault, words, context);
      })(),
    );

  const approve = program
    .command('approve')
    .description('What people allow: asked by one, granted by another (local Azure only).');
  approve
    .command('ask')
    .description('Asks for an approval; prints its id.')
    .argument('<vault/key[/version]>', 'what it is for; a vault alone for all its keys', parseTarget)
    .addOption(new Option('--act <act...>', 'which acts').choices(approvableActs).makeOptionMandatory())
    .requiredOption('--why <text>', 'why')
    .option('--by <oid>', 'who may do it: an object id, or anyone but the granter', 'anyone')
    .option('--hours <n>', 'how long it lasts from now', parseHours, 1)
    .option('--ticket <id>', 'where it is discussed')
    .action(
      (
        target: Target,
        options: {
          readonly act: readonly ApprovableAct[];
          readonly why: string;
          readonly by: string;
          readonly hours: number;
          readonly ticket?: string;
        },
      ) =>
        run(async (context) => {
          const { ports, who } = localOnly(context);
          await refuseUnknown(target, ports);
          const { act: acts, why, by, hours, ticket } = options;
          const from = ports.now();
          const asked = await askApproval(
            {
              vault: target.vault,
              key: target.key ?? '*',
              version: target.version ?? '*',
              acts,
              by,
              from,
              until: later(from, hours * HOUR_MS),
              why,
              ...(ticket === undefined ? {} : { ticket }),
            },
            who,
            ports,
          );
          return `Asked: ${asked.id}\nSomebody else grants it: key-guardian --as approver approve grant ${target.vault} ${asked.id}`;
        })(),
    );
  approve
    .command('grant')
    .description('Grants what somebody else asked for.')
    .argument('<vault>', 'the vault it is for', parseTarget)
    .argument('<id>', 'its id')
    .action((target: Target, id: string) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        const granted = await grantApproval(target.vault, id, who, ports);
        return `Granted until ${utc(granted.until)}.`;
      })(),
    );
  approve
    .command('withdraw')
    .description('Withdraws an approval; what it was spent on stays.')
    .argument('<vault>', 'the vault it is for', parseTarget)
    .argument('<id>', 'its id')
    .action((target: Target, id: string) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        await withdrawApproval(target.vault, id, who, ports);
        return 'Withdrawn.';
      })(),
    );

  const hold = program.command('hold').description('Stops every write of the guardian at once (local Azure only).');
  hold
    .command('set')
    .description('Stops writes to a key, a vault, or everything.')
    .argument('[vault[/key]]', 'what it stops; everything where left out', parseTarget)
    .requiredOption('--why <text>', 'why')
    .option('--hours <n>', 'when it ends by itself', parseHours, DEFAULT_HOLD_HOURS)
    .action((target: Target | undefined, options: { readonly why: string; readonly hours: number }) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        if (target !== undefined) await refuseUnknown(target, ports);
        const set = await setHold(
          { vault: target?.vault, key: target?.key },
          options.why,
          who,
          ports,
          options.hours * HOUR_MS,
        );
        return `Hold ${set.id} stops every write to ${spellHold(set)} until ${utc(set.until)}.`;
      })(),
    );
  hold
    .command('release')
    .description('Ends a hold.')
    .argument('<id>', 'its id')
    .action((id: string) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        const released = await releaseHold(id, who, ports);
        return `Writes to ${spellHold(released)} go on.`;
      })(),
    );

  const incident = program.command('incident').description('What people were told of.');
  incident
    .command('close')
    .description('Closes an incident that tells of an act. One that tells of a state ends with it.')
    .argument('<id>', 'its id, from status or the alert')
    .requiredOption('--why <text>', 'what came of it')
    .action((id: string, { why }: { readonly why: string }) =>
      run(async ({ ports, who }) => {
        const { kind, subject } = await closeIncident(id, why, who, ports);
        return `Closed: ${kind} of ${spell(subject)}.`;
      })(),
    );

  program
    .command('restore')
    .description('Puts a key back as it was approved, under your own rights.')
    .argument('<vault/key>', 'which key', parseKeyTarget)
    .option('--dry-run', 'say what it would do')
    .option(
      '--also-approved',
      'take back as well what approvals allowed; of one version, where vault/key/version is named',
    )
    .action(
      (
        target: Target & { readonly key: string },
        options: { readonly dryRun?: boolean; readonly alsoApproved?: boolean },
      ) =>
        run(async (context) => {
          await refuseUnknown(target, context.ports);
          const { dryRun = false, alsoApproved = false } = options;
          return restore({ ...target, dryRun, alsoApproved }, context);
        })(),
    );
  return program;
}

/** Approvals and holds are believed for where they lie until they are signed: a deployed guardian must not be led so. */
const localOnly = (context: Context): Context => {
  if (!context.local) throw new NotAllowed('Approvals and holds work on the local Azure only, until they are signed.');
  return context;
};
