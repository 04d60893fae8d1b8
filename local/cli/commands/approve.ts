import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { z } from 'zod';
import { approvableActs, approval } from '../../../shared/domain/approval.ts';
import { utc } from '../../../shared/domain/time.ts';
import { approvalLines, byWhom, grantLine } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import { parseHours, parseId, parseMoment, parseTarget, parseVault, parseWhy, type Target } from '../target.ts';

const answer = z.object({ approval });

/** `approve ask|grant|withdraw|break-glass`. */
export const approve: CommandGroup = (program, run, ending) => {
  const group = program.command('approve').description('Approves changes: one person asks, another grants.');
  for (const command of [ask, grant, withdraw, breakGlass]) command(group, run, ending);
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
    .action(({ vault, key, version }, { act: acts, by, from, ...options }) =>
      run(async (context) => {
        const given = { key, version, acts, by: byWhom(by, context), from: from?.toISOString(), ...options };
        const { approval: asked } = await context.api.post(`approvals/${vault}`, given, answer);
        return `Asked: ${asked.id}, from ${utc(asked.from)} until ${utc(asked.until)}.\nSomebody else grants it: ${grantLine(asked, context)}`;
      })(),
    );
};

const grant: CommandGroup = (group, run) => {
  group
    .command('grant')
    .description('Grants what somebody else asked for.')
    .argument('<vault>', 'the vault it is for', parseVault)
    .argument('<id>', 'its id', parseId)
    .action((vault, id) =>
      run(async (context) => {
        const path = `approvals/${vault}/${id}/grant`;
        const { approval: granted } = await context.api.post(path, {}, answer);
        return ['Granted:', ...approvalLines(granted, context)].join('\n');
      })(),
    );
};

const withdraw: CommandGroup = (group, run) => {
  group
    .command('withdraw')
    .description('Withdraws an approval. A state that it has approved already stays approved.')
    .argument('<vault>', 'the vault it is for', parseVault)
    .argument('<id>', 'its id', parseId)
    .action((vault, id) =>
      run(async ({ api }) => {
        await api.post(`approvals/${vault}/${id}/withdraw`, {}, answer);
        return 'Withdrawn.';
      })(),
    );
};

/** A version, whole. */
function parseVersion(text: string): Target {
  const target = parseTarget(text);
  if (target.version === undefined) throw new InvalidArgumentError('Name the version: vault/key/version.');
  return target;
}

const breakGlass: CommandGroup = (group, run) => {
  group
    .command('break-glass')
    .description('Allows you to disable one version within the hour, without a second person. Everyone is alerted.')
    .argument('<vault/key/version>', 'the version', parseVersion)
    .requiredOption('--why <text>', 'the reason', parseWhy)
    .action(({ vault, key, version }, { why }) =>
      run(async ({ api }) => {
        const path = `break-glass/${vault}/${key}/${version}`;
        const { approval: allowed } = await api.post(path, { why }, answer);
        return `You may disable ${vault}/${key}/${version} until ${utc(allowed.until)}. Everyone is alerted.`;
      })(),
    );
};
