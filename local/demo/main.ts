import { Command } from 'commander';
import { playDemo } from './play.ts';
import type { StepResult } from './scene.ts';

const command = new Command('npm run demo --')
  .description(
    'Plays the story in under a minute: keys are attacked, the guardian undoes or tells, and the local Azure says whether it did.',
  )
  .option('--json', 'print one line of JSON instead of text')
  .option('--unguarded', 'play it without the guardian: every step has to fail');
command.parse();
const { json = false, unguarded = false } = command.opts<{ readonly json?: boolean; readonly unguarded?: boolean }>();

const clock = (at: string | null): string => (at === null ? '-' : at.slice(11, 23));
const line = ({ name, ok, actedAt, detectedAt, restoredAt, restoreMs }: StepResult): string =>
  `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(26)} acted ${clock(actedAt).padEnd(12)}  seen ${clock(detectedAt).padEnd(12)}  restored ${clock(restoredAt).padEnd(12)}  ${restoreMs === null ? '' : `${restoreMs} ms`}`;

const result = await playDemo((step) => {
  if (!json) process.stdout.write(`${line(step)}\n`);
}, !unguarded);
process.stdout.write(
  json
    ? `${JSON.stringify(result)}\n`
    : `\n${result.ok ? 'Every step is as it should be.' : 'A step is not as it should be.'}\n`,
);
process.exitCode = result.ok ? 0 : 1;
