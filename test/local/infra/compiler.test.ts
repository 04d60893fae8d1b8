import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { bicepCompiler, CompilerMissing } from '../../../local/infra/compiler.ts';
import { bicepParameters } from '../../../local/infra/snapshot.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-compiler-'));
  // A compiler that prints its first argument where diagnostics go, and ends with the second.
  await writeFile(join(folder, 'bicep'), '#!/bin/sh\nprintf "%s" "$1" >&2\nexit "$2"\n');
  await chmod(join(folder, 'bicep'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe('a run of the compiler', () => {
  test.each([
    ['nothing', '', '0', /^$/],
    ['a warning, with which the compiler ends well', 'a.bicep(1,1) : Warning BCP037: no such property', '0', /BCP037/],
    ['an error', 'a.bicep(1,1) : Error BCP018: expected', '1', /BCP018/],
    ['nothing, and a bad end', '', '3', /^bicep {2}3: /],
  ])('has %s for a fault', async (_says, printed, status, faults) => {
    vi.stubEnv('PATH', folder); // without dotnet
    const compiler = await bicepCompiler(join(folder, 'made'));
    expect((await compiler.run(printed, status)).faults).toMatch(faults);
  });
});

test('where there is neither bicep nor dotnet, it says what to install', async () => {
  vi.stubEnv('PATH', join(folder, 'nothing'));
  const missing = bicepCompiler(join(folder, 'made'));
  await expect(missing).rejects.toThrow(CompilerMissing);
  await expect(missing).rejects.toThrow(/install one of both/);
});

test('a value stays itself in a parameter file: quotes, backslashes and what begins like an expression', () => {
  const expression = ['$', '{x}'].join('');
  expect(bicepParameters('a.bicep', { tags: { owner: `it's \\ ${expression}` } })).toBe(
    `using 'a.bicep'\nparam tags = json('{"owner":"it\\'s \\\\\\\\ \\${expression}"}')\n`,
  );
});
