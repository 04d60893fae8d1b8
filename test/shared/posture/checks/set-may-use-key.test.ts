import { describe, expect, test } from 'vitest';
import { setMayUseKey } from '../../../../shared/posture/checks/set-may-use-key.ts';
import { known, type SetFacts, unknown } from '../../../../shared/posture/facts.ts';
import { assigned, type Held, NOW, OBJECT_ID, scopes, set, setFacts, VAULT_SCOPE, vaultFacts } from '../facts.ts';

const check = (facts: SetFacts) => setMayUseKey.check(facts, NOW);
const held = (...of: readonly Held[]) => setFacts({}, vaultFacts({}, { assigned: known(assigned(...of)) }));
const byPolicy = (keys: readonly string[], objectId = OBJECT_ID) =>
  setFacts({}, vaultFacts({ rbac: false, accessPolicies: [{ objectId, applicationId: undefined, keys }] }));

describe('a set whose identity', () => {
  test.each([
    ['has a role on the vault', held([OBJECT_ID, 'service', VAULT_SCOPE])],
    ['has a role on its key alone', held([OBJECT_ID, 'service', `${VAULT_SCOPE}/keys/disk-web`])],
    ['inherits a role from the subscription', held([OBJECT_ID, 'officer', scopes.subscription])],
    ['has rights by a custom role with patterns', held([OBJECT_ID, 'custom', scopes.group])],
    ['is named by an access policy', byPolicy(['get', 'wrapkey', 'unwrapkey'])],
    ['may do everything by an access policy', byPolicy(['all'])],
    [
      'is one of two, of which one has the rights',
      setFacts({ callers: { objectIds: ['bb', OBJECT_ID], applicationId: undefined } }),
    ],
  ])('%s is accepted', (_, facts) => {
    expect(check(facts)).toEqual([]);
  });

  test.each([
    ['holds no role', held(), 'get, wrap, unwrap'],
    ['has a role on another key', held([OBJECT_ID, 'service', `${VAULT_SCOPE}/keys/disk-app`]), 'get, wrap, unwrap'],
    ['has a role on a vault of a longer name', held([OBJECT_ID, 'service', `${VAULT_SCOPE}-two`]), 'get, wrap, unwrap'],
    ['is Owner, which allows no use of keys', held([OBJECT_ID, 'owner', VAULT_SCOPE]), 'get, wrap, unwrap'],
    ['is named by an access policy without unwrapKey', byPolicy(['get', 'wrapkey']), 'unwrap'],
    ['is not the one of the access policy', byPolicy(['all'], 'bb'), 'get, wrap, unwrap'],
  ])('%s is found', (_, facts, missing) => {
    expect(check(facts)).toMatchObject([
      { kind: 'finding', says: expect.stringContaining(`is not allowed to ${missing} in the vault contoso-disks`) },
    ]);
  });

  test('does not exist is found', () => {
    expect(check(setFacts({ hasIdentity: false }))).toMatchObject([{ says: expect.stringContaining('no identity') }]);
  });

  test.each([
    ['calls from another tenant', setFacts({ callers: { objectIds: [], applicationId: 'app' } })],
    ['has an object id that is not shown', setFacts({ callers: { objectIds: [], applicationId: undefined } })],
    ['may be in a group that holds the right', held(['gg', 'service', VAULT_SCOPE, 'Group'])],
    ['holds a role whose definition was not read', held([OBJECT_ID, 'unheard-of', VAULT_SCOPE])],
    ['has roles that could not be read', setFacts({}, vaultFacts({}, { assigned: unknown('no right to read them') }))],
    ['uses a vault that is not shown', { kind: 'set', set: set(), vault: undefined } as const],
    ['uses a key that is not shown', setFacts({ keys: [] })],
  ])('%s is unknown', (_, facts) => {
    expect(check(facts)).toMatchObject([{ kind: 'unknown' }]);
  });
});

test('access policies are known without the roles', () => {
  const facts = vaultFacts({ rbac: false }, { assigned: unknown('no right to read them') });
  expect(check(setFacts({}, facts))).toMatchObject([{ kind: 'finding' }]);
});

test('the key of a Managed HSM is left out: it has roles of its own', () => {
  const keys = [{ at: 'managed-hsm', vault: 'contoso-hsm', kind: 'key', name: 'k', version: '1' }] as const;
  expect(check({ kind: 'set', set: set({ keys }), vault: undefined })).toEqual([]);
});
