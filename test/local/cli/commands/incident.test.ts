import { describe, expect, it } from 'vitest';
import { type IncidentDraft, incidentId } from '../../../../shared/incidents/draft.ts';
import { purgeAttempted } from '../../../../shared/incidents/kinds/purge-attempted.ts';
import { vaultBlind } from '../../../../shared/incidents/kinds/vault-blind.ts';
import { openIncident } from '../../../../shared/incidents/store.ts';
import { commandLine } from '../command-line.ts';

const { running, done, refused } = commandLine();

describe('incident close', () => {
  const open = async (draft: IncidentDraft): Promise<string> => {
    await openIncident(draft, running().guardian.ports);
    return incidentId(draft);
  };
  const of = async (id: string) =>
    (await running().guardian.ports.tables.incidents.list()).find(({ row }) => row === id)?.data;

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
    for (const row of await running().guardian.ports.tables.incidents.list())
      await running().guardian.ports.tables.incidents.remove(row);
  });
});
