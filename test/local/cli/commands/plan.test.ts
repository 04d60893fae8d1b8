import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import schema from '../../../../docs/plan.schema.json' with { type: 'json' };
import { planReport } from '../../../../local/cli/plan/schema.ts';
import { startEstate } from '../../../../local/estate.ts';
import { readPolicy } from '../../../../shared/policy-file.ts';
import { commandLine } from '../command-line.ts';

const { folder, running, refused, ran } = commandLine({ estate: startEstate() });
afterEach(() => vi.unstubAllEnvs());

describe('plan', () => {
  it('shows what hangs on the keys of the local Azure, and ends with 3 where something is in danger', async () => {
    const { status, out, err } = await ran('plan', '--local');
    expect(status).toBe(3);
    expect(out).toMatch(
      /^What hangs on which key, in Contoso Production, Contoso Development\.\nRead on .+ Nothing was written\.\n/,
    );
    expect(out).toContain('\nIN DANGER NOW (');
    expect(out).toMatch(/\ncontoso-disks {2,}vault in westeurope/);
    expect(out).toMatch(/\n├─ disk-web {2,}key, RSA 2048/);
    // Its guardian's policy says what is guarded already.
    expect(out).toMatch(/\ncontoso-disks\/disk-web .* usable {2,}block\n/);
    expect(out).toMatch(/\n {2}watcher \([^)]+\):\s+keys\/read, \S+\n {4}missing in contoso-legacy\n/);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(err).toMatch(/^subscriptions: \d+\nvaults: \d+\n/);
    expect(err).toMatch(/\nkeys of (\d+) of \1 vaults\n$/);
  });

  it('prints JSON that its published schema takes', async () => {
    const { out } = await ran('plan', '--local', '--json');
    const validate = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    expect(validate(JSON.parse(out)), JSON.stringify(validate.errors)).toBe(true);
    const { vaults, weak } = planReport.parse(JSON.parse(out));
    expect(vaults.map(({ name }) => name)).toContain('contoso-disks');
    // Nothing of the guardian is set up there.
    expect(weak.flatMap(({ check, subject }) => (check === 'audit-events-sent' ? [subject] : []))).toEqual([
      'contoso-legacy',
    ]);
  });

  it('sends nothing that writes, and changes nothing', async () => {
    const { azure } = running();
    const mine = <T extends { readonly identity: string | undefined }>(log: readonly T[]): readonly T[] =>
      log.filter(({ identity }) => identity === 'owner');
    azure.clearLog();
    await ran('plan', '--local');
    const [vaults, managed] = [mine(azure.log), mine(azure.resourceManager.log)];
    expect(vaults.length).toBeGreaterThan(0);
    expect(vaults.filter(({ method, changed }) => method !== 'GET' || changed)).toEqual([]);
    // A query of Resource Graph is sent by POST, and reads.
    const writes = managed.filter(
      ({ method, url }) => method !== 'GET' && !url.includes('/providers/Microsoft.ResourceGraph/resources?'),
    );
    expect(managed.length).toBeGreaterThan(0);
    expect(writes).toEqual([]);
  });

  it('writes a policy that guards every vault with a key in use, and overwrites none', async () => {
    const file = join(folder(), 'found-policy.json');
    expect((await ran('plan', '--local', '--policy-out', file)).err).toContain(`${file} was written.\n`);
    expect(readPolicy(file, ['console']).vaults).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'contoso-disks', mode: 'alert' })]),
    );
    const before = await readFile(file, 'utf8');
    expect(await refused('plan', '--local', '--policy-out', file)).toBe(`${file} is there already: name a new file.`);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('says what a policy that it is given guards already', async () => {
    const file = join(folder(), 'given-policy.json');
    await ran('plan', '--local', '--policy-out', file);
    expect((await stat(file)).isFile()).toBe(true);
    const { out } = await ran('plan', '--local', '--policy', file);
    expect(out).toMatch(/your policy guards (\d+) of these keys already/);
    expect(out).toMatch(/\ncontoso-disks\/disk-web .* usable {2,}alert\n/);
  });

  it('says of a workspace that it cannot read that it is not known when keys were last used', async () => {
    const { status, out } = await ran('plan', '--local', '--workspace', '0A9D7C11-1111-4111-8111-00000000000f');
    expect(status).toBe(3);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /COUNTS AS UNKNOWN .*- workspaces: when keys were last used could not be read: Azure Monitor answered 40[34]/,
    );
  });

  it('does not say that all is well where no subscription is shown', async () => {
    expect(await refused('plan', '--local', '--subscription', '11111111-0000-4000-8000-00000000000f')).toBe(
      'None of these subscriptions is shown to you: you need the role Reader there.',
    );
  });

  it.each([
    ['without a subscription', [], /^Name a subscription with --subscription <id>/],
    ['with a name in place of an id', ['--subscription', 'production'], /Give the id of a subscription/],
    ['with the name of a workspace', ['--local', '--workspace', 'contoso-logs'], /Give the workspace id/],
    ['with a policy that is not there', ['--local', '--policy', '/nowhere.json'], /there is no such file/],
  ])('is refused %s', async (_, args, says) => {
    expect(await refused('plan', ...args)).toMatch(says);
  });

  it('asks a person to sign in first', async () => {
    // Without the Azure CLI nobody can be signed in.
    vi.stubEnv('PATH', folder());
    expect(await refused('plan', '--subscription', '11111111-0000-4000-8000-000000000001')).toBe(
      'Nobody is signed in to Azure here: run "az login" first.',
    );
  });
});
