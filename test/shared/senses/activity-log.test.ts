import { describe, expect, test } from 'vitest';
import { activityOf, OPERATIONS } from '../../../shared/senses/activity-log.ts';
import noise from '../../samples/activity-log/noise.json' with { type: 'json' };
import assignmentDeleted from '../../samples/activity-log/role-assignment-deleted.drifted.json' with { type: 'json' };
import setWritten from '../../samples/activity-log/set-written.cloud-event.json' with { type: 'json' };
import vaultDeleted from '../../samples/activity-log/vault-deleted.event-grid.json' with { type: 'json' };

const NOW = new Date('2026-03-01T12:00:00Z');
const SUB = '33333333-3333-4333-8333-333333333333';
const VAULT_ID = `/subscriptions/${SUB}/resourcegroups/rg-keys/providers/microsoft.keyvault/vaults/kv-prod-disks`;
const SET_ID = `/subscriptions/${SUB}/resourcegroups/rg-disks/providers/microsoft.compute/diskencryptionsets/des-web`;
const OID = '0f0e0d0c-0000-4000-8000-000000000002';

const read = (event: unknown) => activityOf(event, NOW);
const withData = (change: object) => ({ ...vaultDeleted, data: { ...vaultDeleted.data, ...change } });
/** The sample, of another operation on another resource. */
const of = (operationName: string, resourceUri: string) => withData({ operationName, resourceUri });

describe('an event of the Activity Log', () => {
  test("in Event Grid's own schema names the vault that was deleted, when, by whom, and by which role", () => {
    expect(read(vaultDeleted)).toEqual({
      kind: 'activity',
      activity: {
        id: vaultDeleted.id,
        touched: { kind: 'vault', vault: 'kv-prod-disks', id: VAULT_ID },
        by: {
          ...{ oid: OID, kind: 'user', name: 'mallory@contoso.example', address: '203.0.113.7' },
          appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
          assignment: { id: 'a551a551000040008000000000000001', says: `Contributor at /subscriptions/${SUB}` },
        },
        at: new Date('2026-03-01T11:58:20.359Z'),
      },
    });
  });

  test('in CloudEvents 1.0 names the disk encryption set that was written, and an application by its id', () => {
    expect(read(setWritten)).toMatchObject({
      activity: {
        touched: { kind: 'set', id: SET_ID },
        by: { oid: OID, kind: 'service-principal', name: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' },
        at: new Date('2026-03-01T11:58:20.359Z'),
      },
    });
  });

  test('with names in other cases names the scope of the role assignment that was deleted', () => {
    expect(read(assignmentDeleted)).toMatchObject({
      activity: { touched: { kind: 'scope', scope: VAULT_ID }, by: { oid: OID } },
    });
  });

  test.each<[string, string, object]>([
    ['Microsoft.KeyVault/vaults/write', VAULT_ID, { kind: 'vault', vault: 'kv-prod-disks', id: VAULT_ID }],
    [
      'Microsoft.KeyVault/vaults/accessPolicies/write',
      `${VAULT_ID}/accessPolicies/add/`,
      { kind: 'vault', vault: 'kv-prod-disks', id: VAULT_ID },
    ],
    [
      'Microsoft.KeyVault/locations/deletedVaults/purge/action',
      `/subscriptions/${SUB}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/KV-prod-disks/purge`,
      { kind: 'vault', vault: 'kv-prod-disks' },
    ],
    ['Microsoft.Compute/diskEncryptionSets/delete', SET_ID.toUpperCase(), { kind: 'set', id: SET_ID }],
    [
      'Microsoft.Authorization/roleAssignments/write',
      `/subscriptions/${SUB}/providers/Microsoft.Authorization/roleAssignments/a551a551`,
      { kind: 'scope', scope: `/subscriptions/${SUB}` },
    ],
    [
      'Microsoft.ManagedIdentity/userAssignedIdentities/delete',
      `/subscriptions/${SUB}/resourceGroups/rg-ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one`,
      {
        kind: 'identity',
        id: `/subscriptions/${SUB}/resourcegroups/rg-ids/providers/microsoft.managedidentity/userassignedidentities/id-one`,
      },
    ],
  ])('of %s tells of what it touched', (operation, resource, touched) => {
    expect(read(of(operation, resource))).toMatchObject({ activity: { touched } });
  });

  test.each<[string, object]>([
    ['whose resource stands only in its subject', withData({ resourceUri: undefined })],
    ['without the request, as when something was made', withData({ httpRequest: undefined })],
    [
      'whose change was canceled, which may be done in part',
      { ...vaultDeleted, eventType: 'Microsoft.Resources.ResourceDeleteCancel' },
    ],
    ['with blanks around its type', { ...vaultDeleted, eventType: ` ${vaultDeleted.eventType} ` }],
    [
      'whose type is null beside one of the other schema',
      { ...vaultDeleted, eventType: null, type: vaultDeleted.eventType },
    ],
  ])('%s is read all the same', (_what, event) => {
    expect(read(event)).toMatchObject({ activity: { touched: { vault: 'kv-prod-disks' } } });
  });

  test('that names nobody tells of what it touched, by somebody unknown', () => {
    expect(read(withData({ claims: undefined, authorization: undefined, httpRequest: null }))).toMatchObject({
      activity: { touched: { vault: 'kv-prod-disks' }, by: { oid: 'unknown' } },
    });
  });

  test('without a time of its own has that of its arrival', () => {
    expect(read({ ...vaultDeleted, eventTime: 'yesterday' })).toMatchObject({ activity: { at: NOW } });
  });

  test.each<[string, unknown]>([
    ['of an operation that nothing here depends on', noise],
    ['that failed', { ...vaultDeleted, eventType: 'Microsoft.Resources.ResourceDeleteFailure' }],
    ['of another kind', { ...vaultDeleted, eventType: 'Microsoft.KeyVault.KeyNewVersionCreated' }],
    ['of an operation that is called like a member of every object', of('constructor', VAULT_ID)],
    ['of reading the keys of a vault through Resource Manager', of('Microsoft.KeyVault/vaults/keys/read', VAULT_ID)],
  ])('%s tells nothing', (_what, event) => {
    expect(read(event)).toEqual({ kind: 'nothing' });
  });

  test.each<[string, unknown, string]>([
    ['no object', 'deleted', 'it is no object'],
    ['no type', { ...vaultDeleted, eventType: undefined }, 'it has no type'],
    ['no operation', { ...vaultDeleted, data: {} }, 'it names no operation'],
    ['no id', { ...vaultDeleted, id: undefined }, 'id'],
    ['no resource', { ...withData({ resourceUri: null }), subject: null }, 'names no resource of its kind'],
    ['a resource of another kind', of('Microsoft.KeyVault/vaults/delete', SET_ID), 'names no resource of its kind'],
  ])('with %s is kept for a person, whole', (_what, event, because) => {
    const outcome = read(event);
    expect(outcome).toMatchObject({ kind: 'unparsed', because: expect.stringContaining(because) });
    expect(outcome).toHaveProperty('content', JSON.stringify(event) ?? event);
  });
});

test('the operations are those that an event subscription can be limited to', () => {
  expect(OPERATIONS.length).toBeGreaterThan(0);
  // Event Grid takes 25 values of advanced filters in all.
  expect(OPERATIONS.length).toBeLessThanOrEqual(25);
});
