import { describe, expect, it } from 'vitest';
import { startEstate } from '../../local/estate.ts';
import { guardedKeys, policyEstate } from '../../local/policy-estate.ts';
import { policy } from '../../shared/domain/policy.ts';

const namesOf = (vaults: readonly { readonly name: string }[]) => vaults.map(({ name }) => name);
const own = (...vaults: readonly object[]) => policyEstate(policy.parse({ vaults }));

describe('the estate of a policy of one’s own', () => {
  it('is that of npm start where the policy names its vaults, and tells those that it leaves out', () => {
    const estate = own({ name: 'Contoso-Disks' });
    expect(namesOf(estate.vaults)).toEqual(namesOf(startEstate().vaults));
    expect(estate.made).toEqual([]);
    expect(estate.unnamed).toEqual(['contoso-sql', 'contoso-dev', 'contoso-legacy']);
    expect(guardedKeys(estate, estate.policy)).toEqual([
      'contoso-disks/disk-web',
      'contoso-disks/disk-app',
      'contoso-disks/disk-db',
    ]);
  });

  it('makes a vault that is not there, with a key for each pattern', () => {
    const keys = ['archive-*', '*-old', 'Scratch', '*', 'disk-web'].map((pattern) => ({ pattern, guard: false }));
    const { made, vaults, unnamed } = own({ name: 'Payroll', keys });
    expect(made.map(({ name, keys: all = [] }) => [name, namesOf(all)])).toEqual([
      ['payroll', ['disk-web', 'disk-app', 'archive-one', 'one-old', 'scratch']],
    ]);
    expect(namesOf(vaults)).toEqual(['contoso-disks', 'contoso-sql', 'contoso-dev', 'contoso-legacy', 'payroll']);
    expect(unnamed).toEqual(['contoso-disks', 'contoso-sql', 'contoso-dev', 'contoso-legacy']);
  });

  it('counts no key as guarded that a pattern leaves out', () => {
    const estate = own({ name: 'payroll', keys: [{ pattern: 'disk-w*', guard: false }] });
    expect(guardedKeys(estate, estate.policy)).toEqual(['payroll/disk-app']);
  });

  it('makes no more keys than a page of a vault holds, and none with too long a name', () => {
    const many = Array.from({ length: 40 }, (_, number) => ({ pattern: `key-${number}-*` }));
    const [made] = own({ name: 'payroll', keys: [{ pattern: `${'a'.repeat(126)}*` }, ...many] }).made;
    expect(made?.keys).toHaveLength(25);
    expect(made?.keys?.filter(({ name }) => name.length > 127)).toEqual([]);
  });

  it('has a user of each made vault, known by the first object id that the policy has for it and for nobody before', () => {
    const { identities } = own(
      { name: 'payroll', knownUsers: ['des-1', 'des-2'] },
      { name: 'ledger', knownUsers: ['des-1', 'des-3'] },
      { name: 'archive' },
    );
    expect(identities.flatMap(({ name, oid }) => (name.startsWith('disks-of-') ? [[name, oid]] : []))).toEqual([
      ['disks-of-payroll', 'des-1'],
      ['disks-of-ledger', 'des-3'],
      ['disks-of-archive', undefined],
    ]);
  });
});
