import { describe, expect, it } from 'vitest';
import { storageClients } from '../../../shared/azure/storage-clients.ts';
import { table } from '../../../shared/azure/tables.ts';
import { commandLine, idIn } from './command-line.ts';

const { running, done, refused } = commandLine();

describe('any command', () => {
  it('refuses an identity that azure.json does not have, and names those that it has', async () => {
    expect(await refused('--as', 'nobody', 'status')).toMatch(/^There is no identity nobody\. There are: owner, /);
  });

  it('writes no control character of a reason to the terminal', async () => {
    const set = await done('hold', 'set', 'contoso-dev/dev-db', '--why', 'we\u001b[2Jlook');
    expect(await done('status')).toContain('we\ufffd[2Jlook');
    await done('hold', 'release', idIn(set));
  });

  it.each([
    [['baseline', 'show', 'fabrikam']],
    [['baseline', 'accept', 'fabrikam']],
    [['approve', 'ask', 'fabrikam', '--act', 'disable', '--why', 'x']],
    [['hold', 'set', 'fabrikam', '--why', 'x']],
    [['approve', 'grant', 'fabrikam', 'x']],
    [['approve', 'withdraw', 'fabrikam', 'x']],
    [['restore', 'fabrikam/disk-web']],
    [['restore', 'fabrikam']],
    [['trail', 'fabrikam']],
  ])('refuses a vault that the policy does not name: %j', async (args) => {
    expect(await refused(...args)).toBe(
      'The policy names no vault fabrikam. It names: contoso-disks, contoso-sql, contoso-dev.',
    );
  });

  it.each([
    [['approve', 'ask', 'contoso-sql/disk-slq', '--act', 'disable', '--why', 'x']],
    [['hold', 'set', 'contoso-sql/disk-slq', '--why', 'x']],
    [['restore', 'contoso-sql/disk-slq']],
    [['trail', 'contoso-sql/disk-slq']],
  ])('refuses a key that the register does not know: %j', async (args) => {
    expect(await refused(...args)).toBe(
      'The register knows no key disk-slq in contoso-sql. It knows: disk-backup, disk-sql.',
    );
  });

  it('is about any key that the register knows, be the row of one unreadable', async () => {
    const register = storageClients({
      kind: 'connection-string',
      value: running().guardian.settings.RegisterStorage ?? '',
    });
    const keys = table(register.table('keys'));
    const damaged = await keys.insert('contoso-dev', 'dev-odd', { approved: 'none' });
    for (const key of ['dev-web', 'dev-odd']) {
      const set = await done('hold', 'set', `contoso-dev/${key}`, '--why', 'we look into it');
      expect(set).toContain(`stops every write to contoso-dev/${key}`);
      await done('hold', 'release', idIn(set));
    }
    const asked = await done('approve', 'ask', 'contoso-dev/dev-web', '--act', 'disable', '--why', 'x');
    await done('approve', 'withdraw', 'contoso-dev', idIn(asked));
    expect(await done('restore', 'contoso-dev/dev-web', '--dry-run')).toContain('is as it was approved');
    expect(await refused('restore', 'contoso-dev/dev-odd')).toMatch(
      /^The row contoso-dev\/dev-odd of keys cannot be read: approved: Invalid input: expected [^\n]*\.$/,
    );
    expect(await refused('hold', 'set', 'contoso-dev/dev-none', '--why', 'x')).toBe(
      'The register knows no key dev-none in contoso-dev. It knows: dev-app, dev-db, dev-odd, dev-web.',
    );
    if (damaged !== undefined) await keys.remove(damaged);
  });

  it.each([
    [['hold', 'set', 'contoso-disks/disk-web'], "required option '--why <text>' not specified"],
    [['hold', 'set', 'contoso-disks', '--why', 'x', '--hours', '0'], 'Give hours as a number above 0, at most 720.'],
    [['hold', 'set', 'contoso-disks', '--why', 'x', '--hours', '1e12'], 'Give hours as a number above 0, at most 720.'],
    [['hold', 'set', 'contoso-disks', '--why', ' '], 'Say why, in words.'],
    [['incident', 'close', 'x', '--why', ''], 'Say why, in words.'],
    [['approve', 'ask', 'contoso-disks', '--act', 'disable', '--why', ''], 'Say why, in words.'],
    [['baseline', 'show', 'contoso-disks/disk-web'], 'Name the vault alone: contoso-disks.'],
    [['approve', 'grant', 'contoso-disks/disk-web', 'x'], 'Name the vault alone: contoso-disks.'],
    [['approve', 'ask', 'contoso-disks', '--act', 'shred', '--why', 'x'], 'Allowed choices are'],
    [['approve', 'ask', 'contoso-disks', '--why', 'x'], "required option '--act <act...>' not specified"],
    [
      ['approve', 'ask', 'contoso-disks', '--act', 'disable', '--why', 'x', '--from', 'tomorrow'],
      'Write the moment in ISO 8601 with its time zone, as 2026-03-01T12:00:00Z.',
    ],
    [
      ['hold', 'set', 'contoso-disks/disk-web/0a1b', '--why', 'x'],
      'Name no version, only its key: contoso-disks/disk-web.',
    ],
    [['hold', 'release', 'x', '--undo', '--accept'], "option '--undo' cannot be used with option '--accept'"],
    [['trail', 'contoso-disks/disk-web/0a1b'], 'Name no version, only its key: contoso-disks/disk-web.'],
    [['trail', 'contoso-disks', '--hours', 'x'], 'Give hours as a number above 0, at most 720.'],
    [['incident', 'list', '--hours', '0'], 'Give hours as a number above 0, at most 720.'],
    [['restore'], "missing required argument 'vault[/key[/version]]'"],
    [['recover'], "unknown command 'recover'"],
  ])('says what is wrong with %j', async (args, sentence) => {
    expect(await refused(...args)).toContain(sentence);
  });
});
