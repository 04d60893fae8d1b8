import type { CommandGroup } from '../command.ts';
import { restore as putBack } from '../restore.ts';
import { parseTarget } from '../target.ts';

/** `restore`. */
export const restore: CommandGroup = (program, run) => {
  program
    .command('restore')
    .description('Restores a key, or every key of a vault, to what was approved, under your own rights.')
    .argument('<vault[/key[/version]]>', 'the key or version; a vault alone for all its keys', parseTarget)
    .option('--dry-run', 'only say what would be restored')
    .option(
      '--also-approved',
      'take back what approvals allowed as well; of one version only, if vault/key/version is given',
    )
    .action((target, { dryRun = false, alsoApproved = false }) =>
      run((context) => putBack({ ...target, dryRun, alsoApproved }, context))(),
    );
};
