import { paceLine } from '../pace.ts';
import { seedLine } from '../seed.ts';
import type { StepResult } from './scene.ts';

/** What stands above the steps: what to expect of them, how fast it goes here, and by which seed. */
export function headLines(seed: number, guarded: boolean): string {
  const expected = guarded
    ? "Alerts go to a signed webhook and to a Teams channel of the demo's own, which stand for whoever is on call."
    : 'No guardian runs: every step below is MEANT TO FAIL, and shows what becomes of keys without one.';
  return `${[expected, paceLine, seedLine(seed)].join('\n')}\n`;
}

/** A step in one line: whether it is as it should be, its name, who did what, what came of it, and the first line of what was told to whom. */
export function stepLine({ name, ok, actor, act, outcome, alerts }: StepResult): string {
  // Where nobody acted there is nothing to tell of.
  if (actor === null || act === null) return line(name, ok, outcome);
  const told = alerts.map(({ audience, title }) => `told ${audience}: "${title}"`);
  return line(name, ok, `${userOf(actor)} ${act}`, outcome, ...(told.length === 0 ? ['told nobody'] : told));
}

const line = (name: string, ok: boolean, ...said: readonly string[]): string =>
  `${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(30)}  ${said.join('; ')}`;

/** What stands below the steps. */
export function endLine(steps: readonly Pick<StepResult, 'name' | 'ok'>[], guarded: boolean): string {
  const [well, badly] = [true, false].map((wanted) => steps.filter(({ ok }) => ok === wanted).map(({ name }) => name));
  if (guarded)
    return badly?.length === 0 ? 'Every step is as it should be.' : `Not as it should be: ${badly?.join(', ')}.`;
  return well?.length === 0
    ? 'Every step failed, as meant: no guardian ran.'
    : `Not as meant: without a guardian these did not fail: ${well?.join(', ')}.`;
}

/** `mallory` of `mallory@contoso.example`. */
const userOf = (actor: string): string => actor.replace(/@.*$/, '');
