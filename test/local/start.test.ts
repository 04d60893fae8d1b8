import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { attack } from '../../local/attacks.ts';
import { runCommand } from '../../local/cli/program.ts';
import { findLocalAzure, outsideClient } from '../../local/outside-client.ts';
import { startPagerduty } from '../../local/sinks/pagerduty.ts';
import { startSlack } from '../../local/sinks/slack.ts';
import { startTeams } from '../../local/sinks/teams.ts';
import { signature, signatureHeader, timestampHeader } from '../../shared/alerts/signed.ts';

const script = fileURLToPath(new URL('../../local/start.ts', import.meta.url));
const patient = { timeout: 100_000, interval: 50 };

const children: ChildProcess[] = [];
const start = (folder: string, ...options: readonly string[]) => {
  const child = spawn(process.execPath, [script, '--folder', folder, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const shown = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      shown.text += chunk;
    });
  return { child, shown };
};
const isUp = ({ shown }: ReturnType<typeof start>): boolean => shown.text.includes('Ctrl+C stops it.');

/** Makes and runs a request with curl, in the folder that holds `.local`: any client can reach the local Azure. */
const CURL = String.raw`node -p 'const a = require("./.local/azure.json"), v = a.vaults[0], port = new URL(v.url).port, t = a.identities.find((i) => i.name === "attacker").token; [
  "curl -sS --cacert", a.caFile, "--connect-to ::127.0.0.1:" + port, "-X PATCH",
  "-H", JSON.stringify("Authorization: Bearer " + t), "-H", JSON.stringify("Content-Type: application/json"),
  "-d", "{\\\"attributes\\\":{\\\"enabled\\\":false}}", v.url + "/keys/disk-web?api-version=7.4"
].join(" ")' | sh`;

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
/** Where the command line looks for it, in the folder of package.json. */
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
  for (const child of children) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

