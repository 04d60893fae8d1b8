import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localContext } from '../../../local/cli/context.ts';
import { runCommand } from '../../../local/cli/program.ts';
import { restore as putBack } from '../../../local/cli/restore.ts';
import { resetClock } from '../../../local/clock.ts';
import { startEstate } from '../../../local/estate.ts';
import { type LocalGuardian, startLocalGuardian } from '../../../local/guardian.ts';
import type { Host } from '../../../local/host/host.ts';
import { later, utc } from '../../../shared/domain/time.ts';
import { openIncident } from '../../../shared/incidents/book.ts';
import { type IncidentDraft, incidentId } from '../../../shared/incidents/draft.ts';
import { purgeAttempted } from '../../../shared/incidents/kinds/purge-attempted.ts';
import { vaultBlind } from '../../../shared/incidents/kinds/vault-blind.ts';
import { type Client, clientOf } from '../../simulation/client.ts';

const HOUR_MS = 3_600_000;

let folder = '';
let running: LocalGuardian;

// Sweeps are five minutes apart and nothing else is told: the guardian looks when a test turns the clock.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-cli-'));
  const quiet = { auditDelayMs: HOUR_MS, eventDelayMs: HOUR_MS, settleMs: 0 };
  running = await startLocalGuardian({
    estate: startEstate(),
    folder,
    sweepSeconds: 300,
    behaviours: quiet,
    write: () => {},
  });
  await host().idle();
});
afterAll(async () => {
  await running.stop();
  resetClock();
  await rm(folder, { recursive: true, force: true });
  expect(running.host?.failures).toEqual([]);
});

function host(): Host {
  if (running.host === undefined) throw new Error('The guardian runs unguarded.');
  return running.host;
}
const swept = (): Promise<void> => host().advance(5 * 60_000, 60_000);
const as = (identity: string): Client => clientOf(running.azure, identity);
const enabled = (vault: string, key: string): readonly boolean[] => {
  const state = running.azure.state(vault, key);
  return state.kind === 'present' ? state.versions.map((version) => version.enabled) : [];
};
const versionOf = (vault: string, key: string): string => {
  const state = running.azure.state(vault, key);
  return state.kind === 'present' ? (state.versions.at(-1)?.version ?? '') : '';
};

/** Runs a command line as `npm run key-guardian -- …` would. */
async function keyGuardian(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const status = await runCommand(['--folder', folder, ...args], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { status, ...said };
}

async function refused(...args: readonly string[]): Promise<string> {
  const { status, out, err } = await keyGuardian(...args);
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).not.toMatch(/\n\s+at /);
  return err.trimEnd();
}

async function done(...args: readonly string[]): Promise<string> {
  const { status, out, err } = await keyGuardian(...args);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out.trimEnd();
}

const idIn = (text: string): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';

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

describe('status', () => {
  it('shows each vault with its mode, its baseline and its last pass', async () => {
    const said = await done('status');
    expect(said).toMatch(/block {2}contoso-disks {2}baseline accepted, swept \d+ s ago/);
    expect(said).toMatch(/alert {2}contoso-dev {2}baseline accepted, swept \d+ s ago/);
    expect(said).toMatch(/\nHolds: none\nApprovals: none\nOpen incidents: none$/);
  });

  it('lists what is open, what stops disks first, and names a row that it cannot read', async () => {
    const since = new Date('2026-03-01T12:00:00Z');
    const { incidents } = running.guardian.ports.tables;
    const draft = { since, summary: 'It is so.', judgement: 'left to people' } as const;
    await openIncident(
      { ...draft, kind: 'odd', severity: 'warning', subject: { vault: 'contoso-sql' } },
      running.guardian.ports,
    );
    await openIncident(
      {
        ...draft,
        kind: 'grave',
        severity: 'critical',
        subject: { vault: 'contoso-sql', key: 'tde' },
        deadline: later(since, HOUR_MS),
      },
      running.guardian.ports,
    );
    await incidents.put('contoso-sql', 'broken', { no: 'incident' });
    expect((await done('status')).split('\n').slice(-4)).toEqual([
      'Open incidents:',
      '  critical  grave  contoso-sql/tde  since 2026-03-01 12:00:00 UTC  disks fail 2026-03-01 13:00:00 UTC  left to people',
      '  warning   odd  contoso-sql  since 2026-03-01 12:00:00 UTC  left to people',
      "  The register's row contoso-sql/broken cannot be read.",
    ]);
    for (const row of await incidents.list()) await incidents.remove(row);
  });
});

