import { describe, expect, it } from 'vitest';
import { commandLine, idIn } from '../command-line.ts';

const { swept, as, enabled, done, refused } = commandLine();

describe('hold', () => {
  it('stops every write to a key until it is released, and status shows it', async () => {
    const set = await done('hold', 'set', 'contoso-disks/disk-db', '--why', 'we look into it', '--hours', '2');
    expect(set).toMatch(/^Hold \S+ stops every write to contoso-disks\/disk-db until [-\d: ]+ UTC\.$/);
    await as('attacker').disable('contoso-disks', 'disk-db');
    await swept();
    expect(enabled('contoso-disks', 'disk-db')).toContain(false);
    expect(await done('status')).toContain(`${idIn(set)}  stops contoso-disks/disk-db`);

    expect(await done('hold', 'release', idIn(set))).toBe('Writes to contoso-disks/disk-db go on.');
    expect(await done('status')).toContain('Holds: none');
    await swept();
    expect(enabled('contoso-disks', 'disk-db')).toEqual([true, true]);
  });

  it('stops everything where it names nothing', async () => {
    const set = await done('hold', 'set', '--why', 'all hands');
    expect(set).toContain('stops every write to everything');
    expect(await done('hold', 'release', idIn(set))).toBe('Writes to everything go on.');
  });

  it('released, names every other hold that still stops something of it', async () => {
    const [wide, narrow, elsewhere] = await Promise.all([
      done('hold', 'set', 'contoso-disks', '--why', 'the vault'),
      done('hold', 'set', 'contoso-disks/disk-db', '--why', 'the key'),
      done('hold', 'set', 'contoso-sql', '--why', 'another vault'),
    ]);
    expect((await done('hold', 'release', idIn(narrow))).split('\n')).toEqual([
      'Released. Other holds still stand on contoso-disks/disk-db:',
      expect.stringMatching(new RegExp(`^  ${idIn(wide)}  stops contoso-disks until .* UTC: the vault$`)),
    ]);
    expect(await done('hold', 'release', idIn(wide))).toBe('Writes to contoso-disks go on.');
    expect(await done('hold', 'release', idIn(elsewhere))).toBe('Writes to contoso-sql go on.');
  });

  it('refuses to release what there is not', async () => {
    expect(await refused('hold', 'release', 'nothing')).toBe('There is no hold nothing.');
    expect(await refused('hold', 'release', 'a/b')).toBe('There is no hold a/b.');
  });
});
