import { describe, expect, it } from 'vitest';
import { HOUR_MS, later, utc } from '../../../../shared/domain/time.ts';
import { commandLine, idIn } from '../command-line.ts';

const { folder, host, swept, as, enabled, versionOf, done, refused } = commandLine();

describe('approve', () => {
  it('is asked by one, granted by another, and what it allows stays', async () => {
    const asked = await done('approve', 'ask', 'contoso-disks/disk-web', '--act', 'disable', '--why', 'it is retired');
    const id = idIn(asked);
    expect(asked).toContain(
      `npm run key-guardian -- --folder ${folder()} --as approver approve grant contoso-disks ${id}`,
    );
    expect(await done('status')).toMatch(
      new RegExp(
        `\nApprovals:\n  ${id}  asked: disable of contoso-disks/disk-web by anyone but the granter until [-\\d: ]+ UTC: it is retired \\(asked by owner@contoso\\.example\\)\n`,
      ),
    );
    expect(await refused('approve', 'grant', 'contoso-disks', id)).toBe(
      'The person who asked for an approval cannot grant it: another person has to.',
    );
    expect(await done('--as', 'approver', 'approve', 'grant', 'contoso-disks', id)).toMatch(
      /^Granted:\n {2}disable of contoso-disks\/disk-web\n {2}by anyone but the granter\n {2}from [-\d: ]+ UTC until [-\d: ]+ UTC\n {2}why: it is retired\n {2}asked by owner@contoso\.example$/,
    );
    expect(await done('status')).toContain(`${id}  granted by approver@contoso.example: disable`);
    await as('owner').disable('contoso-disks', 'disk-web');
    await swept();
    expect(enabled('contoso-disks', 'disk-web')).toEqual([false]);
  });

  it('allows nothing any more once it is withdrawn', async () => {
    const asked = await done('approve', 'ask', 'contoso-disks/disk-app', '--act', 'disable', '--why', 'a mistake');
    const id = idIn(asked);
    await done('--as', 'approver', 'approve', 'grant', 'contoso-disks', id);
    expect(await done('approve', 'withdraw', 'contoso-disks', id)).toBe('Withdrawn.');
    expect(await done('status')).not.toContain(id);
    expect(await refused('--as', 'approver', 'approve', 'grant', 'contoso-disks', id)).toBe(
      `Approval ${id} was withdrawn.`,
    );
    // Seen as good after the withdrawal: nobody can think that the act was before it.
    await swept();
    await as('owner').disable('contoso-disks', 'disk-app');
    await swept();
    expect(enabled('contoso-disks', 'disk-app')).toEqual([true, true]);
  });

  it('covers nothing before it begins', async () => {
    const begins = later(new Date(), 2 * HOUR_MS);
    const ask = ['approve', 'ask', 'contoso-sql/disk-backup', '--act', 'disable', '--why', 'on Sunday'];
    const asked = await done(...ask, '--from', begins.toISOString(), '--hours', '3');
    const window = `from ${utc(begins)} until ${utc(later(begins, 3 * HOUR_MS))}.`;
    expect(asked).toContain(window);
    expect(await done('--as', 'approver', 'approve', 'grant', 'contoso-sql', idIn(asked))).toContain(
      `from ${utc(begins)} until ${utc(later(begins, 3 * HOUR_MS))}`,
    );
    await as('owner').disable('contoso-sql', 'disk-backup');
    await swept();
    expect(enabled('contoso-sql', 'disk-backup')).toEqual([true]);
    await host().advance(2 * HOUR_MS, HOUR_MS / 2);
    await as('owner').disable('contoso-sql', 'disk-backup');
    await swept();
    expect(enabled('contoso-sql', 'disk-backup')).toEqual([false]);
  });

  it.each([
    ['anyone', 'anyone but the granter'],
    ['owner', 'owner (0f0e0d0c-0000-4000-8000-000000000001)'],
    ['7C0FFEE0-0000-4000-8000-000000000001', '7C0FFEE0-0000-4000-8000-000000000001'],
  ])('is for %s', async (by, shown) => {
    const asked = await done('approve', 'ask', 'contoso-sql', '--act', 'disable', '--why', 'x', '--by', by);
    const granted = await done('--as', 'approver', 'approve', 'grant', 'contoso-sql', idIn(asked));
    expect(granted).toContain(`disable of every key of contoso-sql\n  by ${shown}\n`);
    await done('approve', 'withdraw', 'contoso-sql', idIn(asked));
  });

  it('is for nobody of whom there is no object id', async () => {
    expect(await refused('approve', 'ask', 'contoso-sql', '--act', 'disable', '--why', 'x', '--by', 'mallory')).toMatch(
      /^--by takes an object id, or anyone; mallory is neither\. There are: owner, attacker, /,
    );
  });

  it.each([
    ['a/b', 'a/b'],
    ['a\\b', 'a\\b'],
    ['a#b', 'a#b'],
    ['a?b', 'a?b'],
    ['of 2,000 letters', 'x'.repeat(2_000)],
  ])('refuses the id %s', async (_what, id) => {
    expect(await refused('approve', 'grant', 'contoso-disks', id)).toContain(
      'An id has letters, digits and hyphens only.',
    );
  });

  it('refuses an id that there is not', async () => {
    expect(await refused('--as', 'approver', 'approve', 'grant', 'contoso-disks', 'nothing')).toBe(
      'There is no approval nothing in contoso-disks.',
    );
  });

  it('is refused to whom the tenant gave no role', async () => {
    expect(await refused('--as', 'attacker', 'approve', 'ask', 'contoso-sql', '--act', 'disable', '--why', 'x')).toBe(
      'Your token has no role of the guardian.',
    );
  });

  it('breaks glass for one version and one person, and pages everyone', async () => {
    const version = `contoso-dev/dev-db/${versionOf('contoso-dev', 'dev-db')}`;
    expect(await done('approve', 'break-glass', version, '--why', 'it leaked')).toMatch(
      /^You may disable contoso-dev\/dev-db\/[0-9a-f]{32} until .* UTC\. Everyone is alerted\.$/,
    );
    expect(await done('incident', 'list')).toContain('glass-broken');
    await as('owner').disable('contoso-dev', 'dev-db');
    await swept();
    expect(await done('status')).not.toMatch(/version-disabled {2}contoso-dev\/dev-db/);
    expect(await refused('approve', 'break-glass', 'contoso-dev/dev-db', '--why', 'x')).toContain('Name the version');
  });

  it('refuses a version that there is not', async () => {
    expect(await refused('approve', 'ask', 'contoso-disks/disk-web/0', '--act', 'disable', '--why', 'x')).toMatch(
      /^The register knows no version 0 of contoso-disks\/disk-web\. It knows: [0-9a-f]{32}\.$/,
    );
  });
});
