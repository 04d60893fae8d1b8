import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEstate } from '../../local/estate.ts';
import { type LocalGuardian, startLocalGuardian } from '../../local/guardian.ts';

const script = fileURLToPath(new URL('../../local/attack.ts', import.meta.url));

let folder = '';
let running: LocalGuardian;

// Unguarded, so that what was done stays to be seen.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-attack-'));
  running = await startLocalGuardian({ estate: startEstate(), folder, sweepSeconds: 2, guarded: false });
});
afterAll(async () => {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

async function attack(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, '--folder', folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err: err.trimEnd() };
}

describe('npm run attack', () => {
  it('disables a key over the TLS port, as the attacker, and says so', async () => {
    const { status, out, err } = await attack('disable', 'contoso-disks/disk-web');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^\S+Z {2}disk-web: the current version is disabled\.\n$/);
    expect(running.azure.state('contoso-disks', 'disk-web')).toMatchObject({ versions: [{ enabled: false }] });
    const [act] = running.azure.log.filter(({ key, changed }) => key === 'disk-web' && changed);
    expect(act).toMatchObject({ identity: 'attacker', operation: 'update' });
  });

  it('ends with status 1 and what the vault answered where it refuses', async () => {
    const { status, err } = await attack('disable', 'contoso-disks/disk-app', '--as', 'approver');
    expect(status).toBe(1);
    expect(err).toMatch(/^The vault refused: /);
    expect(err).not.toMatch(/\n\s+at /);
    expect(running.azure.state('contoso-disks', 'disk-app')).toMatchObject({ versions: [{ enabled: true }, {}] });
  });

  it('takes a role away through Resource Manager, as the owner, and a lock keeps a vault from being deleted', async () => {
    const cut = await attack('cut-access', 'contoso-dev/dev-web');
    expect([cut.status, cut.out, cut.err]).toEqual([
      0,
      expect.stringContaining('des-dev-web: its role in contoso-dev is gone.'),
      '',
    ]);
    const locked = await attack('delete-vault', 'contoso-disks/disk-web');
    expect(locked.status).toBe(1);
    expect(locked.err).toMatch(/^Resource Manager refused: ScopeLocked: /);
  });

  it('ends with status 1 and a sentence on what it cannot take', async () => {
    const [act, target, vault, identity] = await Promise.all([
      attack('shred', 'contoso-disks/disk-web'),
      attack('disable', 'contoso-disks'),
      attack('disable', 'fabrikam/disk-web'),
      attack('disable', 'contoso-disks/disk-db', '--as', 'nobody'),
    ]);
    expect([act, target, vault, identity].map(({ status, out }) => ({ status, out }))).toEqual(
      Array.from({ length: 4 }, () => ({ status: 1, out: '' })),
    );
    expect(act.err).toContain(
      'Allowed choices are disable, delete, expire, not-before, strip-operations, rotate, purge, move-set, pin-set, delete-vault, cut-access, pipeline.',
    );
    expect(target.err).toBe('"contoso-disks" names no key: write it as contoso-disks/disk-web.');
    expect(vault.err).toBe(
      'There is no vault fabrikam. There are: contoso-disks, contoso-sql, contoso-dev, contoso-legacy, throw-away.',
    );
    expect(identity.err).toMatch(/^There is no identity nobody\. There are: owner, attacker, /);
  });
});
