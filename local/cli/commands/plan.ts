import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { errorCode } from '../../../shared/alerts/error-code.ts';
import { GraphRefused, NotAllowed } from '../../../shared/errors.ts';
import { readPolicy } from '../../../shared/policy-file.ts';
import type { CommandGroup, Shell } from '../command.ts';
import { readPlan } from '../plan/read.ts';
import { exitStatusOf, foundPolicy, planReportOf } from '../plan/report.ts';
import { azurePlace, localPlace } from '../plan/sources.ts';
import { planText } from '../plan/text.ts';
import { parseSubscription, parseWorkspace } from '../target.ts';

/** `plan`. Nothing but requests that read is sent. */
export const plan: CommandGroup = (program, _run, shell) => {
  program
    .command('plan')
    .description(
      'Shows what hangs on which key in a subscription, and what is in danger there. It writes nothing, and needs no guardian: only az login, with the roles Reader and Key Vault Reader. Exit status: 0 nothing is in danger, 3 something is, 1 it could not be read.',
    )
    .option('--subscription <id>', 'a subscription to read; repeat it for more', parseSubscription, [])
    .option(
      '--workspace <id>',
      'show from the audit events in this workspace, by its workspace id, when versions were last used; repeat it for more',
      (text: string, before: readonly string[]) => [...before, parseWorkspace(text)],
      [],
    )
    .option('--local', 'read the local Azure of npm start instead')
    .option('--policy <file>', 'the policy of your guardian, to show what it guards already')
    .option('--json', 'print JSON, as docs/plan.md says, instead of text')
    .option('--policy-out <file>', 'write a policy that guards every vault with a key in use, in alert')
    .action((options) => planned(options, shell));
};

interface Options {
  readonly subscription: readonly string[];
  readonly workspace: readonly string[];
  readonly local?: true;
  readonly policy?: string;
  readonly json?: true;
  readonly policyOut?: string;
}

async function planned(options: Options, shell: Shell): Promise<void> {
  const { subscription, workspace, local, policy: file, json, policyOut } = options;
  if (local === undefined && subscription.length === 0)
    throw new NotAllowed(
      'Name a subscription with --subscription <id> ("az account list --output table" shows yours), or use --local.',
    );
  // Before minutes of reading: it may be the policy of a guardian that runs.
  if (policyOut !== undefined && existsSync(policyOut))
    throw new NotAllowed(`${policyOut} is there already: name a new file.`);
  const given = file === undefined ? undefined : readPolicy(file);
  const asked = { subscriptions: subscription, workspaces: workspace, progress: shell.progress };
  const place = await (local === true ? localPlace(asked, shell.globals()) : azurePlace(asked));
  const reading = await readPlan(place.source, place.subscriptions).catch((error: unknown) => {
    throw error instanceof GraphRefused && error.kind === 'forbidden' ? noneShown(error) : error;
  });
  if (reading.estate.subscriptions.size === 0) throw noneShown();
  const report = planReportOf(reading, place.subscriptions, given ?? place.policy, new Date());
  if (policyOut !== undefined) await writePolicy(policyOut, foundPolicy(report), shell);
  shell.endWith(exitStatusOf(report));
  shell.out(`${json === true ? JSON.stringify(report, undefined, 2) : planText(report, place.nameOf)}\n`);
}

const noneShown = (cause?: Error): NotAllowed =>
  new NotAllowed('None of these subscriptions is shown to you: you need the role Reader there.', { cause });

/** Writes a new file. Throws `NotAllowed` where it cannot be written. */
async function writePolicy(file: string, policy: unknown, { progress }: Shell): Promise<void> {
  if (policy === undefined) return progress(`${file} was not written: there is no vault to guard.`);
  try {
    await writeFile(file, `${JSON.stringify(policy, undefined, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    throw new NotAllowed(`${file} cannot be written (${errorCode(error)}).`, { cause: error });
  }
  progress(`${file} was written.`);
}
