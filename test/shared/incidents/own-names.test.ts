import { expect, test } from 'vitest';
import { type OwnNames, typed } from '../../../shared/incidents/own-names.ts';

const NAMES: OwnNames = { app: '/subscriptions/s/groups/a(b)/sites/kg', register: 'kgregister', watcher: undefined };
const SURVEYED = {
  at: undefined,
  vaults: new Map([
    ['prod-disks', { id: '/subscriptions/s/vaults/prod-disks', keys: {}, unknown: [] }],
    ['in-brackets', { id: '/subscriptions/s/groups/a(b)/vaults/in-brackets', keys: {}, unknown: [] }],
    ['by-address', { keys: {}, unknown: [] }],
  ]),
};
const lookup = (vault: string): string => `--scope $(az keyvault show --name ${vault} --query id --output tsv)`;

test.each([
  ['that leaves nothing open stays as it is', 'az login', 'az login'],
  [
    'gets what each is called',
    'az x --account-name <register> --ids <app>',
    "az x --account-name kgregister --ids '/subscriptions/s/groups/a(b)/sites/kg'",
  ],
  ['gets the same twice', 'az x <register> <register>', 'az x kgregister kgregister'],
  ['is left out where a name is not known', 'az x --assignee <watcher> --account-name <register>', undefined],
  ['keeps what is no such name', "az x --role 'of <prod>'", "az x --role 'of <prod>'"],
  ['of a vault that a survey found names its id', lookup('Prod-Disks'), '--scope /subscriptions/s/vaults/prod-disks'],
  [
    'has an id in quotes that a shell would read otherwise',
    lookup('in-brackets'),
    "--scope '/subscriptions/s/groups/a(b)/vaults/in-brackets'",
  ],
  ['of a vault that none found looks it up', lookup('other'), lookup('other')],
  ['of a vault of which only the address of a key is known looks it up', lookup('by-address'), lookup('by-address')],
  [
    'with several has each',
    `${lookup('prod-disks')} ${lookup('other')} <register>`,
    `--scope /subscriptions/s/vaults/prod-disks ${lookup('other')} kgregister`,
  ],
])('a command %s', (_, command, expected) => {
  expect(typed(command, NAMES, SURVEYED)).toBe(expected);
});
