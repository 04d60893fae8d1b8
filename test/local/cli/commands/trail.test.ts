import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../shared/domain/time.ts';
import { commandLine } from '../command-line.ts';

const { host, swept, as, versionOf, done } = commandLine();

/** What each line tells of: its kind and its subject, in the order of the trail. */
const told = (said: string): readonly string[] =>
  said.split('\n').map((line) => {
    const [, what = '', subject = ''] = /^[-\d: ]+ UTC {2}(\S+) +(\S+)/.exec(line) ?? [];
    return `${what} ${subject}`;
  });

describe('trail', () => {
  it('shows what was decided, done and told of a vault, a record a line, with who did it', async () => {
    await as('attacker').disable('contoso-disks', 'disk-web');
    await as('attacker').disable('contoso-disks', 'disk-db');
    await swept();
    const said = await done('trail', 'contoso-disks');
    expect(told(said)[0]).toBe('baseline contoso-disks');
    expect(said.split('\n')[0]).toMatch(/ {2}by owner@contoso\.example {2}/);
    expect(told(said)).toEqual(
      expect.arrayContaining(['decision contoso-disks/disk-web', 'decision contoso-disks/disk-db']),
    );
  });

  it('shows of one key its own records, and those of its versions', async () => {
    const version = `contoso-disks/disk-web/${versionOf('contoso-disks', 'disk-web')}`;
    const said = await done('trail', 'contoso-disks/disk-web');
    expect(told(said).filter((line) => !line.startsWith('alert ') && !line.startsWith('incident '))).toEqual([
      'decision contoso-disks/disk-web',
      `intent ${version}`,
      `outcome ${version}`,
      'decision contoso-disks/disk-web',
    ]);
    expect(told(said)).toContain(`incident ${version}`);
    expect(said).toContain('is disabled and was approved as enabled. (undo)');
    expect(said).toMatch(/ {2}intent {7}\S+ {2}restore contoso-disks\/disk-web\/[0-9a-f]{32}: enabled$/m);
    expect(said).toMatch(/ {2}decision {5}contoso-disks\/disk-web {2}as approved$/m);
  });

  it('says in words why something was not undone', async () => {
    await as('attacker').disable('contoso-dev', 'dev-web');
    await swept();
    const said = await done('trail', 'contoso-dev/dev-web');
    expect(said).toContain(
      'was approved as enabled. (not restored: the policy only alerts, and whoever is on call has to restore it)',
    );
    expect(said).toMatch(
      / {2}withheld .*: not restored: the policy only alerts, and whoever is on call has to restore it: restore contoso-dev/,
    );
    expect(said).not.toContain('alert-only');
  });

  it('goes back as far as is asked for, over days', async () => {
    await host().advance(DAY_MS, DAY_MS / 4);
    expect(told(await done('trail', 'contoso-disks/disk-web', '--hours', '1'))).toEqual([' ']);
    expect(await done('trail', 'contoso-disks/disk-web', '--hours', '1')).toBe('Nothing was recorded within 1 h.');
    expect(told(await done('trail', 'contoso-disks/disk-web', '--hours', '48'))).toContain(
      'decision contoso-disks/disk-web',
    );
  });
});
