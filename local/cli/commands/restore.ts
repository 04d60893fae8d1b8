import type { CommandGroup } from '../command.ts';
import { refuseUnknown } from '../known.ts';
import { restore as putBack } from '../restore.ts';
import { parseTarget } from '../target.ts';

/** `restore`. */
export const restore: CommandGroup = (program, run) => {
  program
    .command('restore')
    .description('Puts a key, or every key of a vault, back as it was approved, under your own rights.')
    .argument('<vault[/key[/version]]>', 'which key; a vault alone for all its keys', parseTarget)
    .option('--dry-run', 'say what it would do')
    .option(
      '--also-approved',
      'take back as well what approvals allowed; of one version, where vault/key/version is named',
    )
    .action((target, options) =>
      run(async (context) => {
        await refuseUnknown(target, context.ports);
        const { dryRun = false, alsoApproved = false } = options;
        return putBack({ ...target, dryRun, alsoApproved }, context);
      })(),
    );
};
