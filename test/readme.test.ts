import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { policySchemaText } from '../local/policy-schema.ts';
import { withReferences } from '../local/readme-references.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const scripts: Record<string, string> = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).scripts;

describe('the README', () => {
  test('has every setting and every member of the policy, as the schemas say them: run "npm run schema"', () => {
    expect(readme).toBe(withReferences(readme));
  });

  test('names no script that does not exist', () => {
    const named = [...readme.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
  });
});

test('policy.schema.json is the schema that the app parses the policy with: run "npm run schema"', () => {
  expect(readFileSync(new URL('../policy.schema.json', import.meta.url), 'utf8')).toBe(policySchemaText());
});

test('no script holds shell syntax, so that they run on every system', () => {
  expect(Object.values(scripts).filter((script) => /[;&|<>$`"']/.test(script))).toEqual([]);
});
