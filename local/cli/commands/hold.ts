import { Option } from '@commander-js/extra-typings';
import { z } from 'zod';
import { approval } from '../../../shared/domain/approval.ts';
import { type Hold, hold as holdSchema, spellHold } from '../../../shared/domain/hold.ts';
import { spell } from '../../../shared/domain/key.ts';
import { utc } from '../../../shared/domain/time.ts';
import { grantLine } from '../approvals.ts';
import type { CommandGroup } from '../command.ts';
import type { Context } from '../context.ts';
import { holdLine } from '../holds.ts';
import { parseHours, parseId, parseVaultOrKey, parseWhy } from '../target.ts';

const answer = z.object({ hold: holdSchema });
const released = answer.extend({
  keys: z.array(z.object({ vault: z.string(), key: z.string(), undone: z.boolean() })),
  asked: z.array(approval),
  others: z.array(holdSchema),
});
type Released = z.infer<typeof released>;

/** `hold set|extend|release`. */
export const hold: CommandGroup = (program, run) => {
  const group = program.command('hold').description('Stops every write of the guardian at once.');
  group
    .command('set')
    .description("Stops the guardian's writes to a key, a vault, or everything.")
    .argument('[vault[/key]]', 'the key or the vault; everything if left out', parseVaultOrKey)
    .requiredOption('--why <text>', 'the reason', parseWhy)
    .option('--hours <n>', 'hours until it ends by itself; 4 for a key, 0.5 otherwise, and no more', parseHours)
    .action((target, options) =>
      run(async ({ api }) => {
        const { hold: set } = await api.post('holds', { vault: target?.vault, key: target?.key, ...options }, answer);
        return `Hold ${set.id} stops every write to ${spellHold(set)} until ${utc(set.until)}.`;
      })(),
    );
  group
    .command('extend')
    .description('Extends a hold that another person set.')
    .argument('<id>', 'its id', parseId)
    .requiredOption('--hours <n>', 'hours from now until it ends by itself', parseHours)
    .action((id, options) =>
      run(async ({ api }) => {
        const { hold: extended } = await api.post(`holds/${id}/extend`, options, answer);
        return `Hold ${id} stops every write to ${spellHold(extended)} until ${utc(extended.until)}.`;
      })(),
    );
  group
    .command('release')
    .description('Ends a hold. What changed during it stays as it is until a person gives --undo or --accept.')
    .argument('<id>', 'its id; also of a hold that has ended', parseId)
    .addOption(new Option('--undo', 'the guardian undoes what changed during the hold').conflicts('accept'))
    .addOption(
      new Option('--accept', 'asks for an approval of what changed during the hold; a second person grants it'),
    )
    .action((id, { undo, accept }) =>
      run(async (context) => {
        const as = undo === true ? 'undo' : accept === true ? 'accept' : undefined;
        const over = await context.api.post(`holds/${id}/release`, { as }, released);
        return as === undefined ? releasedText(over, context) : settledText(over, context);
      })(),
    );
};

/** Lines for the other holds that stop writes to something that a hold is on; none where there are none. */
function othersOn({ hold: over, others }: Released): readonly string[] {
  const same = others.filter((other) => overlap(over, other));
  return same.length === 0 ? [] : [`Other holds still stop writes to ${spellHold(over)}:`, ...same.map(holdLine)];
}

function releasedText(answered: Released, { commandLine }: Context): string {
  const { hold: over } = answered;
  const others = othersOn(answered);
  const unsettled = [
    'What changed during the hold stays as it is until you run one of:',
    ...['--undo', '--accept'].map((as) => `  ${commandLine('hold release', over.id, as)}`),
  ];
  return [
    ...(others.length === 0 ? [`Writes to ${spellHold(over)} go on.`] : ['Released.', ...others]),
    ...(over.settled === undefined ? unsettled : []),
  ].join('\n');
}

function settledText(answered: Released, context: Context): string {
  const { hold: over, keys, asked } = answered;
  const others = othersOn(answered);
  if (keys.length === 0 && others.length === 0)
    return `Hold ${over.id} has ended, and nothing that changed during it is left to settle.`;
  if (keys.length === 0)
    return [`Hold ${over.id} has ended. What changed is settled with the last hold to end.`, ...others].join('\n');
  if (over.settled?.as === 'undo') {
    const undone = keys.filter((key) => key.undone);
    const left = keys.filter((key) => !key.undone);
    return [
      ...(undone.length === 0
        ? []
        : [
            `The guardian undoes ${others.length === 0 ? 'within seconds ' : ''}what changed during hold ${over.id}${others.length === 0 ? '' : ', once no other hold stops it'}: ${undone.map(spell).join(', ')}.`,
            ...others,
          ]),
      ...(left.length === 0 ? [] : ['The guardian undoes nothing for keys in alert. Restore those with:']),
      ...left.map((key) => `  ${context.commandLine('restore', spell(key))}`),
    ].join('\n');
  }
  return [
    `An approval was asked for what changed during hold ${over.id}: ${keys.map(spell).join(', ')}. Another person grants it:`,
    ...asked.map((approval) => `  ${grantLine(approval, context)}`),
  ].join('\n');
}

/** Whether both stop writes to at least one same key. */
const overlap = (one: Pick<Hold, 'vault' | 'key'>, other: Pick<Hold, 'vault' | 'key'>): boolean =>
  meet(one.vault, other.vault) && meet(one.key, other.key);

const meet = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;
