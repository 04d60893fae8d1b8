import { describe, expect, test } from 'vitest';
import type { Hint, HintSays } from '../../../shared/domain/hint.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { keyOf, spellSubject } from '../../../shared/domain/subject.ts';
import { inspectionsFromAuditLog } from '../../../shared/senses/audit-log.ts';
import type { Sensed } from '../../../shared/senses/queue-sensed.ts';
import keyDelete from '../../samples/audit-log/key-delete.json' with { type: 'json' };
import keyPurgeForbidden from '../../samples/audit-log/key-purge-forbidden.json' with { type: 'json' };
import keyUnwrap from '../../samples/audit-log/key-unwrap.json' with { type: 'json' };
import keyUpdate from '../../samples/audit-log/key-update.json' with { type: 'json' };
import azkvAuditLogs from '../../samples/audit-log/log-analytics-azkvauditlogs.json' with { type: 'json' };
import azureDiagnostics from '../../samples/audit-log/log-analytics-azure-diagnostics.json' with { type: 'json' };
import managedHsmKeyDelete from '../../samples/audit-log/managed-hsm-key-delete.json' with { type: 'json' };
import noise from '../../samples/audit-log/noise.json' with { type: 'json' };

const NOW = new Date('2026-03-01T12:05:00Z');
const MALLORY = {
  oid: '0b7c1f0a-1111-4c4e-8f3a-3d6a4a5e9c01',
  kind: 'user',
  name: 'mallory@contoso.example',
  appId: '9d1e0c52-2222-4a51-9f0e-7a0d4b1c8e02',
  address: '203.0.113.10',
} as const;
const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const DISK = '7c0ffee0-5555-4d1e-9c0d-de5de5de5d05';
const VERSION = '0123456789abcdef0123456789abcdef';

interface Given {
  readonly knownUsers?: readonly string[];
  readonly ownObjectIds?: readonly string[];
}

const heard = (messages: readonly unknown[], { knownUsers = [DISK], ownObjectIds = [] }: Given = {}): Sensed =>
  inspectionsFromAuditLog(messages, {
    policy: policy.parse({
      vaults: [
        { name: 'kv-prod-disks', knownUsers, keys: [{ pattern: 'canary', guard: false }] },
        { name: 'hsm-prod-disks' },
      ],
    }),
    ownObjectIds,
    now: NOW,
  });
const hints = (messages: readonly unknown[], given: Given = {}): readonly Hint[] => {
  const { inspections, unparsed } = heard(messages, given);
  expect(unparsed).toEqual([]);
  return inspections.flatMap((inspection) => inspection.hints);
};
const says = (messages: readonly unknown[], given: Given = {}): readonly HintSays[] =>
  hints(messages, given).map((hint) => hint.says);

const bytesOf = (message: unknown): number => Buffer.byteLength(JSON.stringify(message));

const [update] = keyUpdate.records;
const [purge] = keyPurgeForbidden.records;
const [hsmDelete] = managedHsmKeyDelete;
const withStatus = <T extends { properties: object } | undefined>(record: T, httpStatusCode: unknown) => ({
  ...record,
  properties: { ...record?.properties, httpStatusCode },
});
const withId = (id: string) => ({ ...update, properties: { ...update?.properties, id } });
/** The bytes of a message with one that is no UTF-8 in the name of the client. */
const withBadByte = (text: string): Buffer => {
  const [before = '', after = ''] = text.split('"clientInfo":"');
  return Buffer.concat([Buffer.from(`${before}"clientInfo":"`), Buffer.of(0xff), Buffer.from(after)]);
};
const saysUpdate: HintSays = {
  kind: 'act',
  operation: 'KeyUpdate',
  version: VERSION,
  by: MALLORY,
  at: new Date('2026-03-01T11:59:30.405Z'),
};

