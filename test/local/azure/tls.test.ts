import { Agent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { connect } from 'node:tls';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { LogsQueryClient } from '@azure/monitor-query-logs';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { INGESTION_HOST, QUERY_HOST, RULE_ID, STREAM } from '../../../local/azure/monitor/monitor.ts';
import { AUDIT_TABLE } from '../../../local/azure/monitor/tables.ts';
import { listenOnTls, type TlsListener } from '../../../local/azure/tls.ts';
import { currentVersion, localAzure } from './requests.ts';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  vi.restoreAllMocks();
});

/** Leads every host to the loopback, as a client's host override does. */
const toLoopback: LookupFunction = (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

type Listening = Awaited<ReturnType<typeof listening>>;

async function listening(options: Parameters<typeof localAzure>[0] = {}) {
  const azure = localAzure(options);
  const listener = await listenOnTls(azure);
  const agent = new Agent({ ca: listener.caCertificatePem, lookup: toLoopback, keepAlive: true });
  open.push(() => agent.destroy(), listener.close);
  return { azure, listener, agent, url: `https://kv-one.vault.azure.net:${listener.port}` };
}

/** The same header and claims under the signature of another key. */
async function foreignToken(token: string): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'RS256' })
    .sign(privateKey);
}

/** The options that lead a real client through an agent of our own. */
function through(agent: Agent) {
  const policy: PipelinePolicy = {
    name: 'through-agent',
    sendRequest(request, next) {
      request.agent = agent;
      return next(request);
    },
  };
  return { retryOptions: { maxRetries: 0 }, additionalPolicies: [{ position: 'perRetry' as const, policy }] };
}

function fetchOver(
  { agent, token }: { agent: Agent; token?: string },
  url: string,
  init: { method?: string; body?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string; reused: boolean }>(
    (resolve, reject) => {
      const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...init.headers };
      const sent = httpsRequest(url, { agent, method: init.method ?? 'GET', headers }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, reused: sent.reusedSocket }),
        );
      });
      sent.on('error', reject);
      sent.end(init.body);
    },
  );
}

/** Sends it as it is, and gives all that comes back until the end; or leaves at the first that comes back. */
function raw(listener: TlsListener, text: string, { leaves = false } = {}): Promise<string> {
  const servername = 'kv-one.vault.azure.net';
  const { port, caCertificatePem: ca } = listener;
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', ca, servername }, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (leaves) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => socket.destroy());
  });
}

it('serves Resource Manager under its own name, with links that lead back to the port', async () => {
  const { azure, agent, listener } = await listening({
    vaults: [{ name: 'kv-one', subscriptionId: 'sub-1', resourceGroup: 'rg-1' }],
    identities: [{ name: 'reader', kind: 'user', grants: [], roles: [{ role: 'Reader', scope: '/' }] }],
  });
  const token = azure.token('reader', { audience: 'https://management.azure.com' });
  const origin = `https://management.azure.com:${listener.port}`;
  const path = '/subscriptions/sub-1/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01';
  const first = await fetchOver({ agent, token }, `${origin}${path}`);
  const page = JSON.parse(first.body);
  expect([first.status, page.value[0].name]).toEqual([200, 'kv-one']);
  expect(new URL(page.nextLink).origin).toBe(origin);
  expect(JSON.parse((await fetchOver({ agent, token }, page.nextLink)).body)).toEqual({ value: [] });
});

