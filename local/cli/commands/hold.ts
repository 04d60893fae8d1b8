import { readHolds } from '../../../shared/approvals/read.ts';
import { releaseHold, setHold } from '../../../shared/approvals/say.ts';
import { DEFAULT_HOLD_MS, type Hold, spellHold } from '../../../shared/domain/hold.ts';
import { HOUR_MS, utc } from '../../../shared/domain/time.ts';
import { type CommandGroup, localOnly } from '../command.ts';
import { holdLine, standing } from '../holds.ts';
import { refuseUnknown } from '../known.ts';
import { parseHours, parseTarget, parseWhy } from '../target.ts';

/** `hold set|release`. */
export const hold: CommandGroup = (program, run) => {
  const group = program.command('hold').description('Stops every write of the guardian at once (local Azure only).');
  group
    .command('set')
    .description('Stops writes to a key, a vault, or everything.')
    .argument('[vault[/key]]', 'what it stops; everything where left out', parseTarget)
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
    .description('Ends a hold.')
    .argument('<id>', 'its id')
    .action((id) =>
      run(async (context) => {
        const { ports, who } = localOnly(context);
        const released = await releaseHold(id, who, ports);
        const others = standing(await readHolds(ports), ports.now()).filter((other) => overlap(released, other));
        return others.length === 0
          ? `Writes to ${spellHold(released)} go on.`
          : [`Released. Other holds still stand on ${spellHold(released)}:`, ...others.map(holdLine)].join('\n');
      })(),
    );
};

/** Whether there is a key whose writes both stop. */
const overlap = (one: Pick<Hold, 'vault' | 'key'>, other: Pick<Hold, 'vault' | 'key'>): boolean =>
  meet(one.vault, other.vault) && meet(one.key, other.key);

const meet = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;
