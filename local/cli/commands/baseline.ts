import { NotAllowed } from '../../../shared/errors.ts';
import { acceptAll, acceptShown, showBaseline } from '../baseline.ts';
import type { CommandGroup } from '../command.ts';
import { parseVault } from '../target.ts';

const collected = (text: string, all: readonly string[]): readonly string[] => [...all, text.toLowerCase()];

/** `baseline show|accept`. */
export const baseline: CommandGroup = (program, run) => {
  const group = program
    .command('baseline')
    .description('The state of a vault that a person accepts as the approved one.');
  group
    .command('show')
    .description('Shows what accepting the baseline would approve, suspicious versions first.')
    .argument('<vault>', 'a guarded vault', parseVault)
    .action((vault) => run((context) => showBaseline(vault, context))());
  group
    .command('accept')
    .description('Approves the present state of a vault, and lets the guardian write to its keys in block.')
    .argument('[vault]', 'a guarded vault; left out with --all', parseVault)
    .option('--all', 'every vault whose baseline is not accepted yet; suspicious versions are not approved')
    .option('--needed <key/version>', 'a suspicious version that is in use: it is approved as usable', collected, [])
    .option(
      '--as-shown <key/version>',
      'a version that is in use and right as it is now: it is approved as it is',
      collected,
      [],
    )
    .option(
      '--retired <key/version>',
      'a suspicious version that is no longer in use: it is approved as it is',
      collected,
      [],
    )
    .action((vault, { all = false, ...words }) =>
      run(async (context, say) => {
        if (all === (vault !== undefined)) throw new NotAllowed('Name one vault, or give --all.');
        if (vault === undefined) return acceptAll(words, context, say);
        return acceptShown(vault, words, context);
      })(),
    );
};
