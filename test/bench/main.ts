import { Command, Option } from '@commander-js/extra-typings';
import type { Figure } from './figure.ts';
import { measurements } from './registry.ts';
import { tableHead, tableLine } from './table.ts';

const command = new Command('npm run bench --')
  .description('Measures what the guardian is held to. Status 1 where a figure misses its target.')
  .option('--json', 'print one line of JSON instead of a table')
  .addOption(
    new Option('--only <figure>', 'measure this figure alone').choices(measurements.flatMap(({ names }) => names)),
  );
command.parse();
const { json = false, only } = command.opts();

const say = (line: string): void => {
  if (!json) process.stdout.write(`${line}\n`);
};

say(tableHead());
const figures: Figure[] = [];
for (const { names, measure } of measurements) {
  if (only !== undefined && !names.includes(only)) continue;
  const from = performance.now();
  const all = await measure();
  let tookMs: number | undefined = performance.now() - from;
  for (const measured of all) {
    if (only !== undefined && measured.name !== only) continue;
    figures.push(measured);
    say(tableLine(measured, tookMs));
    tookMs = undefined;
  }
}
if (json) process.stdout.write(`${JSON.stringify({ figures })}\n`);
process.exitCode = figures.every(({ ok }) => ok) ? 0 : 1;