describe('a message holds records', () => {
  const text = JSON.stringify(keyUpdate);
  const bytes = Buffer.from(`xx${text}`).subarray(2);
  test.each<readonly [says: string, message: unknown]>([
    ['in an object', keyUpdate],
    ['in a bare array', keyUpdate.records],
    ['as one bare object', update],
    ['as text', text],
    ['as bytes, wherever they begin in their buffer', bytes],
  ])('%s', (_says, message) => {
    expect(heard([message])).toEqual({
      unparsed: [],
      inspections: [
        {
          subject: keyOf({ vault: 'kv-prod-disks', key: 'disk-a' }),
          attempt: 0,
          hints: [{ id: expect.stringMatching(/^[0-9a-f]{32}$/), sense: 'audit-log', sensedAt: NOW, says: saysUpdate }],
        },
      ],
    });
  });

  test.each<readonly [says: string, message: unknown]>([
    ['after a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['as text after a byte order mark', `\ufeff${JSON.stringify(update)}`],
    ['beside bytes that are no UTF-8 in one of their texts', withBadByte(text)],
  ])('%s', (_says, message) => {
    const { inspections, unparsed } = heard([message]);
    expect(unparsed).toEqual([]);
    expect(inspections).toMatchObject([{ hints: [{ says: saysUpdate }] }]);
  });

  test.each(['\n', '\r\n', '\n\n'])('one a line, between line ends %j', (end) => {
    const lines = [update, keyUnwrap, hsmDelete, keyDelete].map((record) => JSON.stringify(record));
    expect(heard([`\ufeff${lines.join(end)}${end}`])).toEqual(heard([[update, keyUnwrap, hsmDelete, keyDelete]]));
    expect(heard([lines.join(end)]).inspections[0]?.hints).toHaveLength(2);
  });

  test('one message a line', () => {
    const lines = [{ records: [update] }, { records: [keyDelete] }].map((message) => JSON.stringify(message));
    expect(heard([lines.join('\n')])).toEqual(heard([[update, keyDelete]]));
  });

  test('none, where it is an empty list', () => {
    expect(heard([{ records: [] }, []])).toEqual({ inspections: [], unparsed: [] });
  });
});

describe('who did it', () => {
  /** What a record says of an application or a managed identity, from that address. */
  const OF_SERVICE = { kind: 'service-principal', address: MALLORY.address };
  const claim = update?.identity.claim;
  test.each<readonly [says: string, identity: unknown, by: object]>([
    ['is named by short claims', { claim }, MALLORY],
    ['is named by claims in their long spelling', purge?.identity, MALLORY],
    ['is named by an identity that is a JSON string', JSON.stringify({ claim }), MALLORY],
    ['is named by the nested claims of a Managed HSM', hsmDelete?.identity, MALLORY],
    [
      'is named by flat claims with underscores in place of punctuation',
      {
        claim: {
          http_schemas_microsoft_com_identity_claims_objectidentifier: MALLORY.oid,
          http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn: MALLORY.name,
        },
      },
      { ...MALLORY, appId: undefined },
    ],
    [
      'is a managed identity under the resource it belongs to',
      keyUnwrap.identity,
      { oid: DISK, ...OF_SERVICE, appId: keyUnwrap.identity.claim.appid, name: keyUnwrap.identity.claim.xms_mirid },
    ],
    [
      'is a managed identity that a resource uses, both by their names',
      { claim: { ...keyUnwrap.identity.claim, xms_az_rid: '/subscriptions/s/providers/Microsoft.Web/sites/app' } },
      {
        oid: DISK,
        ...OF_SERVICE,
        appId: keyUnwrap.identity.claim.appid,
        name: `${keyUnwrap.identity.claim.xms_mirid} used by /subscriptions/s/providers/Microsoft.Web/sites/app`,
      },
    ],
    [
      'is the resource alone where the record has only that',
      { claim: { oid: 'o-1', appid: 'a-1', xms_az_rid: '/subscriptions/s/vm-1' } },
      { oid: 'o-1', ...OF_SERVICE, appId: 'a-1', name: '/subscriptions/s/vm-1' },
    ],
    [
      'is the resource once where it has an identity of its own',
      { claim: { oid: 'o-1', xms_mirid: '/subscriptions/s/vm-1', xms_az_rid: '/subscriptions/s/vm-1' } },
      { oid: 'o-1', ...OF_SERVICE, name: '/subscriptions/s/vm-1' },
    ],
    [
      'is named by nothing but text, whatever is in the name',
      { claim: { oid: 'o-1', upn: 'a [b](https://evil.example)\n' } },
      {
        oid: 'o-1',
        kind: 'user',
        name: 'a \\u005bb\\u005d(https\\u003a//evil.example)\\u000a',
        address: MALLORY.address,
      },
    ],
    [
      'is an application under its id',
      { claim: { oid: 'o-1', appid: 'a-1' } },
      { oid: 'o-1', ...OF_SERVICE, name: 'a-1', appId: 'a-1' },
    ],
    [
      'is named by claims that are nested in three objects',
      { claim: { http_schemas: { microsoft: { com_identity: { claims_objectidentifier: 'o-1' } } } } },
      { oid: 'o-1', address: MALLORY.address },
    ],
    [
      'is unknown where claims are nested deeper',
      { claim: { http: { schemas: { microsoft: { com_identity: { claims_objectidentifier: 'o-1' } } } } } },
      { oid: 'unknown', address: MALLORY.address },
    ],
    ['is unknown where no claim names anybody', { claim: {} }, { oid: 'unknown', address: MALLORY.address }],
    ['is unknown where there is no identity', undefined, { oid: 'unknown', address: MALLORY.address }],
    ['is unknown where the identity is no JSON', 'somebody', { oid: 'unknown', address: MALLORY.address }],
  ])('%s', (_says, identity, by) => {
    expect(says([{ ...update, identity }])).toEqual([{ ...saysUpdate, by }]);
  });

  test('is told with no claim but the name and the ids: no token, no authentication method', () => {
    expect(Object.keys(says([keyUpdate])[0] ?? {})).toEqual(['kind', 'operation', 'by', 'at', 'version']);
  });
});

describe('an act is done', () => {
  test.each([200, 201, 202, 204, 299, '200'])('when its status is %j', (status) => {
    expect(says([withStatus(update, status)])).toEqual([saysUpdate]);
  });

  test.each([199, 300, 400, 403, 404, 409, 429, 500, '403'])(
    'not when its status is %j, though its result says Success',
    (status) => {
      expect(update?.resultType).toBe('Success');
      expect(says([withStatus(update, status)])).toEqual([]);
    },
  );

  test.each([
    'KeyCreate',
    'KeyImport',
    'KeyRestore',
    'KeyRotate',
    'KeyRotateIfDue',
    'KeyRecover',
    'KeyBackup',
    'KeyRotationPolicySet',
  ])('and told of when it is %s', (operationName) => {
    expect(says([{ ...update, operationName }])).toEqual([{ ...saysUpdate, operation: operationName }]);
  });

  test('and told of when a key was deleted: the record names no version', () => {
    expect(says([keyDelete])).toEqual([
      { kind: 'act', operation: 'KeyDelete', by: MALLORY, at: new Date('2026-03-01T11:59:40Z') },
    ]);
  });

  test.each([
    ['operationName', 'keydelete'],
    ['operationName', ' KeyDelete '],
    ['category', 'AUDITEVENT'],
    ['category', ' AuditEvent '],
    ['category', null],
  ])('and told of where the record spells its %s %j', (member, spelling) => {
    expect(says([{ ...keyDelete, [member]: spelling }])).toMatchObject([{ kind: 'act', operation: 'KeyDelete' }]);
  });

  test('and told of when a key was purged', () => {
    expect(says([withStatus(purge, 200)])).toEqual([
      { kind: 'act', operation: 'KeyPurge', by: MALLORY, at: new Date('2026-03-01T12:00:10.123Z') },
    ]);
  });
});

describe('a refusal is told', () => {
  const refusedPurge = {
    kind: 'refused',
    operation: 'KeyPurge',
    by: MALLORY,
    at: new Date('2026-03-01T12:00:10.123Z'),
  };

  test('when it is that of a purge: a 403 is an attempt, though the result says Success', () => {
    expect(purge?.resultType).toBe('Success');
    expect(says([keyPurgeForbidden])).toEqual([{ ...refusedPurge, status: 403 }]);
  });

  test.each([400, 401, 403, 404, 429, 500])('when a disk cannot unwrap: %i', (status) => {
    expect(says([withStatus(keyUnwrap, status)])).toMatchObject([
      { kind: 'refused', operation: 'KeyUnwrap', version: VERSION, status, by: { oid: DISK } },
    ]);
  });

  test.each(['KeyDecrypt', 'KeyRelease', 'KeyWrap', 'KeyUpdate', 'KeyDelete'])(
    'but not that of %s',
    (operationName) => {
      expect(says([{ ...withStatus(keyUnwrap, 403), operationName }])).toEqual([]);
    },
  );
});

describe('the use of a key', () => {
  const byMallory = (operationName: string) => ({ ...keyUnwrap, operationName, identity: update?.identity });

  test('by its known users is noise, and so is all else that says nothing to a guardian of keys', () => {
    expect(heard([noise])).toEqual({ inspections: [], unparsed: [] });
  });

  test.each(['KeyUnwrap', 'KeyDecrypt', 'KeyRelease'])('by anybody else is told when it is %s', (operation) => {
    expect(says([byMallory(operation)])).toMatchObject([
      { kind: 'unknown-user', operation, version: VERSION, by: { oid: MALLORY.oid } },
    ]);
  });

  test.each(['KeyWrap', 'KeyEncrypt', 'KeySign', 'KeyVerify', 'KeyGet'])(
    'by anybody else is noise when it is %s',
    (operation) => {
      expect(says([byMallory(operation)])).toEqual([]);
    },
  );

  test('is noise by whomever where the policy knows no users', () => {
    expect(says([byMallory('KeyUnwrap')], { knownUsers: [] })).toEqual([]);
  });

  test('by a known user is noise in whatever case the ids are written, and in whatever spelling the claims are', () => {
    const given = { knownUsers: [DISK.toUpperCase()] };
    const long = { claim: { [OBJECT_ID]: DISK } };
    const upper = { claim: { oid: DISK.toUpperCase() } };
    const spellings = [long, JSON.stringify(long), upper, JSON.stringify(upper)];
    expect(says([keyUnwrap, ...spellings.map((identity) => ({ ...keyUnwrap, identity }))], given)).toEqual([]);
  });

  test('by somebody else names that one by the first claim that is not blank', () => {
    const identity = { claim: { oid: ' ', upn: '', unique_name: MALLORY.name, [OBJECT_ID]: MALLORY.oid } };
    expect(says([{ ...keyUnwrap, identity }])).toMatchObject([
      { kind: 'unknown-user', by: { oid: MALLORY.oid, name: MALLORY.name } },
    ]);
  });
});

describe('an act of the guardian itself', () => {
  test('is told as its own, with the id by which the request was sent', () => {
    expect(says([keyUpdate], { ownObjectIds: [MALLORY.oid] })).toEqual([
      { ...saysUpdate, kind: 'own-act', correlationId: update?.correlationId },
    ]);
  });

  test('is known in whatever case the record writes the object id', () => {
    const identity = { claim: { oid: MALLORY.oid.toUpperCase() } };
    expect(says([{ ...update, identity }], { ownObjectIds: [MALLORY.oid] })).toMatchObject([{ kind: 'own-act' }]);
  });

  test('is told as a refusal when it was refused', () => {
    expect(says([keyPurgeForbidden], { ownObjectIds: [MALLORY.oid] })).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('a Managed HSM', () => {
  const inVault = { ...hsmDelete, requestUri: 'https://kv-prod-disks.vault.azure.net/keys/disk-a' };

  test('is no vault, though one has its name', () => {
    expect(heard([managedHsmKeyDelete])).toEqual({ inspections: [], unparsed: [] });
  });

  test('writes status and address of the request at the top, and the identity as a string', () => {
    expect(heard([inVault])).toMatchObject({
      unparsed: [],
      inspections: [
        {
          subject: keyOf({ vault: 'kv-prod-disks', key: 'disk-a' }),
          hints: [
            {
              says: { kind: 'act', operation: 'KeyDelete', by: MALLORY, at: new Date('2026-03-01T11:59:50.763Z') },
            },
          ],
        },
      ],
    });
  });

  test('is told by what a record lacks: a status and an id among its properties count first', () => {
    const top = { httpStatusCode: 403, requestUri: 'https://elsewhere.vault.azure.net/keys/disk-b' };
    expect(says([{ ...update, ...top }])).toEqual([saysUpdate]);
  });

  test('is judged by the status at the top', () => {
    expect(says([{ ...inVault, httpStatusCode: 403 }])).toEqual([]);
  });

  test('names the key in the address of a request about one of its versions', () => {
    const requestUri = `https://kv-prod-disks.vault.azure.net/keys/disk-a/${VERSION}/unwrapkey?api-version=7.4`;
    expect(says([{ ...hsmDelete, operationName: 'KeyUnwrap', httpStatusCode: 403, requestUri }])).toMatchObject([
      { kind: 'refused', operation: 'KeyUnwrap', version: VERSION, status: 403 },
    ]);
  });
});

describe('what is inspected', () => {
  test.each<readonly [says: string, id: string, key: string | undefined]>([
    ['is named in lower case', 'https://KV-Prod-Disks.vault.azure.net/keys/Disk-A', 'disk-a'],
    ['is named without the port', 'https://kv-prod-disks.vault.azure.net:443/keys/disk-a', 'disk-a'],
    ['is a key of the policy only: not in another vault', 'https://elsewhere.vault.azure.net/keys/disk-a', undefined],
    [
      'is a key of the policy only: not one that it leaves out',
      'https://kv-prod-disks.vault.azure.net/keys/canary',
      undefined,
    ],
    ['is named in capitals', 'HTTPS://KV-PROD-DISKS.VAULT.AZURE.NET/KEYS/DISK-A', 'disk-a'],
    ['is named with blanks around it', ' https://kv-prod-disks.vault.azure.net/keys/disk-a ', 'disk-a'],
    ['is named with something that is no version', 'https://kv-prod-disks.vault.azure.net/keys/disk-a/x', 'disk-a'],
    ['is no certificate', 'https://kv-prod-disks.vault.azure.net/certificates/disk-a', undefined],
    [
      'is no address in a query',
      'https://elsewhere.vault.azure.net/?https://kv-prod-disks.vault.azure.net/keys/disk-a',
      undefined,
    ],
  ])('%s', (_says, id, key) => {
    const subjects = key === undefined ? [] : [keyOf({ vault: 'kv-prod-disks', key })];
    expect(heard([withId(id)]).inspections.map(({ subject }) => subject)).toEqual(subjects);
  });

  test('comes from the id of the object, never from the resource id', () => {
    const resourceId = '/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/ELSEWHERE';
    expect(heard([{ ...update, resourceId }]).inspections).toHaveLength(1);
  });
});

describe('a row of Log Analytics', () => {
  const common = { TimeGenerated: update?.time, OperationName: 'KeyUpdate', CorrelationId: update?.correlationId };
  const [auditRow] = azkvAuditLogs.records;

  test.each<readonly [table: string, row: object | undefined]>([
    ['AZKVAuditLogs', auditRow],
    [
      'AZKVAuditLogs, its identity and status as text',
      { ...auditRow, Identity: JSON.stringify(auditRow?.Identity), HttpStatusCode: '200' },
    ],
    ['AzureDiagnostics', azureDiagnostics.records[0]],
    [
      'AzureDiagnostics, its claims as URIs',
      {
        ...common,
        CallerIPAddress: MALLORY.address,
        requestUri_s: update?.properties.requestUri,
        httpStatusCode_d: 200,
        identity_claim_appid_g: MALLORY.appId,
        identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g: MALLORY.oid,
        identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s: MALLORY.name,
      },
    ],
  ])('of %s says what the record says', (_table, row) => {
    expect(says([{ records: [row] }])).toEqual([saysUpdate]);
  });

  test('is ignored and quarantined as a record is', () => {
    expect(
      heard([
        [
          { ...common, OperationName: 'KeyGet' },
          { ...common, Category: 'AllMetrics' },
        ],
      ]),
    ).toEqual({
      inspections: [],
      unparsed: [],
    });
    expect(heard([[common]]).unparsed).toMatchObject([{ because: expect.stringContaining('httpStatusCode') }]);
  });
});

describe('several records', () => {
  test('of one key are one inspection, whatever messages they came in', () => {
    const { inspections } = heard([keyUpdate, keyDelete, keyPurgeForbidden]);
    expect(inspections.map(({ subject, hints: each }) => [spellSubject(subject), each.length])).toEqual([
      ['kv-prod-disks/disk-a', 3],
    ]);
  });

  test('that are the same delivered twice are one hint', () => {
    expect(hints([keyUpdate, keyUpdate.records, JSON.stringify(keyUpdate)])).toHaveLength(1);
  });

  test('of the same act done twice are two hints', () => {
    expect(hints([update, { ...update, correlationId: 'another' }])).toHaveLength(2);
  });

  test.each([
    ['by another', { identity: { claim: { oid: 'another' } } }],
    ['within the same millisecond', { time: '2026-03-01T11:59:30.4051118Z' }],
  ])('of the same act done %s are two hints, though nothing else tells them apart', (_, other) => {
    const one = { ...update, correlationId: undefined, time: '2026-03-01T11:59:30.4051117Z' };
    expect(hints([one, { ...one, ...other }])).toHaveLength(2);
  });

  test('of many keys are an inspection each', () => {
    const other = withId('https://kv-prod-disks.vault.azure.net/keys/disk-b');
    expect(heard([update, other]).inspections.map(({ subject }) => spellSubject(subject))).toEqual([
      'kv-prod-disks/disk-a',
      'kv-prod-disks/disk-b',
    ]);
  });

  test('too many for one message of the queue come in parts', () => {
    const many = Array.from({ length: 300 }, (_, place) => ({ ...update, correlationId: `c-${place}` }));
    const { inspections } = heard([{ records: many }]);
    expect(inspections.length).toBeGreaterThan(1);
    expect(inspections.flatMap(({ hints: each }) => each.map(({ id }) => id))).toEqual(hints(many).map(({ id }) => id));
    for (const each of inspections) expect(bytesOf(each)).toBeLessThanOrEqual(48 * 1024);
  });

  test('whose names are longer than any in Azure are heard with the names cut short', () => {
    const long = '\ud800'.repeat(60_000);
    const identity = { claim: { oid: long, upn: long } };
    const many = Array.from({ length: 40 }, (_, place) => ({
      ...update,
      identity,
      callerIpAddress: long,
      correlationId: `${place}${long}`,
    }));
    for (const given of [{}, { ownObjectIds: [`${'\\ud800'.repeat(86).slice(0, 512)}…`] }])
      for (const each of heard([{ records: many }], given).inspections)
        expect(bytesOf(each)).toBeLessThanOrEqual(48 * 1024);
    expect(says([{ ...update, identity }])).toMatchObject([{ by: { name: `${'\\ud800'.repeat(86).slice(0, 512)}…` } }]);
  });
});

describe('what cannot be parsed is to be quarantined whole', () => {
  test.each<readonly [says: string, message: unknown, content: string, because: string]>([
    ['text that is no JSON', '{"records":[', '{"records":[', 'JSON'],
    ['a number', 123, '123', 'neither records nor a record'],
    ['nothing', null, 'null', 'neither records nor a record'],
    ['records that are no list', { records: {} }, '{"records":{}}', 'not an array'],
    ['a record that is no object', ['x'], '"x"', 'no object'],
    [
      'a changing act without an id',
      [{ ...update, properties: { httpStatusCode: 200 } }],
      '"operationName":"KeyUpdate"',
      'properties.id',
    ],
    [
      'a use without its properties',
      [{ ...keyUnwrap, properties: undefined }],
      '"operationName":"KeyUnwrap"',
      'properties',
    ],
    ['a use whose properties are null', [{ ...keyUnwrap, properties: null }], '"properties":null', 'properties'],
    [
      'a changing act without a status',
      [withStatus(update, undefined)],
      '"operationName":"KeyUpdate"',
      'httpStatusCode',
    ],
    ['a changing act without a time', [{ ...update, time: undefined }], '"operationName":"KeyUpdate"', 'time'],
    ['a changing act whose time is null', [{ ...update, time: null }], '"time":null', 'time'],
    ['a record without an operation', [{ ...update, operationName: undefined }], 'disk-a', 'operationName'],
  ])('%s', (_says, message, content, because) => {
    const { inspections, unparsed } = heard([message]);
    expect(inspections).toEqual([]);
    expect(unparsed).toEqual([
      { content: expect.stringContaining(content), because: expect.stringContaining(because) },
    ]);
  });

  test('a record that is nested too deep to be written again, as it came', () => {
    const deep = `{"records":[${'['.repeat(20_000)}${']'.repeat(20_000)}]}`;
    const { inspections, unparsed } = heard([Buffer.from(deep), [update]]);
    expect(unparsed).toEqual([{ content: deep, because: 'it is no object' }]);
    expect(inspections).toHaveLength(1);
    expect(heard([JSON.parse(deep)]).unparsed).toMatchObject([{ content: deep.slice('{"records":['.length, -2) }]);
  });

  test('the records of one message in one document, a line each, with the reasons', () => {
    const records = Array.from({ length: 20_000 }, (_, number) => ({
      operationName: number % 2 === 0 ? 7 : 'KeyDelete',
      number,
    }));
    const { unparsed } = heard([{ records }, [{ operationName: 7 }]]);
    expect(unparsed).toHaveLength(2);
    const [first] = unparsed;
    expect(first?.content.split('\n').map((line) => JSON.parse(line))).toEqual(records);
    expect(first?.because.length).toBeLessThan(2_000);
    expect(first?.because).toMatch(/^20000 records:\n.*operationName.*httpStatusCode/s);
  });

  test('records that are nested too deep to be written again, with their message once', () => {
    const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const deep = `{"records":[${nested},${nested}]}`;
    expect(heard([Buffer.from(deep)]).unparsed).toMatchObject([{ content: deep }]);
  });

  test.each<readonly [says: string, broken: string]>([
    ['with a number that JSON does not have', '{"operationName":"KeyDelete","durationMs":NaN}'],
    ['with a text that has no end', '{"operationName":"KeyDelete","clientInfo":"x'],
    ['with an escape that JSON does not have', String.raw`{"operationName":"KeyDelete","clientInfo":"\x41}{"}`],
    ['with a brace too few', '{"operationName":"KeyDelete","properties":{"id":"x"}'],
    ['with a brace too many', '{"operationName":"KeyDelete"}}'],
    ['that is no object', 'garbage'],
  ])('a record alone %s, in a list and on a line: the records beside it are read', (_, broken) => {
    const [one, other] = [JSON.stringify(update), JSON.stringify(keyDelete)];
    const both = heard([[update, keyDelete]]).inspections;
    for (const message of [
      `{"records":[${one},${broken},${other}]}`,
      `[${one}, ${broken}, ${other}]`,
      [one, broken, other].join('\n'),
    ]) {
      const { inspections, unparsed } = heard([Buffer.from(message)]);
      expect(inspections, message).toEqual(both);
      expect(unparsed).toHaveLength(1);
      const content = unparsed[0]?.content ?? '';
      expect(content).toContain(broken.slice(0, 20));
      expect(content.length).toBeLessThan(broken.length + 5);
    }
  });

  test('after 500 broken parts of one message, all that follows them', () => {
    const { unparsed } = heard([`${'{,'.repeat(5_000)}${JSON.stringify(update)}`, update]);
    expect(unparsed).toHaveLength(1);
    expect(heard([`${'{,\n'.repeat(499)}${JSON.stringify(update)}`]).inspections).toHaveLength(1);
    expect(heard([`${'{,\n'.repeat(500)}${JSON.stringify(update)}`]).inspections).toHaveLength(0);
  });

  test('the end of a message that was cut, and what came before it is read', () => {
    const cut = '{"time":"2026-03-01T12:00:00Z","operationName":"KeyDel';
    const { inspections, unparsed } = heard([`{"records":[${JSON.stringify(update)},${cut}`]);
    expect(inspections).toHaveLength(1);
    expect(unparsed).toEqual([{ content: cut, because: 'not JSON' }]);
  });

  test('a part of a message that is no UTF-8 either, with the bytes of the whole', () => {
    const bytes = Buffer.concat([Buffer.from(`[${JSON.stringify(update)},{"x":`), Buffer.of(0xff), Buffer.from('}]')]);
    const { inspections, unparsed } = heard([bytes]);
    expect(inspections).toHaveLength(1);
    expect(unparsed).toEqual([
      { content: bytes.toString('base64'), because: 'not UTF-8: its bytes are kept in base64' },
    ]);
  });

  test.each([
    ['a name longer than any', `https://kv-prod-disks.vault.azure.net/keys/${'a'.repeat(128)}`],
    ['no name', 'https://kv-prod-disks.vault.azure.net/keys/'],
    ['an empty part', 'https://kv-prod-disks.vault.azure.net//keys/disk-a'],
    ['no address', 'nonsense'],
    ['nothing', ''],
  ])('a changing act on a key that has %s', (_, id) => {
    const unparsed = [{ content: expect.stringContaining('KeyUpdate'), because: 'properties.id names no key' }];
    expect(heard([withId(id)])).toEqual({ inspections: [], unparsed });
  });

  test('but not what was refused, or done in a vault that is not guarded, to a key with no name', () => {
    const elsewhere = withId('https://elsewhere.vault.azure.net/keys/');
    expect(heard([elsewhere, withStatus(withId('nonsense'), 404)])).toEqual({ inspections: [], unparsed: [] });
    expect(heard([withStatus({ ...withId('nonsense'), operationName: 'KeyPurge' }, 403)]).unparsed).toHaveLength(1);
  });

  test.each([[null], [''], [' '], ['20'], ['2000'], ['2e2'], [false], [true], [[]], [[200]], [0], [99], [1000]])(
    'an act whose status is %j',
    (status) => {
      for (const record of [keyDelete, keyUnwrap]) {
        const { inspections, unparsed } = heard([withStatus(record, status)]);
        expect(inspections).toEqual([]);
        expect(unparsed).toMatchObject([{ because: expect.stringContaining('httpStatusCode') }]);
      }
    },
  );

  test('bytes that are no UTF-8, in base64', () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0xfe, 0x80]);
    expect(heard([bytes]).unparsed).toEqual([
      { content: bytes.toString('base64'), because: 'not UTF-8: its bytes are kept in base64' },
    ]);
  });

  test('a message that has its records twice, as it came', () => {
    const text = `{"records":[${JSON.stringify(keyDelete)}],"records":5}`;
    expect(heard([Buffer.from(text)]).unparsed).toEqual([{ content: text, because: '`records` is not an array' }]);
  });

  test('and why it cannot repeats nothing of it', () => {
    expect(heard(['sig=AbCdEfGh0123456789']).unparsed).toMatchObject([{ because: 'not JSON' }]);
  });

  test('and the records beside it are heard', () => {
    const { inspections, unparsed } = heard(['no JSON', [{ operationName: 7 }, update]]);
    expect(unparsed).toHaveLength(2);
    expect(inspections).toHaveLength(1);
  });
});