describe('the issuer of tokens', () => {
  /** What any client does that checks a token: it asks the authority of a challenge for its configuration, reads the keys that this links, and verifies. */
  async function verified(listening: Listening, token: string, audience: string) {
    const { agent, listener, url } = listening;
    const { headers } = await fetchOver({ agent }, `${url}/keys?api-version=7.5`);
    const authority = /authorization="https:\/\/login\.microsoftonline\.com([^"]+)"/.exec(
      String(headers['www-authenticate']),
    )?.[1];
    const json = async (url: string) => JSON.parse((await fetchOver({ agent }, url)).body);
    const { issuer, jwks_uri } = await json(
      `https://login.microsoftonline.com:${listener.port}${authority}/.well-known/openid-configuration`,
    );
    return jwtVerify(token, createLocalJWKSet(await json(jwks_uri)), { issuer, audience, algorithms: ['RS256'] });
  }

  it('has its configuration and its keys, and any client can check a token by them', async () => {
    const found = await listening();
    const { azure } = found;
    const { payload } = await verified(found, azure.token('attacker'), 'https://vault.azure.net');
    expect(payload).toMatchObject({ oid: azure.identities.get('attacker')?.oid, tid: azure.tenantId, ver: '1.0' });
    const own = azure.token('attacker', { audience: 'api://key-guardian' });
    expect((await verified(found, own, 'api://key-guardian')).payload.aud).toBe('api://key-guardian');
    await expect(verified(found, own, 'https://vault.azure.net')).rejects.toThrow(/"aud"/);
    await expect(verified(found, `${own.slice(0, -8)}AAAAAAAA`, 'api://key-guardian')).rejects.toThrow(/signature/);
    expect(new Set(azure.log.map(({ identity }) => identity))).toEqual(new Set([undefined]));
  });

  it('gives who shows a token of a vault a new one for another application, and nobody else', async () => {
    const { agent, listener, azure } = await listening();
    const url = `https://login.microsoftonline.com:${listener.port}/${azure.tenantId}/oauth2/v2.0/token`;
    const asked = (assertion: string) =>
      fetchOver({ agent }, url, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          requested_token_use: 'on_behalf_of',
          assertion,
          scope: 'api://key-guardian/.default',
        }).toString(),
      });
    const token = azure.identities.get('attacker')?.token ?? '';
    const { access_token: given, expires_in: seconds } = JSON.parse((await asked(token)).body);
    expect(decodeJwt(given)).toMatchObject({ aud: 'api://key-guardian', oid: azure.identities.get('attacker')?.oid });
    expect(seconds).toBe(3_600);
    expect((await asked(await foreignToken(token))).status).toBe(400);
  });

  it.each([
    ['another tenant', 'GET', '/another/.well-known/openid-configuration', 400],
    ['another document', 'GET', '/{tenant}/discovery/v1.0/keys', 404],
    ['a token of version 1.0', 'POST', '/{tenant}/oauth2/token', 405],
    ['a token for nobody', 'POST', '/{tenant}/oauth2/v2.0/token', 400],
  ])('has no %s', async (_what, method, path, status) => {
    const { agent, listener, azure } = await listening();
    const url = `https://login.microsoftonline.com:${listener.port}${path.replace('{tenant}', azure.tenantId)}`;
    expect((await fetchOver({ agent }, url, { method })).status).toBe(status);
  });
});

