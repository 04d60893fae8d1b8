import { describe, expect, it } from 'vitest';
import { commandLine } from '../command-line.ts';

const { folder, running, swept, as, versionOf, done, refused } = commandLine();

describe('baseline', () => {
  it('shows what is there, and that it was accepted by whom', async () => {
    const said = await done('baseline', 'show', 'contoso-disks');
    expect(said).toMatch(/^Baseline of contoso-disks: accepted on [-\d: ]+ UTC by owner@contoso\.example\./);
    expect(said).toContain(`disk-web/${versionOf('contoso-disks', 'disk-web')}  enabled, current, wrapKey unwrapKey`);
    expect(said.split('\n').filter((line) => line.includes('disk-app/'))).toHaveLength(2);
    expect(said).not.toContain('SUSPICIOUS');
  });

  it('lists a disabled current version first, as suspicious, and takes it as retired only where a person says so', async () => {
    const name = `dev-db/${versionOf('contoso-dev', 'dev-db')}`;
    await as('owner').disable('contoso-dev', 'dev-db');
    const shown = (await done('baseline', 'show', 'contoso-dev')).split('\n');
    expect(shown[1]).toMatch(new RegExp(`^! ${name} .*SUSPICIOUS: it is disabled and is the current version`));
    expect(shown).toContainEqual(
      `  npm run key-guardian -- --folder ${folder()} baseline accept contoso-dev --needed ${name}`,
    );

    expect(await done('baseline', 'accept', 'contoso-dev')).toBe(
      'The baseline of contoso-dev is accepted: 2 versions are approved, 1 stays as it was approved.',
    );
    expect(await done('baseline', 'accept', 'contoso-dev', '--retired', name)).toBe(
      'The baseline of contoso-dev is accepted: 3 versions are approved.',
    );
  });

  it('accepts nothing where a word names what is not there, or says two things of one version', async () => {
    expect(await refused('baseline', 'accept', 'contoso-dev', '--needed', 'dev-db/0')).toBe(
      'There is no dev-db/0 in contoso-dev: nothing was accepted.',
    );
    const name = `dev-db/${versionOf('contoso-dev', 'dev-db')}`;
    expect(await refused('baseline', 'accept', 'contoso-dev', '--needed', name, '--retired', name)).toBe(
      `${name} can only be one of needed, as shown and retired: nothing was accepted.`,
    );
  });

  it('adopts a change that was told, of a version in use, and counts a deleted key for itself', async () => {
    const version = versionOf('contoso-dev', 'dev-web');
    await as('owner').operations('contoso-dev', 'dev-web', ['wrapKey', 'unwrapKey', 'encrypt']);
    await as('owner').delete('contoso-dev', 'dev-app');
    await swept();
    const command = `baseline accept contoso-dev --as-shown dev-web/${version}`;
    const { stored } = await running().guardian.ports.tables.incidents.list();
    expect(stored.map(({ value }) => value)).toContainEqual(
      expect.objectContaining({
        kind: 'version-changed',
        state: 'open',
        commands: [expect.any(String), `key-guardian ${command}  # if it was meant`],
      }),
    );
    expect(await done(...command.split(' '))).toBe(
      'The baseline of contoso-dev is accepted: 1 version is approved, 1 stays as it was approved, 1 deleted key is left as it was.',
    );
    await as('owner').recover('contoso-dev', 'dev-app');
    await swept();
    expect(await done('status')).toContain('Open incidents: none');
    expect(await refused('baseline', 'accept', 'contoso-dev', '--retired', 'dev-app/')).toBe(
      'There is no dev-app/ in contoso-dev: nothing was accepted.',
    );
  });

  it('takes no version that is in use as retired, and says how its disablement is approved', async () => {
    const name = `dev-web/${versionOf('contoso-dev', 'dev-web')}`;
    const said = (await refused('baseline', 'accept', 'contoso-dev', '--retired', name)).split('\n');
    const approve = `approve ask contoso-dev/${name} --act disable --why "…"`;
    expect(said).toEqual([
      'Nothing was accepted.',
      `${name}: it is in use. Approve its disablement instead:`,
      `  npm run key-guardian -- --folder ${folder()} ${approve}`,
    ]);
    const asked = await done(...approve.replaceAll('"', '').split(' '));
    expect(asked).toMatch(/^Asked: /);
  });

  it('accepts nothing as shown where nothing differs', async () => {
    const name = `disk-web/${versionOf('contoso-disks', 'disk-web')}`;
    expect(await refused('baseline', 'accept', 'contoso-disks', '--as-shown', name)).toBe(
      `Nothing was accepted.\n${name}: it is as approved: there is nothing to accept.`,
    );
  });

  it('says how what is needed and not usable is restored', async () => {
    const name = `dev-web/${versionOf('contoso-dev', 'dev-web')}`;
    await as('attacker').disable('contoso-dev', 'dev-web');
    expect((await done('baseline', 'accept', 'contoso-dev', '--needed', name)).split('\n')).toEqual([
      'The baseline of contoso-dev is accepted: 2 versions are approved, 1 stays as it was approved.',
      'After the next sweep of the vault, restore the needed versions that are not usable with:',
      `  npm run key-guardian -- --folder ${folder()} restore contoso-dev`,
    ]);
    await swept();
    expect(await done('restore', 'contoso-dev')).toMatch(/^restore contoso-dev\/dev-web\/\S+: enabled: done$/);
  });

  it('is not accepted a second time where nothing differs, and says who accepted it', async () => {
    expect(await refused('baseline', 'accept', 'contoso-disks')).toMatch(
      /^The baseline of contoso-disks was accepted on [-\d: ]+ UTC by owner@contoso\.example, and everything is as it was approved: there is nothing to accept\.$/,
    );
  });

  it('is accepted of all vaults that wait at once, and says nothing of single versions then', async () => {
    expect(await done('baseline', 'accept', '--all')).toBe('The baseline of every vault is accepted already.');
    const { tables } = running().guardian.ports;
    for (const vault of ['contoso-disks', 'contoso-dev'])
      await tables.baselines.put('baseline', vault, { state: 'proposed', at: new Date(), keys: 3, suspicious: [] });
    expect(await refused('baseline', 'accept', '--all', '--needed', 'disk-web/0')).toBe(
      'With --all no single version can be named: accept the baseline of its vault alone.',
    );
    expect((await done('baseline', 'accept', '--all')).split('\n')).toEqual([
      'Accepted the baseline of 2 vaults: 7 versions are approved, 1 stays as it was approved.',
      'Look at the suspicious versions, which were not approved, with:',
      `  npm run key-guardian -- --folder ${folder()} baseline show contoso-dev`,
    ]);
    for (const args of [[], ['contoso-dev', '--all']])
      expect(await refused('baseline', 'accept', ...args)).toBe('Name one vault, or give --all.');
  });

  it('is shown to whoever may read, and accepted under the name of who runs it', async () => {
    await done('--as', 'approver', 'baseline', 'accept', 'contoso-dev');
    expect(await done('baseline', 'show', 'contoso-dev')).toContain('by approver@contoso.example');
  });

  it('says that it cannot be taken where the vault refuses to be read', async () => {
    const lift = running().azure.fault({
      match: { vault: 'contoso-sql', operation: 'list' },
      answer: { kind: 'forbidden-by-firewall' },
    });
    const said = await refused('baseline', 'show', 'contoso-sql');
    lift();
    expect(said).toMatch(/^The baseline needs contoso-sql, which cannot be read: \S*firewall/);
  });
});