describe('npm start', () => {
  it('says what it watches, in which mode, where, and what to try', () => {
    expect(first.shown.text).toContain('watches 3 vaults with 8 keys');
    expect(first.shown.text).toMatch(/block {2}https:\/\/contoso-disks\.vault\.azure\.net:\d+\n/);
    expect(first.shown.text).toMatch(/alert {2}https:\/\/contoso-dev\.vault\.azure\.net:\d+\n/);
    expect(first.shown.text).toContain(join(folder, 'azure.json'));
    expect(first.shown.text).toContain(`npm run attack -- --folder ${folder} disable contoso-disks/disk-web\n`);
  });

  it('says how fast it goes here, and by which seed: the one it was given, or one by chance', () => {
    expect(first.shown.text).toContain(
      'Here each vault is swept every 2 s, and who did it is known about two minutes later',
    );
    expect(first.shown.text).toContain('comes from seed 7;');
    expect(second.shown.text).toMatch(/comes from seed \d+; "--seed \d+" starts it from there again/);
  });

  it('has a workspace, so that status says how far audit events have arrived', async () => {
    const out: string[] = [];
    await runCommand(['--folder', folder, 'status'], { out: (text) => void out.push(text), err: () => {} });
    expect(out.join('')).toMatch(
      /contoso-disks .*, (?:no audit event has arrived: who does what is not known|audit events have arrived up to )/,
    );
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

  it('alerts you of an attack in alert with the command that restores the key, as it is to be typed', async () => {
    const client = await outsideClient(await findLocalAzure(folder), 'contoso-dev', 'attacker');
    await attack('disable', client, 'dev-web');
    const command = `  command: npm run key-guardian -- --folder ${folder} restore contoso-dev/dev-web\n`;
    await expect.poll(() => first.shown.text, patient).toContain(command);
  });

  it.skipIf(!canRun('curl') || !canRun('sh'))(
    'lets curl disable a key with what azure.json says, and undoes it',
    async () => {
      const { stdout } = await promisify(execFile)('sh', ['-c', CURL], {
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

  it('does not start a second time over the first, says what to do, and touches nothing of the first', async () => {
    const files = () =>
      Promise.all(['azure.json', 'guardian-api.json'].map((name) => readFile(join(folder, name), 'utf8')));
    const before = await files();
    const { child, shown } = start(folder);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toBe(
      'A local guardian runs already: stop it, or give this one a folder of its own with --folder.\n',
    );
    expect(await files()).toEqual(before);
    await expect(findLocalAzure(folder)).resolves.toBeDefined();
  });

  it('starts once where two are started at the same moment, and again after one that was killed', async () => {
    const shared = join(home, 'shared');
    const both = [start(shared), start(shared)];
    const ended = await Promise.race(both.map(async (one) => ({ one, with: await once(one.child, 'close') })));
    expect(ended.with).toEqual([1, null]);
    expect(ended.one.shown.text).toContain('A local guardian runs already');
    const [other] = both.filter((one) => one !== ended.one);
    if (other === undefined) throw new Error('There is no other.');
    await vi.waitUntil(() => isUp(other), patient);
    other.child.kill('SIGKILL');
    await once(other.child, 'close');

    const next = start(shared);
    await vi.waitUntil(() => isUp(next), patient);
    next.child.kill('SIGTERM');
    expect(await once(next.child, 'close')).toEqual([0, null]);
    await expect(readdir(shared)).resolves.toEqual([]);
  });

  it('leaves nothing where it is stopped while it starts', async () => {
    const starting = start(join(home, 'early', 'folder'));
    await vi.waitUntil(
      () =>
        readdir(join(home, 'early', 'folder')).then(
          (files) => files.length > 0,
          () => false,
        ),
      {
        ...patient,
        interval: 5,
      },
    );
    starting.child.kill('SIGINT');
    expect(await once(starting.child, 'close')).toEqual([0, null]);
    expect(starting.shown.text).toBe('');
    await expect(readdir(join(home, 'early'))).rejects.toThrow('ENOENT');
  });

  it('does not start where its folder is a file, and says so', async () => {
    const { child, shown } = start(script);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toContain(`${script} is a file: give it a folder with --folder.`);
  });

  it.each(['azure.json', 'guardian-api.json'])('does not start where %s is a folder, and says so', async (name) => {
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

  it('ends on Ctrl+C, which npm passes on once more, with status 0, and leaves nothing behind', async () => {
    const pressing = setInterval(() => first.child.kill('SIGINT'), 10);
    const ended = await once(first.child, 'close').finally(() => clearInterval(pressing));
    expect(ended).toEqual([0, null]);
    expect(await readdir(folder)).toEqual([]);
    await expect(findLocalAzure(folder)).rejects.toThrow('No local guardian runs here');
  });

  it('ends in the same way when its terminal is closed, and leaves what somebody else put there', async () => {
    const put = ['azure.json', 'policy.json'];
    for (const name of put) await writeFile(join(home, 'second', name), LEFT_BEHIND);
    second.child.kill('SIGHUP');
    expect(await once(second.child, 'close')).toEqual([0, null]);
    expect((await readdir(join(home, 'second'))).toSorted()).toEqual(put);
    for (const name of put) expect(await readFile(join(home, 'second', name), 'utf8')).toBe(LEFT_BEHIND);
  });
});

describe('npm start with a policy of one’s own', () => {
  const policyFile = () => join(home, 'own-policy.json');
  const OWN = { vaults: [{ name: 'Payroll', mode: 'block', keys: [{ pattern: 'scratch-*', guard: false }] }] };

  it('makes the vaults it names, guards them, and alerts Slack, Teams, PagerDuty and the webhook, signed with the secret that it shows once', async () => {
    const received: { readonly body: string; readonly headers: IncomingHttpHeaders }[] = [];
    const receiver = createServer((request, response) => {
      text(request).then((body) => {
        received.push({ body, headers: request.headers });
        response.writeHead(202).end();
      });
    });
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    const { port } = z.object({ port: z.number() }).parse(receiver.address());
    await writeFile(policyFile(), JSON.stringify(OWN));
    const own = join(home, 'own');
    const teams = await startTeams();
    const pagerduty = await startPagerduty();
    const slack = await startSlack();
    const options = [
      ['--policy', policyFile()],
      ['--webhook', `http://127.0.0.1:${port}/alerts`],
      ['--slack', slack.address],
      ['--teams', teams.address],
      ['--pagerduty', pagerduty.routingKey],
      ['--pagerduty-url', pagerduty.address],
    ];
    const { child, shown } = start(own, ...options.flat());
    await vi.waitUntil(() => isUp({ child, shown }), patient);
    expect(shown.text).toContain('watches 1 vault with 2 keys');
    expect(shown.text).toContain(
      'Made for the policy, with keys to try it on: payroll (disk-web, disk-app, scratch-one).',
    );
    expect(shown.text).toContain('so that nobody watches: contoso-disks, contoso-sql, contoso-dev, contoso-legacy.');
    const beside = (id: string) => `${id} (by --${id}, beside those of the policy)`;
    expect(shown.text).toContain(
      `Alerts go to: ${['console', ...['pagerduty', 'slack', 'teams', 'webhook'].map(beside)].join(', ')}.`,
    );
    const [secret, ...others] = [...shown.text.matchAll(/\b[0-9a-f]{48}\b/g)].map(([found]) => found);
    expect(others).toEqual([]);
    const files = await Promise.all((await readdir(own)).map((name) => readFile(join(own, name), 'utf8')));
    const hidden = [secret ?? '', `:${port}`, teams.address, slack.address, pagerduty.routingKey];
    expect(files.filter((one) => hidden.some((part) => one.includes(part)))).toEqual([]);

    const client = await outsideClient(await findLocalAzure(own), 'payroll', 'attacker');
    await attack('disable', client, 'disk-web');
    const body = z
      .object({ data: z.object({ event: z.string(), incident: z.object({ kind: z.string() }) }) })
      .transform(({ data }) => data);
    // The first anchor of the trail comes beside them.
    const events = () =>
      received
        .map((request) => body.parse(JSON.parse(request.body)))
        .filter(({ incident }) => incident.kind !== 'trail-anchored')
        .map(({ event, incident }) => `${incident.kind} ${event}`);
    await expect.poll(events, patient).toContain('version-disabled resolved');
    expect((await client.getKey('disk-web')).properties.enabled).toBe(true);
    for (const { body: text, headers } of received) {
      const signed = signature(secret ?? '', String(headers[timestampHeader]), text);
      expect(headers[signatureHeader]).toBe(signed);
    }
    // Beside the attack: keys of the vaults that this policy does not name are in use.
    expect(events().some((event) => event.startsWith('version-disabled '))).toBe(true);
    await expect
      .poll(() => teams.posted.flat(), patient)
      .toContainEqual(expect.stringContaining('what: version-disabled, for on-call'));
    await expect
      .poll(() => slack.posted.flat(), patient)
      .toContainEqual(expect.stringContaining('what: version-disabled, for on-call'));
    await expect.poll(() => pagerduty.alerts.map(({ state }) => state), patient).toContain('resolved');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    await expect(readdir(own)).rejects.toThrow('ENOENT');
    receiver.close();
    await teams.close();
    await slack.close();
    await pagerduty.close();
  });

  it('starts nothing where the policy is bad, and names every fault', async () => {
    await writeFile(policyFile(), JSON.stringify({ vaults: [{ name: 'a--b', mode: 'on' }], channels: ['pager'] }));
    const { child, shown } = start(join(home, 'never'), '--policy', policyFile());
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text.trimEnd().split('\n')).toEqual([
      `The policy ${policyFile()} cannot be used:`,
      expect.stringContaining('vault a--b: name is not'),
      expect.stringContaining('vault a--b: mode must be'),
      expect.stringContaining('not "pager"'),
    ]);
    await expect(readdir(join(home, 'never'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['--webhook', 'http://alerts.example/', '--webhook', 'its address is not https'],
    ['--webhook', 'https://me:word@alerts.example/', '--webhook', 'its address carries a user name or password'],
    ['--webhook', 'alerts', '--webhook', 'its address is missing or is no URL'],
    ['--teams', 'http://alerts.example/', '--teams', 'its address is not https'],
    ['--slack', 'http://alerts.example/', '--slack', 'its address is not https'],
    ['--pagerduty-url', 'https://alerts.example/', '--pagerduty', 'its routing key is missing'],
  ])('starts nothing for %s %s, and does not repeat it', async (option, value, named, because) => {
    const { child, shown } = start(join(home, 'never'), option, value);
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(shown.text).toBe(`${named} cannot be used: ${because}.\n`);
  });
});

function canRun(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined;
}
