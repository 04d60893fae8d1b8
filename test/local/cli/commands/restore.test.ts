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
    expect(await done('restore', 'contoso-disks')).toContain('there is nothing to restore');
    const id = idIn(asked);
    expect((await done('restore', 'contoso-disks', '--also-approved')).split('\n')).toEqual([
      'take back what approvals allowed',
      expect.stringMatching(/^restore contoso-disks\/disk-web\/\S+: enabled: done$/),
      expect.stringMatching(
        new RegExp(`^Approval ${id} allows disable again until [-\\d: ]+ UTC, unless it is withdrawn:$`),
      ),
      `  npm run key-guardian -- --folder ${folder()} approve withdraw contoso-disks ${id}`,
    ]);
    await done('approve', 'withdraw', 'contoso-disks', id);
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([true]);
    await as('attacker').disable('contoso-disks', 'disk-web');
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([true]);
  });

  it('names every approval that would allow again what it took back', async () => {
    const ids: string[] = [];
    for (const act of ['disable', 'disable', 'enable']) {
      const asked = await done('approve', 'ask', 'contoso-disks/disk-app', '--act', act, '--why', 'it is retired');
      await done('--as', 'approver', 'approve', 'grant', 'contoso-disks', idIn(asked));
      ids.push(idIn(asked));
    }
    await as('owner').disable('contoso-disks', 'disk-app');
    await swept();
    const said = (await done('restore', 'contoso-disks/disk-app', '--also-approved')).split('\n');
    const named = said.flatMap((line) => /^Approval (\S+) allows disable again until /.exec(line)?.[1] ?? []);
    expect(named.toSorted()).toEqual(ids.slice(0, 2).toSorted());
    for (const id of ids) await done('approve', 'withdraw', 'contoso-disks', id);
    expect(enabled('contoso-disks', 'disk-app')).toEqual([true, true]);
  });

  it('puts every key of a vault back that the last sweep found differing, and says what it could not', async () => {
    const version = versionOf('contoso-dev', 'dev-db');
    await as('attacker').disable('contoso-dev', 'dev-web');
    await as('attacker').delete('contoso-dev', 'dev-app');
    await as('attacker').operations('contoso-dev', 'dev-db', ['wrapKey', 'unwrapKey', 'decrypt']);
    expect(await done('restore', 'contoso-dev', '--dry-run')).toMatch(
      /^No key of contoso-dev differed from what was approved when it was last swept, [-\d: ]+ UTC: there is nothing to restore\.$/,
    );
    await swept();
    const planned = await refused('restore', 'contoso-dev', '--dry-run');
    expect(planned).toContain('contoso-dev/dev-app would be restored:\n  recover contoso-dev/dev-app\n');
    expect(planned).toContain('contoso-dev/dev-db is not as it was approved:');
    const said = await refused('restore', 'contoso-dev');
    expect(said).toContain('recover contoso-dev/dev-app: done');
    expect(said).toMatch(/restore contoso-dev\/dev-web\/\S+: enabled: done/);
    const accept = `baseline accept contoso-dev --as-shown dev-db/${version}`;
    expect(said.split('\n').at(-1)).toBe(
      `    npm run key-guardian -- --folder ${folder()} ${accept}  # if it was meant`,
    );
    expect(enabled('contoso-dev', 'dev-app')).toEqual([true]);
    expect(enabled('contoso-dev', 'dev-web')).toEqual([true]);
    await done(...accept.split(' '));
    await swept();
    expect(await done('restore', 'contoso-dev')).toContain('there is nothing to restore');
  });

  /** The vault refuses what `owner` writes; returns what lifts that. */
  const ownerMayNotWrite = () =>
    running().azure.fault({
      match: { vault: 'contoso-dev', identity: 'owner', operation: 'update' },
      answer: { kind: 'forbidden-by-permission' },
    });

  it('fails with what the vault answered where the person may not, and writes nothing', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    const lift = ownerMayNotWrite();
    expect(await refused('restore', 'contoso-dev/dev-web')).toMatch(/: enabled: refused: forbidden/);
    lift();
    expect(enabled('contoso-dev', 'dev-web')).toEqual([false]);
  });

  it('is refused to who is no operator; they may see what it would do', async () => {
    expect(await refused('--as', 'approver', 'restore', 'contoso-dev/dev-web')).toBe(
      'This needs the role KeyGuardian.Operator.',
    );
    expect(await done('--as', 'approver', 'restore', 'contoso-dev/dev-web', '--dry-run')).toContain(': enabled');
    expect(enabled('contoso-dev', 'dev-web')).toEqual([false]);
  });

  it('says that it cannot read, and never that nothing is there', async () => {
    const lift = running().azure.fault({
      match: { vault: 'contoso-dev', identity: 'watcher' },
      answer: { kind: 'forbidden-by-permission' },
    });
    const said = await refused('restore', 'contoso-dev/dev-web');
    lift();
    expect(said).toMatch(/^contoso-dev\/dev-web cannot be read: forbidden/);
  });

  it('waits for its turn while the guardian is at work on the key, and gives up where it does not end', async () => {
    const { claims } = running().guardian.ports.tables;
    const until = new Date(Date.now() + CLAIM_MS);
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
    const lift = ownerMayNotWrite();
    const said = await refused('restore', 'contoso-dev/dev-web');
    lift();
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
      `  Version ${version} of contoso-dev/dev-app allows the operations wrapKey, unwrapKey, decrypt; approved were wrapKey, unwrapKey.`,
      '    No write can restore this. What a person can do:',
      `    az keyvault key set-attributes --vault-name contoso-dev --name dev-app --version ${version} --ops wrapKey unwrapKey  # if nobody meant it`,
      `    npm run key-guardian -- --folder ${folder()} baseline accept contoso-dev --as-shown dev-app/${version}  # if it was meant`,
    ];
    expect((await refused('restore', 'contoso-dev/dev-app')).split('\n')).toEqual(told);
    expect((await refused('restore', 'contoso-dev/dev-app', '--dry-run')).split('\n')).toEqual(told);
    await as('attacker').disable('contoso-dev', 'dev-app');
    const restored = (await refused('restore', 'contoso-dev/dev-app')).split('\n');
    expect(restored).toEqual([`restore contoso-dev/dev-app/${version}: enabled: done`, ...told]);
  });

  it('brings back no key that was purged, until a person closes its incident and so abandons it', async () => {
    await as('attacker').delete('contoso-sql', 'disk-backup');
    await as('attacker').purge('contoso-sql', 'disk-backup');
    for (let sweeps = 0; sweeps < 4; sweeps += 1) await swept();
    expect(await refused('restore', 'contoso-sql/disk-backup')).toMatch(
      /is missing: it is among neither the keys nor the deleted keys\. .+\n.*\n {4}az keyvault key restore --vault-name contoso-sql --file "…" {2}# if there is a backup of the key$/,
    );
    const [, id = ''] =
      /key-missing {2}contoso-sql\/disk-backup .* until a person closes it {2}(\w+)/.exec(await done('status')) ?? [];
    expect(await done('incident', 'close', id, '--why', 'it was empty')).toBe(
      'Closed: key-missing of contoso-sql/disk-backup. The key is abandoned: no alert says any more that it is gone.',
    );
    await swept();
    const status = await done('status');
    expect(status).not.toMatch(/key-\w+ +contoso-sql\/disk-backup/);
    expect(status).toMatch(
      /contoso-sql\/disk-backup abandoned on [-\d: ]+ UTC: closed by owner@contoso\.example: it was empty/,
    );
  });
});
