import { describe, expect, it } from 'vitest';
import { startEstate } from '../../local/estate.ts';
import { keyPolicy, policy } from '../../shared/domain/policy.ts';

const KEYS = 'Microsoft.KeyVault/vaults/keys';
const PAGE = 25;

const estate = startEstate();
const granted = (name: string) => estate.identities.find((identity) => identity.name === name)?.grants ?? [];
const keys = estate.vaults.flatMap(({ name: vault, keys: all = [] }) => all.map(({ name }) => ({ vault, key: name })));

describe('the estate of npm start', () => {
  it('has 3 vaults and 8 keys, and the keys of each vault fit one page', () => {
    expect(estate.vaults).toHaveLength(3);
    expect(keys).toHaveLength(8);
    expect(estate.vaults.filter(({ keys: all = [] }) => all.length > PAGE)).toEqual([]);
  });

  it('is in block in its first vault and in alert in its last', () => {
    expect(policy.parse(estate.policy).vaults.map(({ name, mode }) => [name, mode])).toEqual([
      ['contoso-disks', 'block'],
      ['contoso-sql', 'block'],
      ['contoso-dev', 'alert'],
    ]);
  });

  it.each(keys)(
    'has a disk encryption set that may only use $vault/$key, and that the policy knows',
    ({ vault, key }) => {
      const [only, ...others] = granted(`des-${key}`);
      expect(others).toEqual([]);
      expect(only).toEqual({
        vault,
        key,
        dataActions: [`${KEYS}/read`, `${KEYS}/wrap/action`, `${KEYS}/unwrap/action`],
      });
      const { oid } = estate.identities.find(({ name }) => name === `des-${key}`) ?? {};
      expect(keyPolicy(policy.parse(estate.policy), vault, key).knownUsers).toContain(oid);
    },
  );

  it('has an owner who may do all but purge, an attacker who may do all, and an approver who may read', () => {
    const [owner] = granted('owner');
    expect(owner?.dataActions).toEqual(expect.arrayContaining([`${KEYS}/delete`, `${KEYS}/update/action`]));
    expect(owner?.dataActions.filter((action) => action.includes('purge') || action.includes('*'))).toEqual([]);
    const all = [`${KEYS}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'];
    expect(granted('attacker')).toEqual([{ vault: '*', dataActions: all }]);
    expect(granted('approver')).toEqual([{ vault: '*', dataActions: [`${KEYS}/read`] }]);
  });
});
