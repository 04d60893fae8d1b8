import { describe, expect, it } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { attacker, currentVersion, localAzure, onStoppedClock, sender, start } from './requests.ts';

onStoppedClock();

describe('the log', () => {
  it('has every request the service saw, challenges too, by identity', async () => {
    const azure = localAzure();
    await azure.handle({
      method: 'GET',
      url: 'https://kv-one.vault.azure.net/keys?api-version=7.5',
      headers: {},
      body: '',
    });
    const version = '0'.repeat(32);
    await sender(azure)('GET', `/keys/disk/${version}`, undefined, { 'x-ms-client-request-id': 'intent-1' });
    expect(azure.log).toEqual([
      {
        at: new Date(start),
        identity: undefined,
        method: 'GET',
        url: 'https://kv-one.vault.azure.net/keys?api-version=7.5',
        operation: 'list',
        vault: 'kv-one',
        key: undefined,
        version: undefined,
        status: 401,
        changed: false,
        clientRequestId: undefined,
      },
      {
        at: new Date(start),
        identity: 'attacker',
        method: 'GET',
        url: `https://kv-one.vault.azure.net/keys/disk/${version}?api-version=7.5`,
        operation: 'get-version',
        vault: 'kv-one',
        key: 'disk',
        version,
        status: 404,
        changed: false,
        clientRequestId: 'intent-1',
      },
    ]);
    azure.clearLog();
    expect(azure.log).toEqual([]);
  });
});

describe('what is added while it runs', () => {
  it('serves at once: vault, key, identity', async () => {
    const azure = localAzure();
    azure.addVault({ name: 'kv-new' });
    azure.addKey('kv-new', { name: 'disk', versions: [{ enabled: false }] });
    azure.addIdentity({ ...attacker, name: 'late' });
    expect(await sender(azure, 'late', 'kv-new')('GET', '/keys/disk')).toMatchObject({
      status: 200,
      json: { attributes: { enabled: false } },
    });
  });

  it('cannot take a name that is taken', () => {
    const azure = localAzure();
    expect(() => azure.addVault({ name: 'KV-ONE' })).toThrow('The local Azure has a vault KV-ONE already.');
    expect(() => azure.addKey('kv-one', { name: 'DISK' })).toThrow('The vault kv-one has a key DISK already.');
    expect(() => azure.addIdentity(attacker)).toThrow('The local Azure has an identity attacker already.');
  });

  it.each([
    [
      'a version id that the service could not give',
      { name: 'other', versions: [{ version: 'v1' }] },
      'v1 is no version id',
    ],
    ['a name that the service would not take', { name: 'a_b' }, 'a_b is no name of a key.'],
    ['no version', { name: 'empty', versions: [] }, 'A key has at least one version, but empty was seeded with none.'],
  ])('cannot be a key with %s', (_what, key, message) => {
    expect(() => localAzure().addKey('kv-one', key)).toThrow(message);
    expect(() => localAzure({ vaults: [{ name: 'kv-one', keys: [key] }] })).toThrow(message);
  });

  it('has to be there to be asked for', () => {
    const azure = localAzure();
    expect(() => azure.state('kv-none', 'disk')).toThrow('The local Azure has no vault kv-none.');
    expect(() => azure.credential('nobody')).toThrow('The local Azure has no identity nobody.');
    expect(() => azure.setGrants('nobody', [])).toThrow('The local Azure has no identity nobody.');
    expect(azure.state('kv-one', 'none')).toEqual({ kind: 'none' });
  });
});

describe('a run', () => {
  it('with the same seed gives the same ids, with another seed others', () => {
    const ids = (seed: number) => {
      const azure = localAzure({ seed });
      return [azure.identities.get('attacker')?.oid, azure.state('kv-one', 'disk')];
    };
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
  });

  it('with the same seed gives the same ids to requests, records and events', async () => {
    const ids = async (seed: number) => {
      const azure = localAzure({ seed });
      const said: string[] = [];
      azure.onAuditRecords((_region, body) => said.push(JSON.stringify(body)));
      azure.onEvent((event) => said.push(event.body));
      const { headers } = await sender(azure)('POST', '/keys/made/create', { kty: 'EC' });
      azure.flushAudit();
      azure.flushEvents();
      return [headers['x-ms-request-id'], ...(said.join().match(/"(?:correlationId|id)":"[-0-9a-f]{36}"/g) ?? [])];
    };
    const first = await ids(7);
    expect(first).toHaveLength(3);
    expect(await ids(7)).toEqual(first);
    expect(await ids(8)).not.toEqual(first);
  });

  it('makes the same versions however often a key was read before', async () => {
    const made = async (requests: number) => {
      const azure = localAzure();
      for (let sent = 0; sent < requests; sent += 1) await sender(azure)('GET', '/keys/disk');
      await sender(azure)('POST', '/keys/made/create', { kty: 'EC' });
      return currentVersion(azure, 'made');
    };
    expect(await made(3)).toBe(await made(0));
  });

  it('without a seed names the one it took, which gives the same run again', () => {
    const options = { vaults: [{ name: 'kv-one', keys: [{ name: 'disk' }] }], identities: [] };
    const first = createLocalAzure(options);
    const again = createLocalAzure({ ...options, seed: first.seed });
    expect(again.state('kv-one', 'disk')).toEqual(first.state('kv-one', 'disk'));
    expect(createLocalAzure(options).seed).not.toBe(first.seed);
  });

  it('finds no vault under a host that has none', async () => {
    const azure = localAzure();
    const request = { method: 'GET', url: 'https://kv-none.vault.azure.net/keys', headers: {}, body: '' };
    await expect(azure.handle(request)).rejects.toMatchObject({ name: 'ConnectionBroken', code: 'ENOTFOUND' });
  });

  it('shows every answer to whoever listens, also one whose connection then breaks', async () => {
    const azure = localAzure();
    const seen: [string | undefined, number][] = [];
    const stop = azure.onAnswer((_request, { status }, operation) => seen.push([operation, status]));
    azure.fault({ match: {}, answer: { kind: 'lost-answer' }, times: 1 });
    await expect(sender(azure)('GET', '/keys')).rejects.toThrow();
    await sender(azure)('GET', '/keys/none');
    stop();
    await sender(azure)('GET', '/keys');
    expect(seen).toEqual([
      ['list', 200],
      ['get', 404],
    ]);
  });
});
