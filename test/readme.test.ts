import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { madePages } from '../local/docs.ts';
import { policySchemaText } from '../local/policy-schema.ts';
import { UNPLAIN } from './unplain.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const scripts: Record<string, string> = JSON.parse(textOf('package.json')).scripts;
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

test.each(Object.entries(madePages()))(
  '%s is as the schemas, rules and kinds say it: run "npm run schema"',
  (path, text) => {
    expect(textOf(path)).toBe(text);
  },
);

describe.each(pages)('%s', (page) => {
  test('names no script that does not exist', () => {
    const named = [...textOf(page).matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('links to no file that does not exist', () => {
    const linked = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path ?? '');
    expect(linked.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });
});

describe('README.md', () => {
  const readme = textOf('README.md');

  test('explains at most 12 terms', () => {
    const [, glossary = ''] = readme.split('| Term | What it is |\n| --- | --- |\n');
    const terms = glossary.split('\n').filter((line) => line.startsWith('| '));
    expect(terms.length).toBeGreaterThan(0);
    expect(terms.length).toBeLessThanOrEqual(12);
  });

  test('counts neither rules nor steps: such numbers change', () => {
    expect(readme).not.toMatch(
      /\b(\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (rules|steps|kinds)\b/,
    );
  });

  test('has no word that a reader has to decode', () => {
    expect(readme).not.toMatch(UNPLAIN);
  });
});

test('policy.schema.json is the schema that the app parses the policy with: run "npm run schema"', () => {
  expect(textOf('policy.schema.json')).toBe(policySchemaText());
});

test('no script holds shell syntax, so that they run on every system', () => {
  expect(Object.values(scripts).filter((script) => /[;&|<>$`"']/.test(script))).toEqual([]);
});
