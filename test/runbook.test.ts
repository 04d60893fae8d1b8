import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../local/cli/program.ts';
import { rules } from '../shared/guard/keys/rules/registry.ts';
import { kinds } from '../shared/incidents/kinds/registry.ts';
import { UNPLAIN } from './unplain.ts';

const text = readFileSync(new URL('../docs/runbook.md', import.meta.url), 'utf8');
const [, ...sections] = text.split(/^### /m);
const titled = sections.map((section): readonly [string, string] => {
  const [title = '', ...body] = section.split(/^## /m)[0]?.split('\n') ?? [];
  return [title.replaceAll('`', ''), body.join('\n')];
});

/** What an incident is called by alerts: its kind, and the reason where there are several. */
const incidents = [
  ...rules.map(({ id }) => id),
  ...kinds.flatMap(({ id, reasons }) =>
    Object.keys(reasons).map((reason) => (reason === id ? id : `${id} (${reason})`)),
  ),
];

test('the runbook has a section for every incident, and for no other', () => {
  expect(titled.map(([title]) => title).toSorted()).toEqual(incidents.toSorted());
});

describe('the runbook says', () => {
  test.each(titled)('of %s what happened, what to check, and what to type', (_, body) => {
    expect(body).toMatch(
      /\n\*\*What happened\.\*\* \S[\s\S]+\n\n\*\*Check\.\*\* \S[\s\S]+\n\n\*\*Type\.\*\*[\s\S]+```sh\n\S[\s\S]+\n```\n/,
    );
  });

  test('no word that has to be decoded', () => {
    expect(text.split('\n').filter((line) => UNPLAIN.test(line))).toEqual([]);
  });
});

const commands = [...new Set([...text.matchAll(/^npm run key-guardian -- (.+)$/gm)].map(([, words]) => words ?? ''))];

test.each(commands)('the command line takes: %s', async (typed) => {
  const words = typed.replaceAll(/ "[^"]+"/g, '').split(' ');
  const named = words.filter((word) => !word.startsWith('<') && !word.startsWith('--'));
  const said: string[] = [];
  const print = (printed: string): void => void said.push(printed);
  expect(await runCommand([...named, '--help'], { out: print, err: print })).toBe(0);
  const help = said.join('');
  expect(help).toContain(`npm run key-guardian -- ${named.join(' ')} [options]`);
  for (const option of words.filter((word) => word.startsWith('--'))) expect(help).toContain(` ${option}`);
});
