import { describe, expect, it } from 'vitest';
import { HOUR_MS, later } from '../../../../shared/domain/time.ts';
import { openIncident } from '../../../../shared/incidents/store.ts';
import { commandLine } from '../command-line.ts';

const { running, done } = commandLine();

describe('status', () => {
  it('shows each vault with its mode, its baseline and its last pass', async () => {
    const said = await done('status');
    expect(said).toMatch(/block {2}contoso-disks {2}baseline accepted, swept \d+ s ago/);
    expect(said).toMatch(/alert {2}contoso-dev {2}baseline accepted, swept \d+ s ago/);
    expect(said).toMatch(/\nHolds: none\nApprovals: none\nOpen incidents: none$/);
  });

  it('lists what is open, what stops disks first, and names a row that it cannot read', async () => {
    const since = new Date('2026-03-01T12:00:00Z');
    const { incidents } = running().guardian.ports.tables;
    const draft = { since, summary: 'It is so.', judgement: 'left to people' } as const;
    await openIncident(
      { ...draft, kind: 'odd', severity: 'warning', subject: { vault: 'contoso-sql' } },
      running().guardian.ports,
    );
    await openIncident(
      {
        ...draft,
        kind: 'grave',
        severity: 'critical',
        subject: { vault: 'contoso-sql', key: 'tde' },
        deadline: later(since, HOUR_MS),
      },
      running().guardian.ports,
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