describe('incident close', () => {
  const open = async (draft: IncidentDraft): Promise<string> => {
    await openIncident(draft, running.guardian.ports);
    return incidentId(draft);
  };
  const of = async (id: string) =>
    (await running.guardian.ports.tables.incidents.list()).find(({ row }) => row === id)?.data;

  it('ends what tells of an act, says by whom and why, and status lists it no more', async () => {
    const by = { oid: '0f0e0d0c-0000-4000-8000-000000000002' };
    const id = await open(purgeAttempted.draft({ vault: 'contoso-sql', key: 'tde' }, by, new Date(), 403));
    expect(await done('status')).toContain(`until "incident close ${id}"`);
    expect(await done('incident', 'close', id, '--why', 'it was a drill')).toBe(
      'Closed: purge-attempted of contoso-sql/tde.',
    );
    expect(await of(id)).toMatchObject({
      state: 'resolved',
      judgement: 'closed by owner@contoso.example: it was a drill',
    });
    expect(await done('status')).toContain('Open incidents: none');
    expect(await refused('incident', 'close', id, '--why', 'again')).toBe(
      `Incident ${id} is over: closed by owner@contoso.example: it was a drill.`,
    );
  });

  it('refuses what tells of a state, which would only be found again, and what nobody knows', async () => {
    const id = await open(vaultBlind.draft('contoso-sql', new Date(), 'throttled'));
    expect(await refused('incident', 'close', id, '--why', 'it is late')).toBe(
      `Incident ${id} tells of a state, vault-blind: it ends by itself when that is good again.`,
    );
    expect(await of(id)).toMatchObject({ state: 'open' });
    expect(await refused('incident', 'close', 'nonsense', '--why', 'it is late')).toBe(
      'There is no incident nonsense: "status" lists those that are open.',
    );
    for (const row of await running.guardian.ports.tables.incidents.list())
      await running.guardian.ports.tables.incidents.remove(row);
  });
});

describe('baseline', () => {
  it('shows what is there, and that it was accepted by whom', async () => {
    const said = await done('baseline', 'show', 'contoso-disks');
    expect(said).toMatch(/^Baseline of contoso-disks: accepted on [-\d: ]+ UTC by owner@contoso\.example\./);
    expect(said).toContain(`disk-web/${versionOf('contoso-disks', 'disk-web')}  enabled, current, wrapKey unwrapKey`);
    expect(said.split('\n').filter((line) => line.includes('disk-app/'))).toHaveLength(2);
    expect(said).not.toContain('SUSPICIOUS');
  });

  it('lists a disabled current version first, as suspicious, and takes it as retired only where a person says so', async () => {
    const name = `dev-db/${versionOf('contoso-dev', 'dev-db')}`;
    await as('owner').disable('contoso-dev', 'dev-db');
    const shown = (await done('baseline', 'show', 'contoso-dev')).split('\n');
    expect(shown[1]).toMatch(new RegExp(`^! ${name} .*SUSPICIOUS: it is disabled and current`));
    expect(shown).toContainEqual(
      `  npm run key-guardian -- --folder ${folder} baseline accept contoso-dev [--needed key/version] [--as-shown key/version] [--retired key/version]`,
    );

    expect(await done('baseline', 'accept', 'contoso-dev')).toBe(
      'The baseline of contoso-dev is accepted: 2 versions are approved, 1 stays as it was approved.',
    );
    expect(await done('baseline', 'accept', 'contoso-dev', '--retired', name)).toBe(
      'The baseline of contoso-dev is accepted: 3 versions are approved.',
    );
  });

  it('accepts nothing where a word names what is not there, or says two things of one version', async () => {
    expect(await refused('baseline', 'accept', 'contoso-dev', '--needed', 'dev-db/0')).toBe(
      'There is no dev-db/0 in contoso-dev: nothing was accepted.',
    );
    const name = `dev-db/${versionOf('contoso-dev', 'dev-db')}`;
    expect(await refused('baseline', 'accept', 'contoso-dev', '--needed', name, '--retired', name)).toBe(
      `${name} can be one of needed, as shown and retired only: nothing was accepted.`,
    );
  });

  it('adopts a change that was told, of a version in use, and counts a deleted key for itself', async () => {
    const version = versionOf('contoso-dev', 'dev-web');
    await as('owner').operations('contoso-dev', 'dev-web', ['wrapKey', 'unwrapKey', 'encrypt']);
    await as('owner').delete('contoso-dev', 'dev-app');
    await swept();
    const command = `baseline accept contoso-dev --as-shown dev-web/${version}`;
    const told = (await running.guardian.ports.tables.incidents.list()).map(({ data }) => data);
    expect(told).toContainEqual(
      expect.objectContaining({ kind: 'version-changed', state: 'open', command: `key-guardian ${command}` }),
    );
    expect(await done(...command.split(' '))).toBe(
      'The baseline of contoso-dev is accepted: 1 version is approved, 1 stays as it was approved, 1 deleted key is left as it was.',
    );
    await as('owner').recover('contoso-dev', 'dev-app');
    await swept();
    expect(await done('status')).toContain('Open incidents: none');
    expect(await refused('baseline', 'accept', 'contoso-dev', '--retired', 'dev-app/')).toBe(
      'There is no dev-app/ in contoso-dev: nothing was accepted.',
    );
  });

  it('is shown to whoever may read, and accepted under the name of who runs it', async () => {
    await done('--as', 'approver', 'baseline', 'accept', 'contoso-dev');
    expect(await done('baseline', 'show', 'contoso-dev')).toContain('by approver@contoso.example');
  });

  it('says that it cannot be taken where the vault refuses to be read', async () => {
    const lift = running.azure.fault({
      match: { vault: 'contoso-sql', operation: 'list' },
      answer: { kind: 'forbidden-by-firewall' },
    });
    const said = await refused('baseline', 'show', 'contoso-sql');
    lift();
    expect(said).toMatch(/^The baseline needs contoso-sql, which cannot be read: \S*firewall/);
  });
});

