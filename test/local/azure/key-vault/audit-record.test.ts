import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LocalAzure } from '../../../../local/azure/azure.ts';
import { attacker, currentVersion, later, localAzure, onStoppedClock, sender } from '../requests.ts';

onStoppedClock();

const recordSchema = z.looseObject({
  operationName: z.string(),
  correlationId: z.string(),
  identity: z.object({ claim: z.record(z.string(), z.string()) }),
  properties: z.looseObject({
    httpStatusCode: z.number(),
    id: z.string().optional(),
    keyProperties: z.unknown().optional(),
  }),
});

/** Everything that was logged, as the payloads held it. */
function listen(azure: LocalAzure) {
  const payloads: { region: string; records: z.infer<typeof recordSchema>[] }[] = [];
  azure.onAuditRecords((region, { records }) =>
    payloads.push({ region, records: z.array(recordSchema).parse(records) }),
  );
  return {
    payloads,
    records: () => {
      azure.flushAudit();
      return payloads.flatMap(({ records }) => records);
    },
  };
}

describe('the record of a call', () => {
  it('is shaped as a captured KeyUpdate is', async () => {
    const azure = localAzure({
      vaults: [
        {
          name: 'kv-one',
          subscriptionId: 'sub-1',
          resourceGroup: 'rg-one',
          keys: [{ name: 'disk', versions: [{ exp: 2_000_000_000 }] }],
        },
      ],
    });
    const { records } = listen(azure);
    const uri = `https://kv-one.vault.azure.net/keys/disk/${currentVersion(azure)}`;
    await sender(azure)(
      'PATCH',
      `${uri}?api-version=7.5`,
      { attributes: { enabled: false } },
      { 'user-agent': 'test', 'x-ms-client-request-id': 'intent-1' },
    );
    const { oid, appid, upn } = azure.identities.get('attacker') ?? {};
    expect(records()).toEqual([
      {
        time: '2026-03-01T12:00:00.0000000Z',
        category: 'AuditEvent',
        operationName: 'KeyUpdate',
        resultType: 'Success',
        correlationId: 'intent-1',
        callerIpAddress: '127.0.0.1',
        identity: {
          claim: {
            oid,
            appid,
            upn,
            unique_name: upn,
            scp: 'user_impersonation',
            appidacr: '0',
            amr: 'pwd',
            ipaddr: '127.0.0.1',
          },
        },
        properties: {
          id: uri,
          clientInfo: 'test',
          requestUri: `${uri}?api-version=7.5`,
          httpStatusCode: 200,
          isRbacAuthorized: true,
          appliedAssignmentId: expect.stringMatching(/^[0-9a-f]{32}$/),
          keyProperties: {
            type: 'RSA',
            operations: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
            attributes: { enabled: false, exp: 2_000_000_000, hsmPlatform: '0' },
          },
          tlsVersion: 'TLS1_3',
        },
        resourceId: '/SUBSCRIPTIONS/SUB-1/RESOURCEGROUPS/RG-ONE/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-ONE',
        operationVersion: '7.5',
        resultSignature: 'OK',
        durationMs: expect.stringMatching(/^\d+$/),
      },
    ]);
  });

  it.each([
    ['GET', '/keys', 'KeyList', 200, undefined],
    ['GET', '/keys/disk/versions', 'KeyListVersions', 200, '/keys/disk'],
    ['GET', '/deletedkeys', 'KeyListDeleted', 200, undefined],
    ['GET', '/keys/none', 'KeyGet', 404, '/keys/none'],
    ['GET', '/deletedkeys/none', 'KeyGetDeleted', 404, '/deletedkeys/none'],
    ['POST', '/keys/made/create', 'KeyCreate', 200, '/keys/made', { kty: 'EC' }],
    ['POST', '/keys/disk/rotate', 'KeyRotate', 200, '/keys/disk'],
    ['PUT', '/keys/brought', 'KeyImport', 400, '/keys/brought', {}],
    ['DELETE', '/keys/disk', 'KeyDelete', 200, '/keys/disk'],
    ['POST', '/deletedkeys/none/recover', 'KeyRecover', 404, '/deletedkeys/none'],
    ['DELETE', '/deletedkeys/none', 'KeyPurge', 404, '/deletedkeys/none'],
    ['POST', '/keys/disk/wrapkey', 'KeyWrap', 200, '/keys/disk', { alg: 'RSA-OAEP', value: 'AQAB' }],
    ['POST', '/keys/disk/unwrapkey', 'KeyUnwrap', 400, '/keys/disk', { alg: 'RSA-OAEP', value: 'AQAB' }],
    ['POST', '/keys/disk/backup', 'KeyBackup', 200, '/keys/disk'],
    ['POST', '/keys/restore', 'KeyRestore', 400, '/keys/restore', { value: 'AQAB' }],
    ['GET', '/keys/disk/rotationpolicy', 'KeyRotationPolicyGet', 200, '/keys/disk'],
    ['PUT', '/keys/disk/rotationpolicy', 'KeyRotationPolicySet', 200, '/keys/disk', {}],
    ['POST', '/keys/disk/encrypt', 'KeyEncrypt', 200, '/keys/disk', { alg: 'RSA1_5', value: 'AQAB' }],
    ['POST', '/keys/disk/decrypt', 'KeyDecrypt', 400, '/keys/disk', { alg: 'RSA-OAEP', value: 'AQAB' }],
    ['POST', '/keys/disk/sign', 'KeySign', 400, '/keys/disk', { alg: 'RS256', value: 'AQAB' }],
    ['POST', '/keys/disk/verify', 'KeyVerify', 400, '/keys/disk', { alg: 'RS256', value: 'AQAB', digest: 'AQAB' }],
    ['POST', '/keys/disk/release', 'KeyRelease', 400, '/keys/disk/release'],
  ])('%s %s is %s with %i', async (method, path, operationName, httpStatusCode, id, body = undefined) => {
    const azure = localAzure();
    const { records } = listen(azure);
    await sender(azure)(method, path, body);
    const [record] = records();
    expect(record).toMatchObject({ operationName, resultType: 'Success', properties: { httpStatusCode } });
    expect(record?.properties.id?.replace('https://kv-one.vault.azure.net', '')).toBe(id);
  });

  it('names the version where the path does, and only there', async () => {
    const azure = localAzure();
    const { records } = listen(azure);
    const version = currentVersion(azure);
    const send = sender(azure);
    for (const path of ['/keys/disk', `/keys/disk/${version}`]) {
      await send('GET', path);
      await send('PATCH', path, { attributes: { enabled: true } });
      await send('POST', `${path}/wrapkey`, { alg: 'RSA-OAEP', value: 'AQAB' });
    }
    const ids = records().map(({ properties }) => properties.id?.replace('https://kv-one.vault.azure.net', ''));
    expect(ids).toEqual([...Array(3).fill('/keys/disk'), ...Array(3).fill(`/keys/disk/${version}`)]);
  });

  it.each([
    ['GET', '/keys/disk', undefined, { type: 'RSA', attributes: { hsmPlatform: '0' } }],
    ['DELETE', '/keys/disk', undefined, { type: 'RSA', attributes: { hsmPlatform: '0' } }],
    ['POST', '/keys/disk/create', { kty: 'RSA', key_ops: ['sign'] }, { type: 'RSA', size: 2048, operations: ['sign'] }],
  ] as const)('of %s %s says of the key what those records say', async (method, path, body, keyProperties) => {
    const azure = localAzure();
    const { records } = listen(azure);
    await sender(azure)(method, path, body);
    expect(records()[0]?.properties.keyProperties).toMatchObject(keyProperties);
    if (body === undefined) expect(records()[0]?.properties.keyProperties).toEqual(keyProperties);
  });

  it('says Success of a refusal, and why it was refused', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', keys: [{ name: 'disk' }] }], behaviours: { settleMs: 0 } });
    const { records } = listen(azure);
    await sender(azure)('DELETE', '/keys/disk');
    await sender(azure)('DELETE', '/deletedkeys/disk');
    expect(records().at(-1)).toMatchObject({
      operationName: 'KeyPurge',
      resultType: 'Success',
      resultSignature: 'Forbidden',
      resultDescription: expect.stringMatching(/^Operation "purge" is not allowed/),
      properties: { httpStatusCode: 403, keyProperties: { attributes: { hsmPlatform: '0' } } },
    });
  });

  it('of a call without a token is an Authentication with 401 and nobody in it', async () => {
    const azure = localAzure();
    const { records } = listen(azure);
    await azure.handle({
      method: 'GET',
      url: 'https://kv-one.vault.azure.net/keys?api-version=7.5',
      headers: {},
      body: '',
    });
    expect(records()).toMatchObject([
      { operationName: 'Authentication', identity: { claim: {} }, properties: { httpStatusCode: 401 } },
    ]);
  });

  it('tells an access policy’s match instead of a role', async () => {
    const azure = localAzure({ vaults: [{ name: 'kv-one', accessModel: 'access-policy', keys: [] }] });
    const { records } = listen(azure);
    await sender(azure)('GET', '/keys');
    expect(records()[0]?.properties).toMatchObject({ isAccessPolicyMatch: true });
    expect(records()[0]?.properties).not.toHaveProperty('isRbacAuthorized');
  });

  it.each([
    ['isRbacAuthorized', 'rbac'],
    ['isAccessPolicyMatch', 'access-policy'],
  ] as const)('tells %s where that was asked, and only there', async (member, accessModel) => {
    const azure = localAzure({
      vaults: [{ name: 'kv-one', accessModel, keys: [{ name: 'disk' }] }],
      identities: [attacker, { ...attacker, name: 'nobody', grants: [] }],
    });
    const { records } = listen(azure);
    await sender(azure)('GET', '/keys/none');
    await sender(azure)('DELETE', '/keys/disk');
    later(2000);
    await sender(azure)('DELETE', '/deletedkeys/disk');
    await sender(azure, 'nobody')('GET', '/keys');
    await sender(azure)('GET', '/keys?api-version=9.9');
    azure.fault({ match: {}, answer: { kind: 'forbidden-by-permission' }, times: 1 });
    await sender(azure)('GET', '/keys');
    azure.fault({ match: {}, answer: { kind: 'throttled' }, times: 1 });
    await sender(azure)('GET', '/keys');
    expect(records().map(({ properties }) => [properties.httpStatusCode, properties[member]])).toEqual([
      [404, true],
      [200, true],
      [403, true],
      [403, false],
      [400, undefined],
      [403, false],
      [429, undefined],
    ]);
  });

  it('names the address without the port by which the request came', async () => {
    const azure = localAzure();
    const { records } = listen(azure);
    await sender(azure)('GET', 'https://kv-one.vault.azure.net:8443/keys/disk?api-version=7.5');
    expect(records()[0]?.properties.requestUri).toBe('https://kv-one.vault.azure.net/keys/disk?api-version=7.5');
  });
});

