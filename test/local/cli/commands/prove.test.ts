import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../../local/cli/program.ts';
import { commandLine } from '../command-line.ts';

/** Deletions take as long as on the local Azure of `npm start`; a play has to find them settling. */
const { refused, folder, running } = commandLine({ behaviours: { settleMs: 2_000 } });
const VAULT = 'throw-away';
const sure = ['--vault', VAULT, '--yes-this-is-a-throw-away', VAULT];

let reports = '';
beforeAll(async () => {
  reports = await mkdtemp(join(tmpdir(), 'key-guardian-prove-'));
});
afterAll(() => rm(reports, { recursive: true, force: true }));

/** Runs it under an identity, and gives what it wrote; `onLine` may stop it. */
async function proven(identity: string, file: string, onText: (text: string) => void = () => {}) {
  const said = { out: '', err: '' };
  const args = ['--folder', folder(), '--as', identity, 'prove', ...sure, '--report', join(reports, file), '--json'];
  const status = await runCommand(args, {
    out(text) {
      said.out += text;
      onText(text);
    },
    err(text) {
      said.err += text;
    },
  });
  return { status, ...said };
}
const keysLeft = () =>
  running()
    .azure.log.flatMap(({ vault, key, operation }) => (vault === VAULT && operation === 'create' ? (key ?? []) : []))
    .filter((key) => running().azure.state(VAULT, key).kind !== 'none');

describe('prove', () => {
  it('says before what it will do, prints each fact, writes both reports, and leaves no key', async () => {
    const { status, out, err } = await proven('attacker', 'one.md');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const [plan = '', rest = ''] = out.split('Ctrl+C stops it and cleans up.\n');
    expect(plan).toContain(`On the vault ${VAULT} of the local Azure this will, without asking again:\n`);
    expect(plan).toContain('  Delete a key, and try to purge it.\n');
    expect(plan).not.toContain('Make 26 keys');
    expect(rest).toMatch(/^ {2}held +disabled-version-refuses-unwrap: 403 Forbidden \(KeyDisabled\) after \d/m);
    expect(out).toMatch(/^\d+ held, 0 did not hold, 0 unclear, 5 not played\.\nThe report is in /m);
    const page = await readFile(join(reports, 'one.md'), 'utf8');
    expect(page).toContain('this report proves nothing about Azure');
    expect(page).toContain(`| Tenant | ${running().azure.tenantId} |`);
    const data = JSON.parse(await readFile(join(reports, 'one.json'), 'utf8'));
    expect(data).toMatchObject({ isLocal: true, hasGuardian: false, stopped: false, cleanedUp: { kept: 0, left: [] } });
    expect(keysLeft()).toEqual([]);
  });

  it('is stopped by Ctrl+C, cleans up, writes what it has, and ends with status 3 where a fact did not hold', async () => {
    running().azure.behaviours.disabledKeyRead = 403;
    const { status, out, err } = await proven('attacker', 'three.md', (text) => {
      if (text.startsWith('  held') && text.includes('older-api-version-writes:')) process.emit('SIGINT');
    });
    expect(out).toContain('Stopped. The keys are cleaned up: please wait.\n');
    running().azure.behaviours.disabledKeyRead = 200;
    expect({ status, err }).toEqual({
      status: 3,
      err: 'Did not hold: disabled-version-readable.\nThe run was stopped before its end.\n',
    });
    expect(await readFile(join(reports, 'three.md'), 'utf8')).toContain('The run was stopped before its end.');
    expect(keysLeft()).toEqual([]);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it.each([
    [['--vault', VAULT], "required option '--yes-this-is-a-throw-away <name>' not specified"],
    [
      ['--vault', VAULT, '--yes-this-is-a-throw-away', 'yes'],
      `Repeat the name of the vault with --yes-this-is-a-throw-away ${VAULT}: what is done there cannot be undone.`,
    ],
    [
      ['--vault', 'contoso-disks', '--yes-this-is-a-throw-away', 'contoso-disks'],
      'The vault contoso-disks has keys, or deleted keys, that this command did not make: disk-app, disk-db, disk-web.',
    ],
    [
      ['--vault', 'https://contoso.example', '--yes-this-is-a-throw-away', 'contoso'],
      'https://contoso.example is neither the name nor the address of a vault.',
    ],
    [
      ['--vault', 'https://kv-one.managedhsm.azure.net', '--yes-this-is-a-throw-away', 'kv-one'],
      'https://kv-one.managedhsm.azure.net is neither the name nor the address of a vault.',
    ],
    [['--vault', 'fabrikam', '--yes-this-is-a-throw-away', 'fabrikam'], 'There is no vault fabrikam. There are: '],
    [[...sure, '--guardian-from-environment'], '--guardian-from-environment is for Azure: give --azure as well.'],
    [[...sure, '--report', '/nowhere/at/all.md'], 'The report cannot be written to /nowhere/at/all.md'],
  ])('refuses %j', async (args, sentence) => {
    const written = await readdir(reports);
    const said = await runCommand(['--folder', folder(), '--as', 'attacker', 'prove', ...args], {
      out: () => {},
      err: (text) => expect(text).toContain(sentence),
    });
    expect(said).toBe(1);
    expect(await readdir(reports)).toEqual(written);
  });

  it('refuses a guardian’s address: it asks none', async () => {
    const app = ['--app', 'https://guardian.example', '--client-id', 'x'];
    expect(await refused(...app, 'prove', ...sure)).toBe(
      'This command asks no guardian: leave --app and --client-id out.',
    );
  });

  it('needs somebody who is signed in where it is to play in Azure', async () => {
    expect(await refused('--azure', 'prove', ...sure)).toBe('Nobody is signed in to Azure here: run "az login" first.');
  });
});
