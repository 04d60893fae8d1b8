import { NotAllowed } from '../../../shared/errors.ts';
import { acceptAll, acceptShown, showBaseline } from '../baseline.ts';
import type { CommandGroup } from '../command.ts';
import { refuseUnknown } from '../known.ts';
import { parseVault } from '../target.ts';

const collected = (text: string, all: readonly string[]): readonly string[] => [...all, text.toLowerCase()];

/** `baseline show|accept`. */
export const baseline: CommandGroup = (program, run) => {
  const group = program.command('baseline').description('What is to be kept.');
  group
    .command('show')
    .description('What a baseline of the vault would take, the suspicious first.')
    .argument('<vault>', 'a guarded vault', parseVault)
    .action((vault) =>
      run(async (context) => {
        await refuseUnknown({ vault }, context.ports);
        return showBaseline(vault, context);
      })(),
    );
  group
    .command('accept')
    .description('Makes what is there now the approved state, and lets the guardian write in a vault in block.')
    .argument('[vault]', 'a guarded vault; left out with --all', parseVault)
    .option('--all', 'every vault whose baseline waits: what is suspicious is known and not approved')
    .option(
      '--needed <key/version>',
      'a suspicious version that something needs: it is approved as usable',
      collected,
      [],
    )
    .option(
      '--as-shown <key/version>',
      'a version that something needs and that is right as it is now: it is approved so',
      collected,
      [],
    )
    .option(
      '--retired <key/version>',
      'a suspicious version that nothing needs: it is approved as it is',
      collected,
      [],
    )
    .action((vault, { all = false, ...words }) =>
      run(async (context) => {
        if (all === (vault !== undefined)) throw new NotAllowed('Name a vault, or say --all: one of the two.');
        if (vault === undefined) return acceptAll(words, context);
        await refuseUnknown({ vault }, context.ports);
        return acceptShown(vault, words, context);
      })(),
    );
};