describe('the TLS port', () => {
  it('serves the real clients by the vault’s own host name', async () => {
    const { azure, agent, url } = await listening({
      vaults: [{ name: 'kv-one', keys: Array.from({ length: 30 }, (_, index) => ({ name: `key-${index}` })) }],
    });
    const client = new KeyClient(url, azure.credential('attacker'), through(agent));
    const names: string[] = [];
    for await (const { name } of client.listPropertiesOfKeys()) names.push(name);
    expect(names).toHaveLength(30);
    const { id, properties } = await client.updateKeyProperties('key-1', { enabled: true, tags: { a: 'b' } });
    expect(id).toBe(`https://kv-one.vault.azure.net/keys/key-1/${currentVersion(azure, 'key-1')}`);
    expect(properties.tags).toEqual({ a: 'b' });
    const crypto = new CryptographyClient(
      `${url}/keys/key-1/${currentVersion(azure, 'key-1')}`,
      azure.credential('attacker'),
      through(agent),
    );
    const { result } = await crypto.wrapKey('RSA-OAEP', Buffer.from('secret'));
    expect(Buffer.from((await crypto.unwrapKey('RSA-OAEP', result)).result).toString()).toBe('secret');
  });

  it('serves any client with a bearer token, and knows its address', async () => {
    const { azure, agent, url } = await listening();
    const token = azure.identities.get('attacker')?.token ?? '';
    const answer = await fetchOver({ agent, token }, `${url}/keys/disk/?api-version=7.5`, {
      method: 'PATCH',
      body: '{"attributes":{"enabled":false}}',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-ms-keyvault-network-info']).toBe(
      'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
    );
    expect(JSON.parse(answer.body)).toMatchObject({ attributes: { enabled: false } });
    expect(azure.log).toMatchObject([{ identity: 'attacker', operation: 'update', changed: true }]);
  });

  it('takes no token that its issuer did not sign', async () => {
    const { azure, agent, url } = await listening();
    const [, payload] = azure.token('attacker').split('.');
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const tokens = [`${encode({ alg: 'none' })}.${payload}.`, await foreignToken(azure.token('attacker'))];
    for (const token of tokens) {
      const answer = await fetchOver({ agent, token }, `${url}/keys?api-version=7.5`);
      expect([answer.status, JSON.parse(answer.body).error.message]).toEqual([401, expect.stringMatching(/^AKV10046/)]);
    }
  });

  it('links the port by which the request came', async () => {
    const { azure, agent, url, listener } = await listening({
      vaults: [{ name: 'kv-one', keys: [{ name: 'a' }, { name: 'b' }] }],
    });
    const token = azure.identities.get('attacker')?.token ?? '';
    const { body } = await fetchOver({ agent, token }, `${url}/keys?api-version=7.5&maxresults=1`);
    expect(JSON.parse(body)).toMatchObject({
      nextLink: expect.stringContaining(`https://kv-one.vault.azure.net:${listener.port}/keys?`),
    });
  });

  it('challenges a client without a token, and keeps the connection', async () => {
    const { agent, url } = await listening();
    const first = await fetchOver({ agent }, `${url}/keys?api-version=7.5`);
    const second = await fetchOver({ agent }, `${url}/keys?api-version=7.5`);
    expect(first.status).toBe(401);
    expect(first.headers['www-authenticate']).toContain('resource="https://vault.azure.net"');
    expect([first.reused, second.reused]).toEqual([false, true]);
  });

  it('is trusted only by who trusts its authority, and only for vaults', async () => {
    const { listener, url } = await listening();
    const stranger = new Agent({ lookup: toLoopback });
    await expect(fetchOver({ agent: stranger }, `${url}/keys`)).rejects.toThrow(/certificate/);
    const trusting = new Agent({ ca: listener.caCertificatePem, lookup: toLoopback });
    await expect(fetchOver({ agent: trusting }, `https://kv-one.example.com:${listener.port}/keys`)).rejects.toThrow(
      /altnames/,
    );
  });

  it('breaks the connection where that is planned, and for a vault that is not there', async () => {
    const { azure, agent, url, listener } = await listening();
    azure.fault({ match: {}, answer: { kind: 'unreachable' } });
    await expect(fetchOver({ agent }, `${url}/keys`)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(fetchOver({ agent }, `https://kv-none.vault.azure.net:${listener.port}/keys`)).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  it.each([
    [1024 * 1024, 400],
    [1024 * 1024 + 1, 413],
  ])('takes a body of %i bytes with %i', async (bytes, status) => {
    const { azure, agent, url } = await listening();
    const token = azure.identities.get('attacker')?.token ?? '';
    const answer = await fetchOver({ agent, token }, `${url}/keys/disk/create?api-version=7.5`, {
      method: 'POST',
      body: 'a'.repeat(bytes),
    });
    expect(answer.status).toBe(status);
  });

  it.each([
    ['a host with a blank', 'GET /keys HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['an absolute target', 'GET https://kv-one.vault.azure.net/keys HTTP/1.1\r\nHost: kv-one.vault.azure.net\r\n\r\n'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: kv-one.vault.azure.net\r\n\r\n'],
  ])('answers 400 to %s, and says nothing: it is no fault of ours', async (_what, request) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { azure, listener } = await listening();
    expect(await raw(listener, request)).toMatch(/^HTTP\/1\.1 400 /);
    expect(azure.log).toEqual([]);
    expect(said).not.toHaveBeenCalled();
  });

  it('says nothing of a client that leaves before its body has come', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { azure, agent, listener, url } = await listening();
    const headers = ['Host: kv-one.vault.azure.net', 'Content-Length: 9', 'Expect: 100-continue'];
    const head = ['POST /keys/disk/create HTTP/1.1', ...headers, '', ''].join('\r\n');
    expect(await raw(listener, head, { leaves: true })).toMatch(/^HTTP\/1\.1 100 /);
    // The port has seen it leave by the time that it answers somebody who came after.
    await fetchOver({ agent }, `${url}/keys`);
    expect(azure.log).toMatchObject([{ operation: 'list' }]);
    expect(said).not.toHaveBeenCalled();
  });

  it('says what is a fault of ours, and breaks the connection', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const fault = new Error('ours');
    const listener = await listenOnTls({ handle: () => Promise.reject(fault) });
    open.push(listener.close);
    expect(await raw(listener, 'GET /keys HTTP/1.1\r\nHost: kv-one.vault.azure.net\r\n\r\n')).toBe('');
    expect(said).toHaveBeenCalledWith(fault);
  });

  it('ends while a request is still waiting for its answer', async () => {
    const begun = Promise.withResolvers<void>();
    const listener = await listenOnTls({
      handle() {
        begun.resolve();
        return new Promise(() => {});
      },
    });
    const agent = new Agent({ ca: listener.caCertificatePem, lookup: toLoopback });
    const sent = fetchOver({ agent }, `https://kv-one.vault.azure.net:${listener.port}/keys`);
    const broken = expect(sent).rejects.toMatchObject({ code: 'ECONNRESET' });
    await begun.promise;
    await listener.close();
    await broken;
  });

  it('ends with its open connections, frees its port, and takes the port it is told', async () => {
    const { agent, url, listener } = await listening();
    await fetchOver({ agent }, `${url}/keys`);
    await listener.close();
    open.pop();
    const again: TlsListener = await listenOnTls(localAzure(), { port: listener.port });
    open.push(again.close);
    expect(again.port).toBe(listener.port);
    await expect(listenOnTls(localAzure(), { port: listener.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('Azure Monitor on the TLS port', () => {
  it('takes packed rows of the real client, and gives them to that for queries', async () => {
    const { azure, listener, agent } = await listening({ behaviours: { logsShowAfterMs: { least: 0, longest: 0 } } });
    const workspace = '0a9d7c11-1111-4111-8111-000000000001';
    azure.monitor.workspace(workspace).addTable(AUDIT_TABLE);
    azure.monitor.grant('attacker', { kind: 'send' });
    azure.monitor.grant('attacker', { kind: 'query', workspace });
    const credential = azure.credential('attacker');
    const sender = new LogsIngestionClient(`https://${INGESTION_HOST}:${listener.port}`, credential, through(agent));
    await sender.upload(RULE_ID, STREAM, [{ TimeGenerated: new Date().toISOString(), RecordId: 'a' }]);
    const endpoint = `https://${QUERY_HOST}:${listener.port}/v1`;
    const asker = new LogsQueryClient(credential, { ...through(agent), endpoint });
    const result = await asker.queryWorkspace(workspace, `${AUDIT_TABLE} | project RecordId`, { duration: 'P1D' });
    expect(result.status === 'Success' && result.tables[0]?.rows).toEqual([['a']]);
  });
});
