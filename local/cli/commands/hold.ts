import { Option } from '@commander-js/extra-typings';
import { releaseHold, type Settled, setHold, settleHold } from '../../../shared/approvals/hold.ts';
import { readHolds } from '../../../shared/approvals/read.ts';
import { DEFAULT_HOLD_MS, type Hold, spellHold } from '../../../shared/domain/hold.ts';
import { type KeyId, spell } from '../../../shared/domain/key.ts';
import { keyPolicy } from '../../../shared/domain/policy.ts';
import { HOUR_MS, utc } from '../../../shared/domain/time.ts';
import type { Ports } from '../../../shared/ports.ts';
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
    .description("Stops the guardian's writes to a key, a vault, or everything.")
    .argument('[vault[/key]]', 'the key or the vault; everything if left out', parseVaultOrKey)
    .requiredOption('--why <text>', 'the reason', parseWhy)
    .option('--hours <n>', 'hours until it ends by itself', parseHours, DEFAULT_HOLD_MS / HOUR_MS)
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
    .description('Ends a hold. What changed during it stays as it is until a person gives --undo or --accept.')
    .argument('<id>', 'its id; also of a hold that has ended')
    .addOption(new Option('--undo', 'the guardian undoes what changed during the hold').conflicts('accept'))
    .addOption(
      new Option('--accept', 'asks for an approval of what changed during the hold; a second person grants it'),
    )
    .action((id, { undo, accept }) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        if (undo === true) return settledText(await settleHold(id, 'undo', who, ports), context);
        if (accept === true) return settledText(await settleHold(id, 'accept', who, ports), context);
        return released(await releaseHold(id, who, ports), context);
      })(),
    );
};

/** Lines for the other holds that stop writes to something that a hold is on; none where there are none. */
async function othersOn(over: Hold, ports: Ports): Promise<readonly string[]> {
  const others = standing(await readHolds(ports), ports.now()).filter(
    (other) => other.id !== over.id && overlap(over, other),
  );
  return others.length === 0 ? [] : [`Other holds still stop writes to ${spellHold(over)}:`, ...others.map(holdLine)];
}

async function released(over: Hold, { ports, commandLine }: Context): Promise<string> {
  const others = await othersOn(over, ports);
  const unsettled = [
    'What changed during the hold stays as it is until you run one of:',
    ...['--undo', '--accept'].map((as) => `  ${commandLine('hold release', over.id, as)}`),
  ];
  return [
    ...(others.length === 0 ? [`Writes to ${spellHold(over)} go on.`] : ['Released.', ...others]),
    ...(over.settled === undefined ? unsettled : []),
  ].join('\n');
}

async function settledText({ hold: over, keys, asked }: Settled, { ports, commandLine }: Context): Promise<string> {
  const others = await othersOn(over, ports);
  const names = keys.map(spell).join(', ');
  if (keys.length === 0 && others.length === 0)
    return `Hold ${over.id} has ended, and nothing that changed during it is left to settle.`;
  if (keys.length === 0)
    return [`Hold ${over.id} has ended. What changed is settled with the last hold to end.`, ...others].join('\n');
  if (over.settled?.as === 'undo') {
    const isInBlock = ({ vault, key }: KeyId): boolean => keyPolicy(ports.policy, vault, key).mode === 'block';
    const undone = keys.filter(isInBlock);
    const left = keys.filter((key) => !isInBlock(key));
    return [
      ...(undone.length === 0
        ? []
        : [
            `The guardian undoes what changed during hold ${over.id}${others.length === 0 ? '' : ', once no other hold stops it'}: ${undone.map(spell).join(', ')}.`,
            ...others,
          ]),
      ...(left.length === 0 ? [] : ['The guardian undoes nothing for keys in alert. Restore those with:']),
      ...left.map((key) => `  ${commandLine('restore', spell(key))}`),
    ].join('\n');
  }
  return [
    `An approval was asked for what changed during hold ${over.id}: ${names}. Another person grants it:`,
    ...asked.map(({ vault, id }) => `  ${commandLine('--as approver approve grant', vault, id)}`),
  ].join('\n');
}

/** Whether both stop writes to at least one same key. */
const overlap = (one: Pick<Hold, 'vault' | 'key'>, other: Pick<Hold, 'vault' | 'key'>): boolean =>
  meet(one.vault, other.vault) && meet(one.key, other.key);

const meet = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;
