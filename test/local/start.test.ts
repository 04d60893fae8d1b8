import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attack } from '../../local/attacks.ts';
import { findLocalAzure, outsideClient } from '../../local/outside-client.ts';

const script = fileURLToPath(new URL('../../local/start.ts', import.meta.url));
const patient = { timeout: 100_000, interval: 50 };

const start = (folder: string, ...options: readonly string[]) => {
  const child = spawn(process.execPath, [script, '--folder', folder, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const shown = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      shown.text += chunk;
    });
  return { child, shown };
};
const isUp = ({ shown }: ReturnType<typeof start>): boolean => shown.text.includes('Ctrl+C stops it.');

/** What one that was killed left behind: nobody answers there. */
const LEFT_BEHIND = JSON.stringify({
  vaults: [{ name: 'contoso-disks', url: 'https://contoso-disks.vault.azure.net:1' }],
  caFile: 'gone',
  identities: [],
});

/** Everything that `azure.json` says until the guardian is up, each once in a row; `absent` where it is not there. */
async function seenWhileStarting(starting: ReturnType<typeof start>): Promise<readonly string[]> {
  const seen: string[] = [];
  for (;;) {
    const over = isUp(starting) || starting.child.exitCode !== null;
    const now = await readFile(join(folder, 'azure.json'), 'utf8').catch(() => 'absent');
    if (seen.at(-1) !== now) seen.push(now);
    if (over) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

let home = '';
/** Where the README's commands look for it, from the folder they are run in. */
let folder = '';
let first: ReturnType<typeof start>;
let second: ReturnType<typeof start>;
let seen: readonly string[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'key-guardian-start-'));
  folder = join(home, '.local');
  await mkdir(folder);
  await writeFile(join(folder, 'azure.json'), LEFT_BEHIND);
  first = start(folder, '--seed', '7');
  second = start(join(home, 'second'));
  seen = await seenWhileStarting(first);
  await vi.waitUntil(() => isUp(second), patient);
});
afterAll(async () => {
  first.child.kill('SIGKILL');
  second.child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

describe('npm start', () => {
  it('says what it watches, in which mode, where, and what to try', () => {
    expect(first.shown.text).toContain('watches 3 vaults with 8 keys');
    expect(first.shown.text).toMatch(/block {2}https:\/\/contoso-disks\.vault\.azure\.net:\d+\n/);
    expect(first.shown.text).toMatch(/alert {2}https:\/\/contoso-dev\.vault\.azure\.net:\d+\n/);
    expect(first.shown.text).toContain(join(folder, 'azure.json'));
    expect(first.shown.text).toContain('npm run attack -- disable contoso-disks/disk-web');
  });

  it('says how fast it goes here, and by which seed: the one it was given, or one by chance', () => {
    expect(first.shown.text).toContain('Here each vault is swept every 2 s and audit records are 1 s late');
    expect(first.shown.text).toContain('comes from seed 7;');
    expect(second.shown.text).toMatch(/comes from seed \d+; "--seed \d+" starts it from there again/);
  });

  it('takes away what one left behind that was killed, before it is up, and shows no half of its own', async () => {
    expect(seen).toEqual([LEFT_BEHIND, 'absent', await readFile(join(folder, 'azure.json'), 'utf8')]);
  });

  it('undoes an attack in front of you: the key is usable again, and the output says so', async () => {
    const client = await outsideClient(await findLocalAzure(folder), 'contoso-disks', 'attacker');
    await attack('disable', client, 'disk-web');
    expect((await client.getKey('disk-web')).properties.enabled).toBe(false);
    await expect.poll(async () => (await client.getKey('disk-web')).properties.enabled, patient).toBe(true);
    await expect.poll(() => first.shown.text, patient).toMatch(/resolved: contoso-disks\/disk-web: restored after /);
  });

  it.skipIf(!canRun('curl') || !canRun('sh'))(
    'lets the line of the README disable a key with curl, and undoes it',
    async () => {
      const { stdout } = await promisify(execFile)('sh', ['-c', await curlLine()], {
        cwd: home,
        env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
      });
      expect(JSON.parse(stdout)).toMatchObject({
        key: { kid: expect.stringContaining('/keys/disk-web/') },
        attributes: { enabled: false },
      });
      const client = await outsideClient(await findLocalAzure(folder), 'contoso-disks', 'owner');
      await expect.poll(async () => (await client.getKey('disk-web')).properties.enabled, patient).toBe(true);
    },
  );

  it('does not start a second time over the first, and says what to do', async () => {
    const { child, shown } = start(folder);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toContain(
      'A local guardian runs already: stop it, or give this one a folder of its own with --folder.',
    );
    await expect(findLocalAzure(folder)).resolves.toBeDefined();
  });

  it('does not start where its folder is a file, and says so', async () => {
    const { child, shown } = start(script);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toContain(`${script} is a file: give it a folder with --folder.`);
  });

  it.each(['azure.json', 'policy.json'])('does not start where %s is a folder, and says so', async (name) => {
    const taken = join(home, `taken-by-${name}`);
    await mkdir(join(taken, name), { recursive: true });
    const { child, shown } = start(taken);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toContain(`${join(taken, name)} cannot be used`);
    expect(shown.text).toContain('remove it, or give another folder with --folder.');
    expect(shown.text).not.toMatch(/\n\s+at /);
  });

  it('refuses a seed that is none', async () => {
    const { child, shown } = start(join(home, 'third'), '--seed', 'x');
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toContain('Give the seed as a whole number');
  });

  it('ends on Ctrl+C, which npm passes on once more, with status 0, and leaves no address behind', async () => {
    const pressing = setInterval(() => first.child.kill('SIGINT'), 10);
    const ended = await once(first.child, 'close').finally(() => clearInterval(pressing));
    expect(ended).toEqual([0, null]);
    await expect(access(join(folder, 'azure.json'))).rejects.toThrow('ENOENT');
  });

  it('ends in the same way when its terminal is closed, and leaves the address of one that was started at the same moment', async () => {
    const file = join(home, 'second', 'azure.json');
    await writeFile(file, LEFT_BEHIND);
    second.child.kill('SIGHUP');
    expect(await once(second.child, 'close')).toEqual([0, null]);
    expect(await readFile(file, 'utf8')).toBe(LEFT_BEHIND);
  });
});

function canRun(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined;
}

/** The line of the README that makes and runs a request with curl. */
async function curlLine(): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [line, ...more] = readme.split('\n').filter((one) => one.startsWith('node -p ') && one.includes('curl'));
  if (line === undefined || more.length > 0) throw new Error('The README has no curl line, or more than one.');
  return line;
}
