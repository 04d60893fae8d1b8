import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import about from '../package.json' with { type: 'json' };
import { UNPLAIN } from './unplain.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe.each(['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s', (page) => {
  test('names no script and links to no file that does not exist', () => {
    const scripts = [...textOf(page).matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name ?? '');
    expect(scripts.filter((name) => !(name in about.scripts))).toEqual([]);
    const linked = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path ?? '');
    expect(linked.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });

  test('has no word that has to be decoded', () => {
    expect(
      textOf(page)
        .split('\n')
        .filter((line) => UNPLAIN.test(line)),
    ).toEqual([]);
  });
});

test('the changelog has the version of package.json', () => {
  expect(textOf('CHANGELOG.md')).toContain(`\n## ${about.version}\n`);
});

describe.each(readdirSync(join(root, '.github/workflows')))('the workflow %s', (file) => {
  const workflow = textOf(`.github/workflows/${file}`);

  test('uses each action by the hash of a commit, and names its release', () => {
    const uses = [...workflow.matchAll(/uses: (.+)$/gm)].map(([, action]) => action);
    expect(uses.filter((action) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''))).toEqual([]);
  });

  test('may only read, and keeps no credential', () => {
    expect(workflow).toContain('\npermissions:\n  contents: read\n');
    expect(workflow).not.toMatch(/: write|secrets\./);
    expect(workflow.match(/persist-credentials: false/g)).toHaveLength(
      workflow.match(/actions\/checkout@/g)?.length ?? 0,
    );
  });
});