describe('who did it', () => {
  const oidUri = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
  const upnUri = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
  it.each([
    ['by-kind', 'user', ['oid', 'upn'], [oidUri]],
    ['by-kind', 'application', [oidUri, 'appid'], ['oid', 'upn']],
    ['by-kind', 'managed-identity', ['oid', 'xms_mirid'], ['upn', oidUri]],
    ['uri', 'user', [oidUri, upnUri], ['oid', 'upn']],
    ['uri', 'managed-identity', [oidUri, 'xms_mirid'], ['oid']],
    ['short', 'application', ['oid', 'appid'], [oidUri]],
  ] as const)('spelt %s, a %s shows %s', async (claimSpelling, kind, present, absent) => {
    const azure = localAzure({ behaviours: { claimSpelling }, identities: [{ ...attacker, name: 'caller', kind }] });
    const { records } = listen(azure);
    await sender(azure, 'caller')('GET', '/keys');
    const names = Object.keys(records()[0]?.identity.claim ?? {});
    expect(names).toEqual(expect.arrayContaining([...present]));
    for (const name of absent) expect(names).not.toContain(name);
  });
});

describe('what cannot be relied on', () => {
  it.each(['short', 'uri'] as const)('the object id spelt %s is there, or is not', async (claimSpelling) => {
    const azure = localAzure({ behaviours: { claimSpelling, objectIdInAuditRecord: false } });
    const { oid, appid } = azure.identities.get('attacker') ?? {};
    const { records } = listen(azure);
    await sender(azure)('GET', '/keys');
    azure.behaviours.objectIdInAuditRecord = true;
    await sender(azure)('GET', '/keys');
    const shown = records().map(({ identity }) => Object.values(identity.claim));
    expect(shown.map((claims) => [claims.includes(oid ?? ''), claims.includes(appid ?? '')])).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it('correlationId is the client request id, or is not', async () => {
    const azure = localAzure({ behaviours: { correlationIdIsClientRequestId: false } });
    const { records } = listen(azure);
    await sender(azure)('GET', '/keys', undefined, { 'x-ms-client-request-id': 'intent-1' });
    expect(records()[0]?.correlationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['what came of it', { resulting: 1, absent: 0, wrong: 0 }, [false]],
    ['nothing', { resulting: 0, absent: 1, wrong: 0 }, [undefined]],
    ['the contrary', { resulting: 0, absent: 0, wrong: 1 }, [true]],
    ['any of these', { resulting: 1, absent: 1, wrong: 1 }, [false, true, undefined]],
  ])('the record of a disabling shows as `enabled` %s', async (_shown, enabledInAuditRecord, expected) => {
    const azure = localAzure({ behaviours: { enabledInAuditRecord } });
    const { records } = listen(azure);
    for (let count = 0; count < 40; count += 1)
      await sender(azure)('PATCH', '/keys/disk', { attributes: { enabled: false } });
    const schema = z.object({ attributes: z.object({ enabled: z.boolean().optional() }) });
    const shown = new Set(records().map(({ properties }) => schema.parse(properties.keyProperties).attributes.enabled));
    expect([...shown].sort()).toEqual(expected);
  });
});

describe('delivery', () => {
  it('puts the records of several calls into one payload for each region', async () => {
    const azure = localAzure({
      vaults: [
        { name: 'kv-one', keys: [] },
        { name: 'kv-two', keys: [] },
        { name: 'kv-far', region: 'eastus', keys: [] },
      ],
    });
    const { payloads } = listen(azure);
    for (const vault of ['kv-one', 'kv-two', 'kv-far', 'kv-one'])
      await sender(azure, 'attacker', vault)('GET', '/keys');
    expect(payloads).toEqual([]);
    azure.flushAudit();
    expect(payloads.map(({ region, records }) => [region, records.length])).toEqual([
      ['westeurope', 3],
      ['eastus', 1],
    ]);
    azure.flushAudit();
    expect(payloads).toHaveLength(2);
  });

  it('comes by itself when its delay is over', async () => {
    const azure = localAzure({ behaviours: { auditDelayMs: 5 } });
    const arrived = new Promise<number>((resolve) =>
      azure.onAuditRecords((_region, { records }) => resolve(records.length)),
    );
    await sender(azure)('GET', '/keys');
    expect(await arrived).toBe(1);
  });

  it('follows the turned clock when told to, and sends what is due by it alone', async () => {
    const azure = localAzure({ behaviours: { auditDelayMs: 180_000 } });
    const { payloads } = listen(azure);
    await sender(azure)('GET', '/keys');
    later(180_000);
    await sender(azure)('GET', '/keys/none');
    azure.deliverDue();
    expect(payloads).toEqual([]);
    later(100);
    azure.deliverDue();
    expect(payloads.map(({ records }) => records.map(({ operationName }) => operationName))).toEqual([['KeyList']]);
  });

  it('ends when nobody listens any more', async () => {
    const azure = localAzure();
    let payloads = 0;
    const stop = azure.onAuditRecords(() => {
      payloads += 1;
    });
    stop();
    await sender(azure)('GET', '/keys');
    azure.flushAudit();
    expect(payloads).toBe(0);
  });
});
