import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AUDIT_TABLE } from '../../../../local/azure/monitor/tables.ts';
import { runCommand } from '../../../../local/cli/program.ts';
import { LOCAL_WORKSPACE } from '../../../../local/guardian.ts';
import { storageClients } from '../../../../shared/azure/storage-clients.ts';
import { trailBlobs } from '../../../../shared/azure/trail-blobs.ts';
import { HOUR_MS } from '../../../../shared/domain/time.ts';
import { commandLine } from '../command-line.ts';

const { as, host, running, folder, swept } = commandLine({ workspace: true });

const made: string[] = [];
afterAll(async () => {
  for (const each of made) await rm(each, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const one = await mkdtemp(join(tmpdir(), 'key-guardian-trail-'));
  made.push(one);
  return one;
}

/** A copy of the running guardian's trail in a folder. */
async function copied(): Promise<string> {
  const to = await newFolder();
  const value = running().guardian.settings.TrailStorage ?? '';
  const source = trailBlobs(storageClients({ kind: 'connection-string', value }).container('trail'));
  for (const name of await source.list('')) {
    const parts = await Array.fromAsync(source.read(name));
    await mkdir(dirname(join(to, name)), { recursive: true });
    await writeFile(join(to, name), Buffer.concat(parts));
  }
  return to;
}

async function verify(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const status = await runCommand(['verify', ...args], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { status, ...said };
}

const report = z.looseObject({
  verdict: z.string(),
  records: z.number(),
  sealed: z.number(),
  newest: z.looseObject({ root: z.string(), key: z.string() }),
});
const inJson = async (from: string) => report.parse(JSON.parse((await verify('--folder', from, '--json')).out));

describe('verify', () => {
  it('says of the trail of a running guardian that it is whole and unanchored, by status 2', async () => {
    await as('attacker').disable('contoso-disks', 'disk-web');
    await swept();
    const { status, out, err } = await verify('--folder', folder());
    expect({ status, err }).toEqual({ status: 2, err: '' });
    expect(out).toMatch(
      /^Unanchored: \d+ records of \d+ streams, \d+ seals, whole by themselves.* compare the root [0-9a-f]{64} of seal \d+ of .* UTC, by the key [\w-]{43}, or give --anchor\.\n$/,
    );
  });

  it('says of a copy that it is whole and anchored, by status 0', async () => {
    await host().advance(HOUR_MS, 60_000);
    const copy = await copied();
    const { newest, records, sealed } = await inJson(copy);
    expect(sealed).toBeGreaterThan(0);
    const { status, out } = await verify('--folder', copy, '--anchor', newest.root, '--key', newest.key);
    expect(status).toBe(0);
    expect(out).toMatch(
      new RegExp(`^All is well: ${records} records of \\d+ streams, \\d+ seals; anchored by seal \\d+ of `),
    );
    expect(out.split('\n')).toHaveLength(2);
  });

  it('names the one record that was edited, by status 3, in words and in JSON', async () => {
    const copy = await newFolder();
    await cp(await copied(), copy, { recursive: true });
    const file = join(copy, 'register/contoso-disks.0.jsonl');
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, lines.with(1, (lines[1] ?? '').replace('"register"', '"decision"')).join('\n'));
    const edited = 'Broken: register/contoso-disks, record 2: edited, since its hash is another.\n';
    expect(await verify('--folder', copy)).toEqual({ status: 3, out: edited, err: '' });
    const { status, out } = await verify('--folder', copy, '--json');
    expect({ status, ...JSON.parse(out) }).toMatchObject({
      status: 3,
      verdict: 'broken',
      faults: [{ stream: 'register/contoso-disks', first: 2, last: 2, because: 'edited' }],
    });
  });

  it('names the records that are missing, and the seal that names them', async () => {
    const copy = await copied();
    await rm(join(copy, 'register/contoso-sql.0.jsonl'));
    const { status, out } = await verify('--folder', copy);
    expect(status).toBe(3);
    expect(out).toMatch(
      /^Broken: register\/contoso-sql, records 1 to \d+: missing, though a seal names them \(seal 1\)\.\n$/,
    );
  });

  it('compares the trail with the workspace that it is sent to, and is anchored by the seals there', async () => {
    await host().advance(HOUR_MS, 60_000);
    const { status, out, err } = await verify('--folder', folder(), '--workspace', LOCAL_WORKSPACE);
    expect({ status, err }).toEqual({ status: 0, err: expect.not.stringContaining('Error') });
    expect(out).toMatch(
      /^All is well: .*; anchored by seal \d+ of .*; the workspace holds \d+ records and seals alike, and every one since .* UTC(, \d+ may still arrive there)?\.\n$/,
    );
  });

  it('names the record that somebody purged from the workspace, and the one that it alone holds', async () => {
    const { monitor } = running().azure;
    const workspace = monitor.workspace(LOCAL_WORKSPACE);
    const isMeant = ({ Stream, Sequence }: Readonly<Record<string, unknown>>): boolean =>
      Stream === 'register/contoso-disks' && Sequence === 2;
    const row = workspace.table(AUDIT_TABLE)?.rows.find(({ values }) => isMeant(values))?.values;
    workspace.purge(AUDIT_TABLE, isMeant);
    workspace.add(AUDIT_TABLE, [{ ...row, Stream: 'register/contoso-\u001b' }]);
    await host().advance(600_000, 60_000);
    const { status, out } = await verify('--folder', folder(), '--workspace', LOCAL_WORKSPACE);
    expect(status).toBe(3);
    expect(out.split('\n').toSorted()).toEqual([
      '',
      'Broken: register/contoso-\\u001b, record 2: in the workspace, and not in the storage.',
      'Broken: register/contoso-disks, record 2: missing in the workspace.',
    ]);
  });

  it('says so where an empty folder is given: nothing is sealed', async () => {
    const said =
      'Unanchored: 0 records of 0 streams, 0 seals. The records are linked, and no seal says how many there were.\n';
    expect(await verify('--folder', await newFolder())).toEqual({ status: 2, out: said, err: '' });
  });

  it.each([
    ['a folder that there is not', ['--folder', '/nowhere/at-all'], '/nowhere/at-all is no folder'],
    ['a folder and an account', ['--folder', '.', '--account', 'trail'], 'Give --folder or --account, not both.'],
    ['an account that is none', ['--account', 'http://trail.example'], 'Give the name of a storage account'],
    ['a root that is none', ['--anchor', 'a1b2'], 'A root has 64 hexadecimal digits.'],
    [
      'a workspace that is none',
      ['--workspace', 'central'],
      'Give the workspace id: "az monitor log-analytics workspace list',
    ],
    ['a moment that is none', ['--since', 'yesterday'], 'Write the moment in ISO 8601'],
    ['a moment without a workspace', ['--until', '2026-03-01T12:00:00Z'], 'give --workspace as well'],
  ])('refuses %s by status 1', async (_, args, because) => {
    const { status, out, err } = await verify(...args);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(because);
  });
});