describe('approve', () => {
  it('is asked by one, granted by another, and what it allows stays', async () => {
    const asked = await done('approve', 'ask', 'contoso-disks/disk-web', '--act', 'disable', '--why', 'it is retired');
    const id = idIn(asked);
    expect(asked).toContain(
      `npm run key-guardian -- --folder ${folder} --as approver approve grant contoso-disks ${id}`,
    );
    expect(await done('status')).toMatch(
      new RegExp(
        `\nApprovals:\n  ${id}  asked: disable of contoso-disks/disk-web by anyone but who grants it until [-\\d: ]+ UTC: it is retired \\(asked by owner@contoso\\.example\\)\n`,
      ),
    );
    expect(await refused('approve', 'grant', 'contoso-disks', id)).toBe(
      'Who asks for an approval cannot grant it: somebody else has to.',
    );
    expect(await done('--as', 'approver', 'approve', 'grant', 'contoso-disks', id)).toMatch(
      /^Granted:\n {2}disable of contoso-disks\/disk-web\n {2}by anyone but who grants it\n {2}from [-\d: ]+ UTC until [-\d: ]+ UTC\n {2}why: it is retired\n {2}asked by owner@contoso\.example$/,
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
    ['anyone', 'anyone but who grants it'],
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

  it('refuses an id or a version that there is not', async () => {
    expect(await refused('approve', 'grant', 'contoso-disks', 'nothing')).toBe(
      'There is no approval nothing in contoso-disks.',
    );
    expect(await refused('approve', 'ask', 'contoso-disks/disk-web/0', '--act', 'disable', '--why', 'x')).toMatch(
      /^The register knows no version 0 of contoso-disks\/disk-web\. It knows: [0-9a-f]{32}\.$/,
    );
  });
});

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
  });
});

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
    const [write] = running.azure.log.filter(({ key, changed }) => key === 'dev-web' && changed).slice(-1);
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
    const lift = running.azure.fault({
      match: { vault: 'contoso-dev', identity: 'owner' },
      answer: { kind: 'forbidden-by-permission' },
    });
    const said = await refused('restore', 'contoso-dev/dev-web');
    lift();
    expect(said).toMatch(/^contoso-dev\/dev-web cannot be read: forbidden/);
  });

  it('waits for its turn while the guardian is at work on the key, and gives up where it does not end', async () => {
    const { claims } = running.guardian.ports.tables;
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const claim = await claims.put('contoso-dev', 'dev-web', { owner: 'a worker', until, intents: [] });
    const context = await localContext('owner', folder);
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
    running.azure.clearLog();
    const said = await refused('--as', 'approver', 'restore', 'contoso-dev/dev-web');
    expect(said.split('\n')).toHaveLength(1);
    expect(running.azure.log.filter(({ operation, status }) => operation === 'update' && status === 403)).toHaveLength(
      1,
    );
    await done('restore', 'contoso-dev/dev-web');
  });

  it('says what it cannot put back, and what to do instead', async () => {
    const version = versionOf('contoso-dev', 'dev-app');
    await as('attacker').operations('contoso-dev', 'dev-app', ['wrapKey', 'unwrapKey', 'decrypt']);
    const told = [
      'contoso-dev/dev-app is not as it was approved:',
      `  Version ${version} of contoso-dev/dev-app may wrapKey, unwrapKey, decrypt instead of wrapKey, unwrapKey.`,
      `    This cannot be restored: where it is to stay as it is, accept it: npm run key-guardian -- --folder ${folder} baseline accept contoso-dev --as-shown dev-app/${version}`,
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
