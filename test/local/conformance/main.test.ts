import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../../local/conformance/main.ts', import.meta.url));

function conformance(...args: readonly string[]): Promise<{ readonly status: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, _stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stderr }),
    );
  });
}

test('a folder that is not there is a sentence and status 2', async () => {
  const folder = join(tmpdir(), 'key-guardian-no-such-folder');
  const { status, stderr } = await conformance(folder);
  expect(stderr).toContain(`The evidence cannot be read: ${join(folder, 'recordings')}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});

test('no folder named is a sentence and status 2', async () => {
  expect(await conformance()).toEqual({ status: 2, stderr: "error: missing required argument 'folder'\n" });
});
