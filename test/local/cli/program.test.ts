import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.ts';

const { refused } = commandLine();

describe('any command', () => {
  it('refuses an identity that azure.json does not have, and names those that it has', async () => {
    expect(await refused('--as', 'nobody', 'status')).toMatch(/^There is no identity nobody\. There are: owner, /);
  });

  it.each([
    [['baseline', 'show', 'fabrikam']],
    [['baseline', 'accept', 'fabrikam']],
    [['approve', 'ask', 'fabrikam', '--act', 'disable', '--why', 'x']],
    [['hold', 'set', 'fabrikam', '--why', 'x']],
    [['approve', 'grant', 'fabrikam', 'x']],
    [['approve', 'withdraw', 'fabrikam', 'x']],
    [['restore', 'fabrikam/disk-web']],
  ])('refuses a vault that the policy does not name: %j', async (args) => {
    expect(await refused(...args)).toBe(
      'The policy names no vault fabrikam. It names: contoso-disks, contoso-sql, contoso-dev.',
    );
  });

  it.each([
    [['approve', 'ask', 'contoso-sql/disk-slq', '--act', 'disable', '--why', 'x']],
    [['hold', 'set', 'contoso-sql/disk-slq', '--why', 'x']],
    [['restore', 'contoso-sql/disk-slq']],
  ])('refuses a key that the register does not know: %j', async (args) => {
    expect(await refused(...args)).toBe(
      'The register knows no key disk-slq in contoso-sql. It knows: disk-backup, disk-sql.',
    );
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
    [['restore', 'contoso-disks'], 'Name the key: vault/key.'],
    [['restore'], "missing required argument 'vault/key'"],
    [['recover'], "unknown command 'recover'"],
  ])('says what is wrong with %j', async (args, sentence) => {
    expect(await refused(...args)).toContain(sentence);
  });
});
