import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../../local/cli/main.ts', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function keyGuardian(...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
}

describe('key-guardian', () => {
  it('lists its commands with status 0', async () => {
    const { status, out, err } = await keyGuardian('--help');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    for (const command of ['status', 'baseline', 'approve', 'hold', 'incident', 'restore', 'trail'])
      expect(out).toContain(command);
  });

  it('ends with status 1 and one sentence where no local Azure runs', async () => {
    const { status, out, err } = await keyGuardian('--folder', folder, 'status');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([
      `No local guardian runs here: ${join(folder, 'azure.json')} is not there. Start one with "npm start" and leave it running.`,
    ]);
  });

  it('ends with status 1 and one sentence where azure.json is damaged', async () => {
    await writeFile(join(folder, 'azure.json'), '{"vaults":[');
    const { status, err } = await keyGuardian('--folder', folder, 'status');
    expect(status).toBe(1);
    expect(err.trimEnd()).toBe(`${join(folder, 'azure.json')} cannot be read: stop "npm start" and start it again.`);
  });
});
