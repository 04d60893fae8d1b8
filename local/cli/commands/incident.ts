import { givingUp } from '../../../shared/approvals/abandon.ts';
import { closeIncident } from '../../../shared/approvals/close.ts';
import { spell } from '../../../shared/domain/key.ts';
import type { CommandGroup } from '../command.ts';
import { parseWhy } from '../target.ts';

/** `incident close`. */
export const incident: CommandGroup = (program, run) => {
  const group = program.command('incident').description('What people were told of.');
  group
    .command('close')
    .description(
      'Closes an incident that tells of an act, or gives up what is gone. One that tells of a state ends with it.',
    )
    .argument('<id>', 'its id, from status or the alert')
    .requiredOption('--why <text>', 'what came of it', parseWhy)
    .action((id, { why }) =>
      run(async ({ ports, who }) => {
        const { kind, subject } = await closeIncident(id, why, who, ports);
        return [`Closed: ${kind} of ${spell(subject)}.`, givingUp.get(kind)?.says ?? ''].join(' ').trimEnd();
      })(),
    );
};
