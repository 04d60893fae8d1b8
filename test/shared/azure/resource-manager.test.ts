import type { HttpClient } from '@azure/core-rest-pipeline';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import type { LocalAzure } from '../../../local/azure/azure.ts';
import type { Fault } from '../../../local/azure/types.ts';
import { diagnosticSettingResource, vaultEventResources } from '../../../local/resources.ts';
import { resourceManagerReads } from '../../../shared/azure/resource-manager.ts';
import {
  GROUP,
  KEY_URL,
  managedAzure,
  managing,
  OTHER_SUB,
  SET_OID,
  SUB,
  set,
  VERSION,
} from '../../local/azure/resource-manager/managed.ts';

const VAULT = `/subscriptions/${SUB}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-one`;

const reads = (azure: LocalAzure, identity = 'reader', httpClient: HttpClient = azure.httpClient) =>
  resourceManagerReads({
    credential: azure.credential(identity),
    identity: 'a reader',
    httpClient,
    longestPauseMs: 2_000,
  });

/** A client whose every answer is this one. */
const answering = (status: number, body: string): HttpClient => ({
  sendRequest: async (request) => ({ request, status, headers: createHttpHeaders(), bodyAsText: body }),
});

describe('what Resource Manager answers', () => {
  test('are the subscriptions in which the caller has a role', async () => {
    const azure = managedAzure();
    expect(await reads(azure).subscriptions()).toEqual({
      kind: 'ok',
      value: [
        expect.objectContaining({ subscriptionId: SUB, displayName: 'Contoso', state: 'Enabled' }),
        expect.objectContaining({ subscriptionId: OTHER_SUB }),
      ],
    });
    expect(await reads(azure, 'stranger').subscriptions()).toEqual({ kind: 'ok', value: [] });
  });

  test('are the locks of a subscription with what each locks, in lower case', async () => {
    const scopes = [`/subscriptions/${SUB}`, GROUP, VAULT];
    const azure = managedAzure({
      resources: scopes.map((scope, index) => ({
        id: `${scope}/providers/Microsoft.Authorization/locks/Lock${index}`,
        name: `Lock${index}`,
        type: 'Microsoft.Authorization/locks',
        properties: { level: index === 2 ? 'ReadOnly' : 'CanNotDelete' },
      })),
    });
    expect(await reads(azure).locks(SUB)).toEqual({
      kind: 'ok',
      value: scopes.map((scope, index) => ({
        id: `${scope}/providers/microsoft.authorization/locks/lock${index}`.toLowerCase(),
        scope: scope.toLowerCase(),
        level: index === 2 ? 'ReadOnly' : 'CanNotDelete',
      })),
    });
  });

  test('are all keys of a vault, also behind pages that are empty', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `key-${String(index).padStart(2, '0')}`);
    const azure = managedAzure({
      vaults: [
        { name: 'kv-one', subscriptionId: SUB, resourceGroup: 'rg-keys', keys: names.map((name) => ({ name })) },
      ],
      behaviours: { emptyPages: 0.7 },
    });
    const answer = await reads(azure).vaultKeys(VAULT);
    expect(answer.kind === 'ok' ? [...answer.value.keys()] : answer).toEqual(names);
    expect(azure.resourceManager.log.length).toBeGreaterThan(4);
  });

  test('is a vault with what decides who reaches its keys, and nothing once it is deleted', async () => {
    const azure = managedAzure();
    const patch = { properties: { networkAcls: { defaultAction: 'Deny', bypass: 'None' } } };
    await managing(azure)('PATCH', `${VAULT}?api-version=2023-07-01`, patch);
    expect(await reads(azure).vault(VAULT.toLowerCase())).toEqual({
      kind: 'ok',
      value: {
        ...{ id: VAULT.toLowerCase(), name: 'kv-one', location: 'westeurope', subscriptionId: SUB },
        ...{ rbac: true, softDelete: true, retentionDays: 90, purgeProtection: true, accessPolicies: [] },
        ...{ publicNetworkAccess: undefined, networkDefault: 'Deny', networkBypass: 'None' },
      },
    });
    expect(await reads(azure).deletedVaults(SUB)).toEqual({ kind: 'ok', value: [] });
    await managing(azure)('DELETE', `${VAULT}?api-version=2023-07-01`);
    expect(await reads(azure).vault(VAULT)).toEqual({ kind: 'missing' });
    expect(await reads(azure).deletedVaults(SUB)).toEqual({
      kind: 'ok',
      value: [
        {
          ...{ vaultId: VAULT.toLowerCase(), location: 'westeurope', purgeProtection: true },
          ...{ deletedOn: expect.any(Date), scheduledPurgeOn: expect.any(Date) },
        },
      ],
    });
  });

  test('are access policies as they are, and none where a vault has none', async () => {
    const azure = managedAzure({
      vaults: [{ name: 'kv-one', subscriptionId: SUB, resourceGroup: 'rg-keys', accessModel: 'access-policy' }],
    });
    azure.setGrants('set-one', [{ vault: 'kv-one', dataActions: ['Microsoft.KeyVault/vaults/keys/wrap/action'] }]);
    expect(await reads(azure).vault(VAULT)).toMatchObject({
      value: { rbac: undefined, accessPolicies: [{ objectId: SET_OID, permissions: { keys: ['wrapKey'] } }] },
    });
  });

  test('are the role assignments that reach a vault, each with its role', async () => {
    const azure = managedAzure();
    const answer = await reads(azure).roleAssignments(VAULT.toLowerCase());
    const assignments = answer.kind === 'ok' ? answer.value : [];
    const ofSet = assignments.find(({ principalId }) => principalId === SET_OID);
    expect(assignments.map(({ scope }) => scope).toSorted()).toEqual(
      [`/subscriptions/${SUB}`, `/subscriptions/${SUB}`, VAULT.toLowerCase()].toSorted(),
    );
    expect(ofSet).toMatchObject({ principalType: 'ServicePrincipal', scope: VAULT.toLowerCase() });
    expect(await reads(azure).roleDefinition(ofSet?.roleDefinitionId ?? '')).toMatchObject({
      kind: 'ok',
      value: {
        id: ofSet?.roleDefinitionId,
        roleName: 'Key Vault Crypto Service Encryption User',
        permissions: [{ dataActions: expect.arrayContaining(['Microsoft.KeyVault/vaults/keys/unwrap/action']) }],
      },
    });
  });

  test('are the diagnostic settings of a vault, with the enabled logs alone, and none of another vault', async () => {
    const workspaceId = `${GROUP}/providers/Microsoft.OperationalInsights/workspaces/Logs`;
    const setting = diagnosticSettingResource(VAULT, 'one', { workspaceId });
    const off = { category: 'AuditEvent', categoryGroup: null, enabled: false };
    const all = { category: null, categoryGroup: 'allLogs', enabled: true };
    const other = { ...setting, properties: { ...setting.properties, logs: [off, all] } };
    const azure = managedAzure({
      resources: [
        setting,
        { ...other, id: `${setting.id}-2`, name: 'one-2' },
        diagnosticSettingResource(`${VAULT}-2`, 'one', { workspaceId }),
      ],
    });
    const to = { workspaceId: workspaceId.toLowerCase(), hubRuleId: undefined, hubName: undefined };
    expect(await reads(azure).diagnosticSettings(VAULT.toLowerCase())).toEqual({
      kind: 'ok',
      value: [
        { logs: ['auditevent'], ...to },
        { logs: ['alllogs'], ...to },
      ],
    });
    expect(await reads(azure).diagnosticSettings(`${VAULT}-3`)).toEqual({ kind: 'missing' });
    expect(await reads(azure, 'stranger').diagnosticSettings(VAULT)).toMatchObject({ kind: 'forbidden' });
  });

  test('are all system topics of a subscription and the event subscriptions of one, also behind a first page', async () => {
    const functionId = `${GROUP}/providers/Microsoft.Web/sites/app/functions/key-vault-event`;
    const eventType = 'Microsoft.KeyVault.KeyNewVersionCreated';
    const resources = Array.from({ length: 21 }, (_, at) =>
      vaultEventResources({ group: GROUP, name: `topic-${at}` }, `${VAULT}-${at}`, {
        name: 'one',
        functionId,
        eventType,
      }),
    ).flat();
    const azure = managedAzure({ resources });
    const topics = await reads(azure).systemTopics(SUB);
    const value = topics.kind === 'ok' ? topics.value : [];
    expect(value).toHaveLength(21);
    const [{ id, source } = { id: '', source: '' }] = value.slice(20);
    expect(source).toBe(`${VAULT}-20`.toLowerCase());
    expect(await reads(azure).eventSubscriptions(id)).toEqual({
      kind: 'ok',
      value: [{ functionId: functionId.toLowerCase(), eventTypes: [eventType] }],
    });
    expect(await reads(azure).eventSubscriptions(`${id}-none`)).toEqual({ kind: 'missing' });
  });

  test('is whether a user-assigned identity is there', async () => {
    const id = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one`;
    const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';
    const azure = managedAzure({
      resources: [{ id, name: 'id-one', type, location: 'westeurope', properties: { principalId: SET_OID } }],
    });
    expect(await reads(azure).userAssignedIdentity(id)).toEqual({ kind: 'ok', value: { id: id.toLowerCase() } });
    await managing(azure)('DELETE', `${id}?api-version=2023-01-31`);
    expect(await reads(azure).userAssignedIdentity(id)).toEqual({ kind: 'missing' });
  });

  test('are the dates of a key and of its versions', async () => {
    const created = 1_700_000_000;
    const version = {
      version: VERSION,
      created,
      updated: created + 5,
      nbf: created + 1,
      exp: created + 9,
      enabled: false,
    };
    const azure = managedAzure({
      vaults: [
        {
          ...{ name: 'kv-one', subscriptionId: SUB, resourceGroup: 'rg-keys' },
          keys: [
            { name: 'Disk', versions: [version] },
            { name: 'gone', deletedDate: Math.floor(Date.now() / 1000) },
          ],
        },
      ],
    });
    const shown = {
      enabled: false,
      createdOn: new Date(created * 1_000),
      updatedOn: new Date((created + 5) * 1_000),
      notBefore: new Date((created + 1) * 1_000),
      expiresOn: new Date((created + 9) * 1_000),
    };
    expect(await reads(azure).vaultKeys(VAULT)).toEqual({ kind: 'ok', value: new Map([['disk', shown]]) });
    expect(await reads(azure).vaultKeyVersions(VAULT, 'disk')).toEqual({
      kind: 'ok',
      value: new Map([[VERSION, shown]]),
    });
    expect(await reads(azure).vaultKeyVersions(VAULT, 'gone')).toEqual({ kind: 'missing' });
  });

  test('is a disk encryption set as it is now', async () => {
    const failed = set('set-failed', {
      autoKeyRotationError: { code: 'ManagedServiceIdentityNotFound', message: 'Auto-key rotation was disabled.' },
      previousKeys: [{ keyUrl: `${KEY_URL.slice(0, -1)}b` }],
      lastKeyRotationTimestamp: '2026-03-01T12:00:00.5+00:00',
    });
    const azure = managedAzure({ resources: [failed] });
    expect(await reads(azure).diskEncryptionSet(failed.id)).toEqual({
      kind: 'ok',
      value: {
        id: failed.id.toLowerCase(),
        name: 'set-failed',
        location: 'westeurope',
        subscriptionId: SUB,
        encryptionType: 'EncryptionAtRestWithCustomerKey',
        keyUrl: KEY_URL,
        previousKeys: [{ keyUrl: `${KEY_URL.slice(0, -1)}b` }],
        autoRotation: true,
        rotatedAt: '2026-03-01T12:00:00.5+00:00',
        errorCode: 'ManagedServiceIdentityNotFound',
        errorMessage: 'Auto-key rotation was disabled.',
        identity: expect.objectContaining({ principalId: SET_OID }),
        federatedClientId: undefined,
        provisioningState: 'Succeeded',
      },
    });
  });
});

describe('what Resource Manager does not answer', () => {
  test('is missing where the service says so: a resource, a group, a subscription', async () => {
    const azure = managedAzure({ behaviours: { missingSet: 'gateway' } });
    expect(await reads(azure).diskEncryptionSet(set('none').id)).toEqual({ kind: 'missing' });
    expect(await reads(azure).vaultKeys(VAULT.replace('rg-keys', 'rg-none'))).toEqual({ kind: 'missing' });
    expect(await reads(azure).locks('33333333-3333-4333-8333-333333333333')).toEqual({ kind: 'missing' });
    expect(await reads(managedAzure()).diskEncryptionSet(set('none').id)).toEqual({ kind: 'missing' });
  });

  test('is forbidden without a role there, and never empty', async () => {
    const answer = await reads(managedAzure(), 'stranger').locks(SUB);
    expect(answer).toMatchObject({ kind: 'forbidden', error: { status: 403, code: 'AuthorizationFailed' } });
    expect(answer.kind === 'forbidden' && answer.error.message).toBe(
      `Azure Resource Manager answered 403 AuthorizationFailed, reading the locks of ${SUB}.`,
    );
  });

  test.each<[string, Fault['answer'], string]>([
    ['a pause that is too long', { kind: 'throttled', retryAfterSeconds: 324 }, 'throttled'],
    ['an operation in progress', { kind: 'busy' }, 'throttled'],
    ['a token that is refused', { kind: 'unauthorized', because: 'expired-token' }, 'unauthenticated'],
    ['an answer that is no JSON', { kind: 'malformed', body: '<html>' }, 'unreachable'],
    ['an answer of another form', { kind: 'malformed', body: '{"value":[{"id":7}]}' }, 'unreachable'],
    ['a broken connection', { kind: 'unreachable' }, 'unreachable'],
    ['an error of the service', { kind: 'internal-error' }, 'unreachable'],
  ])('is told apart: %s', async (_what, answer, kind) => {
    const azure = managedAzure();
    azure.fault({ match: { path: '/subscriptions' }, answer });
    expect(await reads(azure).locks(SUB)).toMatchObject({ kind });
  });

  test('is waited for where the pause is short', async () => {
    const azure = managedAzure();
    azure.fault({ match: { path: '/subscriptions' }, answer: { kind: 'throttled', retryAfterSeconds: 1 }, times: 1 });
    expect(await reads(azure).locks(SUB)).toEqual({ kind: 'ok', value: [] });
    expect(azure.resourceManager.log.map(({ status }) => status)).toEqual([429, 200]);
  });

  test('says nothing about a resource where a proxy answers 404', async () => {
    const azure = managedAzure();
    expect(await reads(azure, 'reader', answering(404, 'not here')).locks(SUB)).toMatchObject({ kind: 'unreachable' });
  });

  test('is never followed to another host, which would get the token', async () => {
    const page = JSON.stringify({ value: [], nextLink: 'https://elsewhere.example/subscriptions' });
    expect(await reads(managedAzure(), 'reader', answering(200, page)).locks(SUB)).toMatchObject({
      kind: 'unreachable',
    });
  });

  test('is a token that nobody gives', async () => {
    const azure = managedAzure();
    const connection = {
      credential: { getToken: () => Promise.reject(new Error('no identity here')) },
      identity: 'a reader',
      httpClient: azure.httpClient,
    };
    expect(await resourceManagerReads(connection).locks(SUB)).toMatchObject({
      kind: 'no-token',
      error: { name: 'NoToken' },
    });
  });
});
