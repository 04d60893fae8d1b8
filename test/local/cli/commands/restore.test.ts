import { describe, expect, it } from 'vitest';
import { localContext } from '../../../../local/cli/context.ts';
import { restore as putBack } from '../../../../local/cli/restore.ts';
import { CLAIM_MS } from '../../../../shared/guard/claim.ts';
import { commandLine, idIn } from '../command-line.ts';

const { folder, running, swept, as, enabled, versionOf, done, refused } = commandLine();

describe('restore', () => {
  it('says on a dry run what it would do, and does it under the rights of who runs it', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    await swept();
    expect(enabled('contoso-dev', 'dev-web')).toEqual([false]);
    const planned = await done('restore', 'contoso-dev/dev-web', '--dry-run');
    expect(planned).toMatch(
      /^contoso-dev\/dev-web would be restored:\n {2}restore contoso-dev\/dev-web\/\S+: enabled$/,
    );
    expect(enabled('contoso-dev', 'dev-web')).toEqual([false]);

    expect(await done('restore', 'contoso-dev/dev-web')).toMatch(/: enabled: done$/);
    expect(enabled('contoso-dev', 'dev-web')).toEqual([true]);
    const [write] = running()
      .azure.log.filter(({ key, changed }) => key === 'dev-web' && changed)
      .slice(-1);
    expect(write).toMatchObject({ identity: 'owner', operation: 'update' });
    expect(await done('restore', 'contoso-dev/dev-web')).toBe(
      'contoso-dev/dev-web is as it was approved: there is nothing to restore.',
    );
  });

  it('brings a deleted key back', async () => {
    await as('attacker').delete('contoso-dev', 'dev-app');
    expect(await done('restore', 'contoso-dev/dev-app')).toBe('recover contoso-dev/dev-app: done');
    expect(enabled('contoso-dev', 'dev-app')).toEqual([true]);
  });

  it('takes back what an approval allowed', async () => {
    const asked = await done('approve', 'ask', 'contoso-disks/disk-web', '--act', 'disable', '--why', 'it is retired');
    await done('--as', 'approver', 'approve', 'grant', 'contoso-disks', idIn(asked));
    await as('owner').disable('contoso-disks', 'disk-web');
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([false]);
    expect(await done('restore', 'contoso-disks/disk-web')).toContain('there is nothing to restore');
    expect(await done('restore', 'contoso-disks/disk-web', '--also-approved')).toMatch(/: enabled: done$/);
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([true]);
  });

  it('fails with what the vault answered where the person may not, and writes nothing', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    expect(await refused('--as', 'approver', 'restore', 'contoso-dev/dev-web')).toMatch(
      /: enabled: refused: forbidden/,
    );
    expect(enabled('contoso-dev', 'dev-web')).toEqual([false]);
  });

  it('says that it cannot read, and never that nothing is there', async () => {
    const lift = running().azure.fault({
      match: { vault: 'contoso-dev', identity: 'owner' },
      answer: { kind: 'forbidden-by-permission' },
    });
    const said = await refused('restore', 'contoso-dev/dev-web');
    lift();
    expect(said).toMatch(/^contoso-dev\/dev-web cannot be read: forbidden/);
  });

  it('waits for its turn while the guardian is at work on the key, and gives up where it does not end', async () => {
    const { claims } = running().guardian.ports.tables;
    const until = new Date(Date.now() + CLAIM_MS).toISOString();
    const claim = await claims.put('contoso-dev', 'dev-web', { owner: 'a worker', until, intents: [] });
    const context = await localContext('owner', folder());
    const wanted = { vault: 'contoso-dev', key: 'dev-web', version: undefined, dryRun: false, alsoApproved: false };
    await expect(putBack(wanted, context, 0)).rejects.toThrow(
      'The guardian is still at work on contoso-dev/dev-web: try again.',
    );
    const waiting = done('restore', 'contoso-dev/dev-web');
    await claims.remove(claim);
    expect(await waiting).toMatch(/: enabled: done$/);
  });

  it('sends what the vault refused once, not twice', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    running().azure.clearLog();
    const said = await refused('--as', 'approver', 'restore', 'contoso-dev/dev-web');
    expect(said.split('\n')).toHaveLength(1);
    expect(
      running().azure.log.filter(({ operation, status }) => operation === 'update' && status === 403),
    ).toHaveLength(1);
    await done('restore', 'contoso-dev/dev-web');
  });

  it('says what it cannot put back, and what to do instead', async () => {
    const version = versionOf('contoso-dev', 'dev-app');
    await as('attacker').operations('contoso-dev', 'dev-app', ['wrapKey', 'unwrapKey', 'decrypt']);
    const told = [
      'contoso-dev/dev-app is not as it was approved:',
      `  Version ${version} of contoso-dev/dev-app may wrapKey, unwrapKey, decrypt instead of wrapKey, unwrapKey.`,
      `    This cannot be restored: where it is to stay as it is, accept it: npm run key-guardian -- --folder ${folder()} baseline accept contoso-dev --as-shown dev-app/${version}`,
    ];
    expect((await refused('restore', 'contoso-dev/dev-app')).split('\n')).toEqual(told);
    expect((await refused('restore', 'contoso-dev/dev-app', '--dry-run')).split('\n')).toEqual(told);
    await as('attacker').disable('contoso-dev', 'dev-app');
    const restored = (await refused('restore', 'contoso-dev/dev-app')).split('\n');
    expect(restored).toEqual([`restore contoso-dev/dev-app/${version}: enabled: done`, ...told]);
  });

  it('brings back no key that was purged, until a person closes its incident and so gives it up', async () => {
    await as('attacker').delete('contoso-sql', 'disk-backup');
    await as('attacker').purge('contoso-sql', 'disk-backup');
    for (let passes = 0; passes < 4; passes += 1) await swept();
    expect(await refused('restore', 'contoso-sql/disk-backup')).toMatch(
      /is neither among the keys nor among the deleted keys\.\n.*restore a backup of the key \("az keyvault key restore --vault-name contoso-sql --file …"\)/,
    );
    const [, id = ''] =
      /key-purged {2}contoso-sql\/disk-backup .* until "incident close (\w+)"/.exec(await done('status')) ?? [];
    expect(await done('incident', 'close', id, '--why', 'it was empty')).toBe(
      'Closed: key-purged of contoso-sql/disk-backup. The key is given up: nothing of it is missed any more.',
    );
    await swept();
    expect(await done('status')).not.toMatch(/key-\w+ +contoso-sql\/disk-backup/);
  });
});
