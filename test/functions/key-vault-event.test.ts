import { describe, expect, it } from 'vitest';
import type { ApprovedVersion } from '../../shared/domain/register.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const { running, host, as, incidents, quarantined, records } = guarded(['disk-web', 'disk-app', 'disk-db']);

/** As Event Grid delivers: what the local Azure has to tell goes to the function's endpoint, which answers when it ended. */
async function delivered(): Promise<void> {
  const { azure } = running();
  const waiting: Promise<unknown>[] = [];
  const unhook = azure.onEvent(({ headers, body }) => {
    waiting.push(fetch(host().eventGridUrl('key-vault-event'), { method: 'POST', headers, body }));
  });
  azure.flushEvents();
  unhook();
  expect(waiting).toHaveLength(1);
  await Promise.all(waiting);
  await host().idle();
}

const registered = async (key: string): Promise<Readonly<Record<string, ApprovedVersion>>> =>
  (await running().guardian.ports.tables.keys.get(VAULT, key))?.value.approved.versions ?? {};

const post = (body: unknown): Promise<Response> =>
  fetch(host().eventGridUrl('key-vault-event'), {
    method: 'POST',
    headers: { 'aeg-event-type': 'Notification', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('key-vault-event', () => {
  it.each(['EventGridSchema', 'CloudEventSchemaV1_0'] as const)(
    'wakes an inspection by an event in the schema %s: the version is known before any sweep',
    async (schema) => {
      running().azure.behaviours.eventSchema = schema;
      const key = schema === 'EventGridSchema' ? 'disk-web' : 'disk-app';
      const version = await as('owner').rotate(VAULT, key);
      running().azure.clearLog();
      await delivered();
      const reads = running().azure.log.filter(({ identity }) => identity === 'watcher');
      expect(reads.length).toBeGreaterThan(0);
      expect(reads.every((read) => read.key === key)).toBe(true);
      expect(await registered(key)).toHaveProperty([version]);
    },
  );

  it('tells of a new version that is disabled, and leaves it unapproved', async () => {
    const version = await as('attacker').create(VAULT, 'disk-db', { enabled: false });
    await delivered();
    expect(await incidents(VAULT)).toContainEqual(
      expect.objectContaining({
        kind: 'version-not-approved',
        subject: { kind: 'version', vault: VAULT, key: 'disk-db', version },
      }),
    );
    expect((await registered('disk-db'))[version]?.attributes).toBeUndefined();
  });

  it('believes no event: one of a version that there is not costs reads and leads to nothing', async () => {
    running().azure.clearLog();
    const before = await registered('disk-web');
    const id = `https://${VAULT}.vault.azure.net/keys/disk-web/${'0'.repeat(32)}`;
    const forged = { id: 'forged', eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', data: { Id: id } };
    expect((await post([forged])).status).toBe(202);
    await host().idle();
    expect(running().azure.log.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(Object.keys(await registered('disk-web'))).toEqual(Object.keys(before));
  });

  it('quarantines an event whole that it cannot read, tells, and takes it', async () => {
    const odd = { eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', data: 'no object' };
    expect((await post([odd])).status).toBe(202);
    await host().idle();
    expect(await incidents(OWN)).toEqual([expect.objectContaining({ reason: 'quarantined', state: 'open' })]);
    const kept = (await records(OWN)).find(({ what }) => what === 'quarantined');
    expect(JSON.parse((await quarantined(String(kept?.detail.document))) ?? '')).toEqual(odd);
  });
});
