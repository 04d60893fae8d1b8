import { expect, test } from 'vitest';
import { type OwnNames, withOwnNames, withVaultIds } from '../../../shared/incidents/own-names.ts';

const NAMES: OwnNames = { app: '/subscriptions/s/sites/guardian', register: 'kgregister', watcher: undefined };

test.each([
  ['that leaves nothing open stays as it is', 'az login', 'az login'],
  [
    'gets what each is called',
    'az x --ids <app> --account-name <register>',
    'az x --ids /subscriptions/s/sites/guardian --account-name kgregister',
  ],
  ['gets the same twice', 'az x <register> <register>', 'az x kgregister kgregister'],
  ['is left out where a name is not known', 'az x --assignee <watcher> --ids <app>', undefined],
  ['keeps what no own name is', 'cat < file > <other>', 'cat < file > <other>'],
])('a command %s', (_, command, named) => {
  expect(withOwnNames(command, NAMES)).toBe(named);
});

const lookup = (vault: string): string =>
  `az x --scope $(az keyvault show --name ${vault} --query id --output tsv) --y`;
const SURVEYED = {
  at: undefined,
  vaults: new Map([
    ['prod-disks', { id: '/subscriptions/s/vaults/prod-disks', keys: {}, unknown: [] }],
    ['by-address', { keys: {}, unknown: [] }],
  ]),
};

test.each([
  [
    'of a vault that a survey found names its id',
    lookup('Prod-Disks'),
    'az x --scope /subscriptions/s/vaults/prod-disks --y',
  ],
  ['of a vault that none found looks it up', lookup('other'), lookup('other')],
  ['of a vault of which only the address of a key is known looks it up', lookup('by-address'), lookup('by-address')],
  [
    'with both has both',
    `${lookup('prod-disks')} ${lookup('other')}`,
    `az x --scope /subscriptions/s/vaults/prod-disks --y ${lookup('other')}`,
  ],
])('a command %s', (_, command, named) => {
  expect(withVaultIds(command, SURVEYED)).toBe(named);
});
