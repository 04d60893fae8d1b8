import { Option } from '@commander-js/extra-typings';
import { askApproval, grantApproval, withdrawApproval } from '../../../shared/approvals/approve.ts';
import { approvableActs } from '../../../shared/domain/approval.ts';
import { HOUR_MS, later, utc } from '../../../shared/domain/time.ts';
import { approvalLines, byWhom } from '../approvals.ts';
import { type CommandGroup, localOnly } from '../command.ts';
import { refuseUnknown } from '../known.ts';
import { parseHours, parseMoment, parseTarget, parseVault, parseWhy } from '../target.ts';

/** `approve ask|grant|withdraw`. */
export const approve: CommandGroup = (program, run) => {
  const group = program
    .command('approve')
    .description('Approves changes: one person asks, another grants (local Azure only).');
  for (const command of [ask, grant, withdraw]) command(group, run);
};

const ask: CommandGroup = (group, run) => {
  group
    .command('ask')
    .description('Asks for an approval; prints its id.')
    .argument('<vault/key[/version]>', 'the key or version; a vault alone for all its keys', parseTarget)
    .addOption(new Option('--act <act...>', 'the acts that it allows').choices(approvableActs).makeOptionMandatory())
    .requiredOption('--why <text>', 'the reason', parseWhy)
    .option(
      '--by <oid>',
      'who may do it: an object id (on the local Azure also a name), or anyone but the granter',
      'anyone',
    )
    .option('--from <moment>', 'when it begins, in ISO 8601; now if left out', parseMoment)
    .option('--hours <n>', 'how long it lasts from then', parseHours, 1)
    .option('--ticket <id>', 'the ticket that discusses it')
    .action((target, options) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        await refuseUnknown(target, ports);
        const { act: acts, why, by, from = ports.now(), hours, ticket } = options;
        const asked = await askApproval(
          {
            vault: target.vault,
            key: target.key ?? '*',
            version: target.version ?? '*',
            acts,
            by: byWhom(by, context),
            from,
            until: later(from, hours * HOUR_MS),
            why,
            ...(ticket === undefined ? {} : { ticket }),
          },
          who,
          ports,
        );
        return `Asked: ${asked.id}, from ${utc(asked.from)} until ${utc(asked.until)}.\nSomebody else grants it: ${context.commandLine('--as approver approve grant', target.vault, asked.id)}`;
      })(),
    );
};

const grant: CommandGroup = (group, run) => {
  group
    .command('grant')
    .description('Grants what somebody else asked for.')
    .argument('<vault>', 'the vault it is for', parseVault)
    .argument('<id>', 'its id')
    .action((vault, id) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        await refuseUnknown({ vault }, ports);
        const granted = await grantApproval(vault, id, who, ports);
        return ['Granted:', ...approvalLines(granted, context)].join('\n');
      })(),
    );
};

const withdraw: CommandGroup = (group, run) => {
  group
    .command('withdraw')
    .description('Withdraws an approval. A state that it has approved already stays approved.')
    .argument('<vault>', 'the vault it is for', parseVault)
    .argument('<id>', 'its id')
    .action((vault, id) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        await refuseUnknown({ vault }, ports);
        await withdrawApproval(vault, id, who, ports);
        return 'Withdrawn.';
      })(),
    );
};
