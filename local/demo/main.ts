import { Command, InvalidArgumentError } from 'commander';
import { playDemo } from './play.ts';
import type { StepResult } from './scene.ts';

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
  .option('--unguarded', 'play it without the guardian: every step has to fail')
  .option('--step-seconds <n>', 'how long a step waits for what has to come', parseSeconds, 40);
command.parse();
const {
  json = false,
  unguarded = false,
  stepSeconds,
} = command.opts<{ readonly json?: boolean; readonly unguarded?: boolean; readonly stepSeconds: number }>();

const clock = (at: string | null): string => (at === null ? '-' : at.slice(11, 23));
const line = ({ name, ok, actedAt, detectedAt, restoredAt, restoreMs }: StepResult): string =>
  `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(26)} acted ${clock(actedAt).padEnd(12)}  seen ${clock(detectedAt).padEnd(12)}  restored ${clock(restoredAt).padEnd(12)}  ${restoreMs === null ? '' : `${restoreMs} ms`}`;

const result = await playDemo({
  guarded: !unguarded,
  stepLimitMs: stepSeconds * 1_000,
  onStep: (step) => {
    if (!json) process.stdout.write(`${line(step)}\n`);
  },
});
process.stdout.write(
  json
    ? `${JSON.stringify(result)}\n`
    : `\n${result.ok ? 'Every step is as it should be.' : 'A step is not as it should be.'}\n`,
);
process.exitCode = result.ok ? 0 : 1;
