import { describe, expect, it } from 'vitest';
import { USABLE } from '../simulation/disk.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { running, host, as, disk, records, incidents, isTold, quarantined } = guarded([
  'disk-web',
  'disk-app',
  'disk-db',
]);

const hub = () => host().eventHub('key-vault-audit', 'AuditLog_westeurope');
const oidOf = (identity: string) => running().azure.identities.get(identity)?.oid ?? 'nobody';
const about = async (key: string) =>
  (await incidents(VAULT)).filter(({ subject }) => 'key' in subject && subject.key === key);

describe('audit-log', () => {
  it('wakes an inspection, whose incident and trail name who did it and from where', async () => {
    const use = await disk('disk-web');
    await as('attacker').disable(VAULT, 'disk-web');
    expect(await use()).toEqual({ wrap: 403, unwrap: 403 });
    running().azure.flushAudit();
    await host().idle();
    expect(await use()).toEqual(USABLE);
    const mallory = {
      oid: oidOf('attacker'),
      kind: 'user',
      name: 'mallory@contoso.example',
      appId: expect.any(String),
      address: expect.any(String),
      assignment: { id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    };
    expect(await about('disk-web')).toEqual([
      expect.objectContaining({ kind: 'version-disabled', state: 'resolved', judgement: 'undone', who: mallory }),
    ]);
    const hints = (await records(VAULT)).filter(
      ({ what, subject }) => what === 'hint' && 'key' in subject && subject.key === 'disk-web',
    );
    expect(hints).toContainEqual(
      expect.objectContaining({
        who: mallory,
        detail: expect.objectContaining({
          sense: 'audit-log',
          says: expect.objectContaining({ kind: 'act', operation: 'KeyUpdate' }),
        }),
      }),
    );
  });

  it('says nothing of what the guardian did itself', async () => {
    const written = () =>
      running().azure.log.filter(({ identity, changed }) => identity === 'keeper' && changed).length;
    const before = written();
    running().azure.flushAudit();
    await host().idle();
    running().azure.flushAudit();
    await host().idle();
    expect(written()).toBe(before);
    expect(await about('disk-web')).toHaveLength(1);
  });

  it('tells of an act under the guardian’s identity that its trail does not know', async () => {
    const keeper = running().azure.credential('keeper');
    const token = await keeper.getToken('https://vault.azure.net/.default');
    await running().azure.handle({
      method: 'PATCH',
      url: `https://${VAULT}.vault.azure.net/keys/disk-app?api-version=7.5`,
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tags: { stolen: 'identity' } }),
    });
    running().azure.flushAudit();
    await host().idle();
    expect(await about('disk-app')).toEqual([
      expect.objectContaining({ kind: 'own-act-unexplained', severity: 'critical', state: 'open' }),
    ]);
  });

  it('passes over a batch of what disks do all day without an inspection of any key', async () => {
    const use = await disk('disk-db');
    await use();
    running().azure.clearLog();
    running().azure.flushAudit();
    await host().idle();
    expect(running().azure.log).toEqual([]);
    expect(hub().unread('audit-log-westeurope')).toBe(0);
  });

  it('quarantines a message whole that is no JSON, tells, and reads on', async () => {
    const garbage = '{"records":[{"time":"2026-03-01T12:00:00Z","operationName":"KeyDel';
    await hub().send([garbage]);
    await host().idle();
    expect(hub().unread('audit-log-westeurope')).toBe(0);
    const [told, ...others] = await incidents(OWN);
    expect(told).toMatchObject({ kind: 'guardian-unwell', reason: 'quarantined', state: 'open' });
    expect(others).toEqual([]);
    expect(await isTold(told)).toBe(true);
    const kept = (await records(OWN)).find(({ what }) => what === 'quarantined');
    expect(kept?.detail).toMatchObject({ characters: garbage.length, because: expect.any(String) });
    expect(await quarantined(String(kept?.detail.document))).toBe(garbage);
  });
});
