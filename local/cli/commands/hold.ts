import { Option } from '@commander-js/extra-typings';
import { releaseHold, type Settled, setHold, settleHold } from '../../../shared/approvals/hold.ts';
import { readHolds } from '../../../shared/approvals/read.ts';
import { DEFAULT_HOLD_MS, type Hold, spellHold } from '../../../shared/domain/hold.ts';
import { type KeyId, spell } from '../../../shared/domain/key.ts';
import { keyPolicy } from '../../../shared/domain/policy.ts';
import { HOUR_MS, utc } from '../../../shared/domain/time.ts';
import { type CommandGroup, localOnly } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine, standing } from '../holds.ts';
import { refuseUnknown } from '../known.ts';
import { parseHours, parseVaultOrKey, parseWhy } from '../target.ts';

/** `hold set|release`. */
export const hold: CommandGroup = (program, run) => {
  const group = program.command('hold').description('Stops every write of the guardian at once (local Azure only).');
  group
    .command('set')
    .description('Stops writes to a key, a vault, or everything.')
    .argument('[vault[/key]]', 'what it stops; everything where left out', parseVaultOrKey)
    .requiredOption('--why <text>', 'why', parseWhy)
    .option('--hours <n>', 'when it ends by itself', parseHours, DEFAULT_HOLD_MS / HOUR_MS)
    .action((target, options) =>
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
  group
    .command('release')
    .description('Ends a hold. What changed under it stays as it is until a person says what becomes of it.')
    .argument('<id>', 'its id; also of one that is over')
    .addOption(new Option('--undo', 'what changed under it is undone').conflicts('accept'))
    .addOption(new Option('--accept', 'what changed under it is to be approved: a second person grants'))
    .action((id, { undo, accept }) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        if (undo === true) return settledText(await settleHold(id, 'undo', who, ports), context);
        if (accept === true) return settledText(await settleHold(id, 'accept', who, ports), context);
        return released(await releaseHold(id, who, ports), context);
      })(),
    );
};

async function released(over: Hold, { ports, commandLine }: Context): Promise<string> {
  const others = standing(await readHolds(ports), ports.now()).filter((other) => overlap(over, other));
  const unsettled = [
    'What changed under it stays as it is until you say which:',
    ...['--undo', '--accept'].map((as) => `  ${commandLine('hold release', over.id, as)}`),
  ];
  return [
    others.length === 0
      ? `Writes to ${spellHold(over)} go on.`
      : `Released. Other holds still stand on ${spellHold(over)}:`,
    ...others.map(holdLine),
    ...(over.settled === undefined ? unsettled : []),
  ].join('\n');
}

function settledText({ hold: over, keys, asked }: Settled, { ports, commandLine }: Context): string {
  const names = keys.map(spell).join(', ');
  if (keys.length === 0) return `Hold ${over.id} is over, and nothing is left of what changed under it.`;
  if (over.settled?.as === 'undo') {
    const isInBlock = ({ vault, key }: KeyId): boolean => keyPolicy(ports.policy, vault, key).mode === 'block';
    const undone = keys.filter(isInBlock);
    const left = keys.filter((key) => !isInBlock(key));
    return [
      ...(undone.length === 0
        ? []
        : [`The guardian undoes what changed under hold ${over.id}: ${undone.map(spell).join(', ')}.`]),
      ...(left.length === 0 ? [] : ['In alert nothing is undone. What changed there is restored with:']),
      ...left.map((key) => `  ${commandLine('restore', spell(key))}`),
    ].join('\n');
  }
  return [
    `Asked to approve what changed under hold ${over.id}: ${names}. Somebody else grants:`,
    ...asked.map(({ vault, id }) => `  ${commandLine('--as approver approve grant', vault, id)}`),
  ].join('\n');
}

/** Whether there is a key whose writes both stop. */
const overlap = (one: Pick<Hold, 'vault' | 'key'>, other: Pick<Hold, 'vault' | 'key'>): boolean =>
  meet(one.vault, other.vault) && meet(one.key, other.key);

const meet = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;
