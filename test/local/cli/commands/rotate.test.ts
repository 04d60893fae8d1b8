import { describe, expect, it } from 'vitest';
import { commandLine } from '../command-line.ts';

const { running, as, enabled, versionOf, done, refused, swept } = commandLine();

describe('rotate', () => {
  it('says what hangs on the key and rotates nothing without --yes', async () => {
    const before = versionOf('contoso-dev', 'dev-web');
    expect((await done('rotate', 'contoso-dev/dev-web')).split('\n')).toEqual([
      expect.stringMatching(/^The newest version of contoso-dev\/dev-web was made on .+ UTC, and expires on none\.$/),
      'The policy has no rotation schedule for it.',
      expect.stringMatching(/^What hangs on it: /),
      'Nothing was rotated: repeat this with --yes.',
    ]);
    expect(versionOf('contoso-dev', 'dev-web')).toBe(before);
  });

  it('makes one version under the rights of who runs it, in any mode, recorded under their name', async () => {
    expect(await done('rotate', 'contoso-dev/dev-web', '--yes')).toBe('rotate contoso-dev/dev-web: done');
    expect(enabled('contoso-dev', 'dev-web')).toEqual([true, true]);
    const writes = running().azure.log.filter(({ key, changed }) => key === 'dev-web' && changed);
    expect(writes).toMatchObject([{ identity: 'owner', operation: 'rotate' }]);
    const record = await done('trail', 'contoso-dev/dev-web');
    expect(record).toContain('rotate contoso-dev/dev-web');
    await swept();
    expect(await done('incident', 'list')).not.toContain('dev-web');
  });

  it('rotates no key that is not as approved', async () => {
    await as('attacker').disable('contoso-dev', 'dev-app');
    expect(await refused('rotate', 'contoso-dev/dev-app', '--yes')).toContain('not-as-approved');
    expect(enabled('contoso-dev', 'dev-app')).toEqual([false]);
  });

  it('takes one key of a guarded vault', async () => {
    expect(await refused('rotate', 'contoso-dev', '--yes')).toBe('Name one key of contoso-dev: contoso-dev/<key>.');
    expect(await refused('rotate', 'contoso-dev/unknown', '--yes')).toContain('The register knows no key unknown');
  });
});
