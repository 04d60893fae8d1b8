import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { parseSeed } from '../seed.ts';
import { playDemo } from './play.ts';
import { endLine, headLines, stepLine } from './text.ts';

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0) throw new InvalidArgumentError('Give seconds as a number above 0.');
  return seconds;
}

const command = new Command('npm run demo --')
  .description(
    'Plays the story in under a minute: keys are attacked, the guardian undoes or tells, and the local Azure says whether it did.',
  )
  .option('--json', 'print one line of JSON instead of text')
  .option('--unguarded', 'play it without the guardian: every step is meant to fail, and the status is 1')
  .option('--seconds <n>', 'what has to come has to have come so long after the first acts', parseSeconds, 50)
  .option('--seed <n>', 'where chance in the local Azure starts, as another run printed it', parseSeed);
command.parse();
const { json = false, unguarded = false, seconds, seed } = command.opts();

const print = (text: string): void => {
  if (!json) process.stdout.write(text);
};

const result = await playDemo({
  guarded: !unguarded,
  limitMs: seconds * 1_000,
  ...(seed === undefined ? {} : { seed }),
  onStart: (azure) => print(`${headLines(azure.seed, !unguarded)}\n`),
  onStep: (step) => print(`${stepLine(step)}\n`),
});
process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${endLine(result.steps, !unguarded)}\n`);
process.exitCode = result.ok ? 0 : 1;
