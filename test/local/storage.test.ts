import { afterEach, expect, it } from 'vitest';
import { resetClock, turnClock } from '../../local/clock.ts';
import { startStorage } from '../../local/storage.ts';
import { queue } from '../../shared/azure/queues.ts';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { streams } from '../../shared/azure/streams.ts';
import { table } from '../../shared/azure/tables.ts';
import { StorageUnreachable } from '../../shared/errors.ts';

afterEach(resetClock);

it('gives each start an account of its own', async () => {
  const [one, other] = await Promise.all([startStorage(), startStorage()]);
  const of = (value: string) => storageClients({ kind: 'connection-string', value });
  await table(of(one.connectionString).table('keys')).insert('vault', 'key', 1);
  await streams(of(one.connectionString).container('audit')).create('a');
  expect(await table(of(other.connectionString).table('keys')).list()).toEqual([]);
  expect(await streams(of(other.connectionString).container('audit')).list('')).toEqual([]);

  await other.stop();
  expect(await table(of(one.connectionString).table('keys')).list()).toHaveLength(1);
  await expect(table(of(other.connectionString).table('keys')).list()).rejects.toThrow(StorageUnreachable);
  await one.stop();
});

it('listens on the loopback address only', async () => {
  const storage = await startStorage();
  const hosts = [...storage.connectionString.matchAll(/Endpoint=http:\/\/([^:]+):(\d+)/g)];
  expect(hosts.map(([, host]) => host)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  expect(new Set(hosts.map(([, , port]) => port)).size).toBe(3);
  await storage.stop();
});

it('follows the turned clock', async () => {
  const storage = await startStorage();
  const client = storageClients({ kind: 'connection-string', value: storage.connectionString }).queue('inspections');
  await queue(client).send('later', 3_600);
  expect((await client.receiveMessages()).receivedMessageItems).toEqual([]);
  turnClock(3_601_000);
  expect((await client.receiveMessages()).receivedMessageItems).toHaveLength(1);
  await storage.stop();
});
