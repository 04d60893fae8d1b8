import { acceptShown, showBaseline } from '../baseline.ts';
import type { CommandGroup } from '../command.ts';
import { refuseUnknown } from '../known.ts';
import { parseTarget, type Target } from '../target.ts';

const collected = (text: string, all: readonly string[]): readonly string[] => [...all, text.toLowerCase()];

/** `baseline show|accept`. */
export const baseline: CommandGroup = (program, run) => {
  const group = program.command('baseline').description('What is to be kept.');
  group
    .command('show')
    .description('What a baseline of the vault would take, the suspicious first.')
    .argument('<vault>', 'a guarded vault', parseTarget)
    .action((target: Target) =>
      run(async (context) => {
        await refuseUnknown({ vault: target.vault }, context.ports);
        return showBaseline(target.vault, context);
      })(),
    );
  group
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
};
