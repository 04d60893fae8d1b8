import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attack } from '../../local/attacks.ts';
import { findLocalAzure, outsideClient } from '../../local/outside-client.ts';

const script = fileURLToPath(new URL('../../local/start.ts', import.meta.url));
const patient = { timeout: 20_000, interval: 50 };

const start = (folder: string) =>
  spawn(process.execPath, [script, '--folder', folder], { stdio: ['ignore', 'pipe', 'pipe'] });

let folder = '';
let child: ReturnType<typeof start>;
let shown = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-start-'));
  child = start(folder);
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      shown += chunk;
    });
  await vi.waitUntil(() => shown.includes('Ctrl+C stops it.'), patient);
});
afterAll(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  it('says what it watches, in which mode, where, and what to try', () => {
    expect(shown).toContain('watches 3 vaults with 8 keys');
    expect(shown).toMatch(/block {2}https:\/\/contoso-disks\.vault\.azure\.net:\d+\n/);
    expect(shown).toMatch(/alert {2}https:\/\/contoso-dev\.vault\.azure\.net:\d+\n/);
    expect(shown).toContain(join(folder, 'azure.json'));
    expect(shown).toContain('npm run attack -- disable contoso-disks/disk-web');
  });

  it('undoes an attack in front of you: the key is usable again, and the output says so', async () => {
    const client = await outsideClient(await findLocalAzure(folder), 'contoso-disks', 'attacker');
    await attack('disable', client, 'disk-web');
    expect((await client.getKey('disk-web')).properties.enabled).toBe(false);
    await expect.poll(async () => (await client.getKey('disk-web')).properties.enabled, patient).toBe(true);
    await expect.poll(() => shown, patient).toMatch(/resolved: restored after [\s\S]*where: contoso-disks\/disk-web/);
  });

  it('does not start a second time over the first, and says what to do', async () => {
    const second = start(folder);
    const [err, [status]] = await Promise.all([text(second.stderr), once(second, 'close')]);
    expect(err).toContain(
      'A local guardian runs already: stop it, or give this one a folder of its own with --folder.',
    );
    expect(status).toBe(1);
    await expect(findLocalAzure(folder)).resolves.toBeDefined();
  });

  it('ends on Ctrl+C with status 0, and leaves no address behind', async () => {
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    await expect(access(join(folder, 'azure.json'))).rejects.toThrow('ENOENT');
  });
});
