import { describe, expect, it } from 'vitest';
import { storageClients } from '../../../../shared/azure/storage-clients.ts';
import { table } from '../../../../shared/azure/tables.ts';
import { keyOf, vaultSubject } from '../../../../shared/domain/subject.ts';
import { HOUR_MS, later, MINUTE_MS, utc } from '../../../../shared/domain/time.ts';
import { incidentId } from '../../../../shared/incidents/draft.ts';
import { openIncident } from '../../../../shared/incidents/store.ts';
import { commandLine } from '../command-line.ts';

const { folder, host, running, swept, as, versionOf, done } = commandLine();

describe('status', () => {
  it('shows each vault with its mode, its baseline and its last sweep', async () => {
    const said = await done('status');
    expect(said).toMatch(/^Policy [0-9a-f]{12}\nVaults:\n/);
    expect(said).toMatch(/ {2}block {2}contoso-disks {2}3 keys, baseline accepted, swept \d+ s ago\n/);
    expect(said).toMatch(/ {2}alert {2}contoso-dev {2}3 keys, baseline accepted, swept \d+ s ago\n/);
    expect(said.split('\n').slice(-5)).toEqual([
      'Holds: none',
      'Approvals: none',
      'Left deleted or disabled by approval: none',
      'Open incidents: none',
      'Resolved within 24 h: 0',
    ]);
  });

  it('says how far the audit events of a vault have arrived, and who unwrapped last', async () => {
    const { tables, now } = running().guardian.ports;
    const until = later(now(), -5 * MINUTE_MS);
    const last = later(now(), -3 * MINUTE_MS);
    const version = `disk-web/${'a'.repeat(32)}`;
    const records = {
      until,
      readAt: until,
      periods: [{ from: later(until, -12 * HOUR_MS), until }],
      uses: { [version]: { d15c: { first: until, last } } },
    };
    const stored = await tables.vaultRecords.put('records', 'contoso-disks', records);
    const said = await done('status');
    expect(said).toContain(
      `s ago, audit events have arrived up to ${utc(until)}, 50 % of the day to ${utc(until)} covered\n`,
    );
    expect(said).toContain(`Last unwrapped:\n  contoso-disks/${version}  3 min ago by d15c\n`);
    await tables.vaultRecords.remove(stored);
    expect(await done('status')).not.toMatch(/audit events|Last unwrapped/);
  });

  it('lists what is open, the gravest first and then the nearest deadline, and names a row that it cannot read', async () => {
    const { ports, settings } = running().guardian;
    const since = new Date('2026-03-01T12:00:00Z');
    const drafts = [
      { kind: 'odd', severity: 'warning', subject: vaultSubject('contoso-sql') },
      {
        kind: 'grave',
        reason: 'late',
        severity: 'critical',
        subject: keyOf({ vault: 'contoso-sql', key: 'tde' }),
        deadline: later(since, 2 * HOUR_MS),
      },
      {
        kind: 'grave',
        reason: 'soon',
        severity: 'critical',
        subject: keyOf({ vault: 'contoso-sql', key: 'tde' }),
        deadline: later(since, HOUR_MS),
      },
    ] as const;
    const summary = 'It is so.';
    const ids: string[] = [];
    for (const draft of drafts) {
      const told = { ...draft, since, summary, judgement: 'left to people', audience: 'on-call' } as const;
      await openIncident({ ...told, ends: 'with-its-state' }, ports);
      ids.push(incidentId({ ...draft, since }));
    }
    const rows = table(
      storageClients({ kind: 'connection-string', value: settings.RegisterStorage ?? '' }).table('incidents'),
    );
    await rows.put('contoso-sql', 'broken', { no: 'incident' });
    const [odd, late, soon] = ids;
    expect((await done('status')).split('\n').slice(-6)).toEqual([
      'Open incidents:',
      `  critical  grave (soon)  contoso-sql/tde  since 2026-03-01 12:00:00 UTC  disks fail 2026-03-01 13:00:00 UTC  a person has to act  ${soon}`,
      `  critical  grave (late)  contoso-sql/tde  since 2026-03-01 12:00:00 UTC  disks fail 2026-03-01 14:00:00 UTC  a person has to act  ${late}`,
      `  warning   odd  contoso-sql  since 2026-03-01 12:00:00 UTC  a person has to act  ${odd}`,
      'Resolved within 24 h: 0',
      '  The row contoso-sql/broken of incidents cannot be read: id: Invalid input: expected string, received undefined.',
    ]);
    // An alert that is still to be sent brings its incident's row back.
    await host().idle();
    for (const row of await rows.list()) await rows.remove(row);
  });

  it('counts what is over, with the command that lists it, and shows what approvals left disabled', async () => {
    await as('attacker').disable('contoso-disks', 'disk-web');
    await swept();
    expect((await done('status')).split('\n').at(-1)).toBe(
      `Resolved within 24 h: 1 (npm run key-guardian -- --folder ${folder()} incident list)`,
    );
    const asked = await done('approve', 'ask', 'contoso-sql/disk-sql', '--act', 'disable', '--why', 'it is retired');
    const [id = ''] = /[0-9a-f-]{36}/.exec(asked) ?? [];
    await done('--as', 'approver', 'approve', 'grant', 'contoso-sql', id);
    await as('owner').disable('contoso-sql', 'disk-sql');
    await swept();
    const said = await done('status');
    expect(said).toContain(`  ${id}  consumed: disable of contoso-sql/disk-sql`);
    expect(said).toMatch(
      new RegExp(
        `\nLeft deleted or disabled by approval:\n  contoso-sql/disk-sql/${versionOf('contoso-sql', 'disk-sql')} disabled on [-\\d: ]+ UTC \\(approval ${id}\\)\n`,
      ),
    );
  });
});
