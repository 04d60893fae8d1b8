import { describe, expect, it } from 'vitest';
import { commandLine, idIn } from '../command-line.ts';

const { folder, host, swept, as, enabled, done, refused, running } = commandLine();

const typed = (...words: readonly string[]) => ['npm run key-guardian --', '--folder', folder(), ...words].join(' ');
const howToSettle = (id: string): readonly string[] => [
  'What changed during the hold stays as it is until you run one of:',
  `  ${typed('hold release', id, '--undo')}`,
  `  ${typed('hold release', id, '--accept')}`,
];
const released = (id: string, what: string): string => [`Writes to ${what} go on.`, ...howToSettle(id)].join('\n');

describe('hold', () => {
  it('stops every write to a key until it is released, and status shows it', async () => {
    const set = await done('hold', 'set', 'contoso-disks/disk-db', '--why', 'we look into it', '--hours', '2');
    expect(set).toMatch(/^Hold \S+ stops every write to contoso-disks\/disk-db until [-\d: ]+ UTC\.$/);
    await as('attacker').disable('contoso-disks', 'disk-db');
    await swept();
    expect(enabled('contoso-disks', 'disk-db')).toContain(false);
    expect(await done('status')).toContain(`${idIn(set)}  stops writes to contoso-disks/disk-db`);

    expect(await done('hold', 'release', idIn(set))).toBe(released(idIn(set), 'contoso-disks/disk-db'));
    expect(await done('status')).toContain('Holds: none');
    await done('hold', 'release', idIn(set), '--undo');
    await host().idle();
    expect(enabled('contoso-disks', 'disk-db')).toEqual([true, true]);
  });

  it('leaves what changed under it until a person says to undo it, and its incident says how', async () => {
    const set = await done('hold', 'set', 'contoso-disks/disk-web', '--why', 'we look into it');
    await as('owner').disable('contoso-disks', 'disk-web');
    await swept();
    await done('hold', 'release', idIn(set));
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([false]);
    const [, id = ''] = /disk-web\/.* --accept {2}([0-9a-f]{32})$/m.exec(await done('incident', 'list')) ?? [];
    const [, toRun = ''] = (await done('incident', 'show', id)).split('\nTo run:\n');
    // A card has no room for the third.
    expect(toRun.split('\n')).toEqual([
      typed('hold release', idIn(set), '--undo'),
      typed('hold release', idIn(set), '--accept'),
      typed('restore contoso-disks/disk-web'),
    ]);

    expect(await done('hold', 'release', idIn(set), '--undo')).toBe(
      `The guardian undoes within seconds what changed during hold ${idIn(set)}: contoso-disks/disk-web.`,
    );
    await host().idle();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([true]);
    expect(await done('hold', 'release', idIn(set), '--undo')).toBe(
      `Hold ${idIn(set)} has ended, and nothing that changed during it is left to settle.`,
    );
    expect(await done('hold', 'release', idIn(set))).toBe('Writes to contoso-disks/disk-web go on.');
  });

  it('asks a second person to accept what changed under it, where the first says so', async () => {
    const set = await done('hold', 'set', 'contoso-sql/disk-sql', '--why', 'it was compromised');
    await as('owner').disable('contoso-sql', 'disk-sql');
    await swept();
    const asked = (await done('hold', 'release', idIn(set), '--accept')).split('\n');
    const approval = idIn(asked[1] ?? '');
    expect(asked).toEqual([
      `An approval was asked for what changed during hold ${idIn(set)}: contoso-sql/disk-sql. Another person grants it:`,
      `  ${typed('--as approver approve grant contoso-sql', approval)}`,
    ]);
    await swept();
    expect(await done('status')).toMatch(/version-disabled {2}contoso-sql\/disk-sql\//);
    await done('--as', 'approver', 'approve', 'grant', 'contoso-sql', approval);
    await swept();
    expect(enabled('contoso-sql', 'disk-sql')).toEqual([false]);
    expect(await done('status')).toContain('Open incidents: none');
  });

  it('says how to restore what changed under it in a vault in alert, where nothing is undone', async () => {
    const set = await done('hold', 'set', 'contoso-dev', '--why', 'we look into it');
    await as('owner').disable('contoso-dev', 'dev-web');
    await swept();
    expect((await done('hold', 'release', idIn(set), '--undo')).split('\n')).toEqual([
      'The guardian undoes nothing for keys in alert. Restore those with:',
      `  ${typed('restore contoso-dev/dev-web')}`,
    ]);
    expect(await done('restore', 'contoso-dev/dev-web')).toMatch(/: enabled: done$/);
    expect(enabled('contoso-dev', 'dev-web')).toEqual([true]);
  });

  it('keeps nobody from restoring what changed under it, and goes on where that was refused', async () => {
    const set = await done('hold', 'set', 'contoso-disks/disk-app', '--why', 'we look into it');
    await as('owner').disable('contoso-disks', 'disk-app');
    await swept();
    const lift = running().azure.fault({
      match: { vault: 'contoso-disks', identity: 'owner', operation: 'update' },
      answer: { kind: 'forbidden-by-permission' },
    });
    expect(await refused('restore', 'contoso-disks/disk-app')).toContain('refused: forbidden');
    lift();
    await done('hold', 'release', idIn(set));
    await swept();
    expect(enabled('contoso-disks', 'disk-app')).toEqual([true, false]);
    expect(await done('restore', 'contoso-disks/disk-app')).toMatch(/: enabled: done$/);
    expect(enabled('contoso-disks', 'disk-app')).toEqual([true, true]);
    expect(await done('status')).toContain('Open incidents: none');
  });

  it('stops everything where it names nothing', async () => {
    const set = await done('hold', 'set', '--why', 'all hands');
    expect(set).toContain('stops every write to everything');
    expect(await done('hold', 'release', idIn(set))).toBe(released(idIn(set), 'everything'));
  });

  it('released, names every other hold that still stops something of it', async () => {
    const [wide, narrow, elsewhere] = await Promise.all([
      done('hold', 'set', 'contoso-disks', '--why', 'the vault'),
      done('hold', 'set', 'contoso-disks/disk-db', '--why', 'the key'),
      done('hold', 'set', 'contoso-sql', '--why', 'another vault'),
    ]);
    expect((await done('hold', 'release', idIn(narrow))).split('\n')).toEqual([
      'Released.',
      'Other holds still stop writes to contoso-disks/disk-db:',
      expect.stringMatching(new RegExp(`^  ${idIn(wide)}  stops writes to contoso-disks until .* UTC: the vault$`)),
      ...howToSettle(idIn(narrow)),
    ]);
    expect(await done('hold', 'release', idIn(wide))).toBe(released(idIn(wide), 'contoso-disks'));
    expect(await done('hold', 'release', idIn(elsewhere))).toBe(released(idIn(elsewhere), 'contoso-sql'));
  });

  it('settled, names the hold that still stops the undo, and with which the rest is settled', async () => {
    const [first, last] = [
      await done('hold', 'set', 'contoso-sql/disk-backup', '--why', 'the key', '--hours', '0.4'),
      await done('hold', 'set', 'contoso-sql', '--why', 'the vault', '--hours', '0.5'),
    ];
    await as('owner').disable('contoso-sql', 'disk-backup');
    await swept();
    const others = [
      'Other holds still stop writes to contoso-sql/disk-backup:',
      expect.stringMatching(new RegExp(`^  ${idIn(last)}  stops writes to contoso-sql until .* UTC: the vault$`)),
    ];
    expect((await done('hold', 'release', idIn(first), '--undo')).split('\n')).toEqual([
      `Hold ${idIn(first)} has ended. What changed is settled with the last hold to end.`,
      ...others,
    ]);
    expect(await done('hold', 'release', idIn(last), '--undo')).toBe(
      `The guardian undoes within seconds what changed during hold ${idIn(last)}: contoso-sql/disk-backup.`,
    );
    await host().idle();
    expect(enabled('contoso-sql', 'disk-backup')).toEqual([true]);
  });

  it('says that what it undoes waits for a hold that was set later', async () => {
    const first = await done('hold', 'set', 'contoso-sql/disk-backup', '--why', 'the key', '--hours', '0.4');
    await as('owner').disable('contoso-sql', 'disk-backup');
    await swept();
    const last = await done('hold', 'set', '--why', 'all hands', '--hours', '0.5');
    expect((await done('hold', 'release', idIn(first), '--undo')).split('\n')).toEqual([
      `The guardian undoes what changed during hold ${idIn(first)}, once no other hold stops it: contoso-sql/disk-backup.`,
      'Other holds still stop writes to contoso-sql/disk-backup:',
      expect.stringContaining(`${idIn(last)}  stops writes to everything`),
    ]);
    await host().idle();
    expect(enabled('contoso-sql', 'disk-backup')).toEqual([false]);
    await done('hold', 'release', idIn(last));
    await swept();
    expect(enabled('contoso-sql', 'disk-backup')).toEqual([true]);
  });

  it('is extended by another person, up to whatever they say, and by nobody alone', async () => {
    expect(await refused('hold', 'set', 'contoso-sql', '--why', 'x', '--hours', '1')).toBe(
      'One person alone can hold contoso-sql for 30 minutes at most: set it for that long, and let another person extend it.',
    );
    const id = idIn(await done('hold', 'set', 'contoso-sql', '--why', 'we look into it'));
    expect(await refused('hold', 'extend', id, '--hours', '2')).toBe(
      'Who set a hold cannot extend it: another person has to.',
    );
    expect(await refused('--as', 'approver', 'hold', 'extend', id, '--hours', '2')).toBe(
      'This needs the role KeyGuardian.Operator.',
    );
    await done('hold', 'release', id);
  });

  it('refuses to release what there is not', async () => {
    expect(await refused('hold', 'release', 'nothing')).toBe('There is no hold nothing.');
    expect(await refused('hold', 'release', 'a/b')).toContain('An id has letters, digits and hyphens only.');
    expect(await refused('hold', 'release', 'nothing', '--undo')).toBe('There is no hold nothing.');
  });
});
