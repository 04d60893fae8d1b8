import { expect, it } from 'vitest';
import { storedPolicy } from '../../../../shared/domain/policy.ts';
import { rotationReport } from '../../../../shared/people/reports.ts';
import { rowOfSet, SETS } from '../../../../shared/propagation/sets.ts';
import { commandLine, guardedEstate } from '../command-line.ts';

const estate = guardedEstate();
const rotation = { every: 'P90D', notifyBefore: 'P30D' };
const policy = storedPolicy.parse(estate.policy);
const vaults = policy.vaults.map((vault) => (vault.name === 'contoso-dev' ? { ...vault, rotation } : vault));
const { running, host, as, done, refused, versionOf } = commandLine({
  estate: { ...estate, policy: { ...policy, vaults } },
});

it('rotation status shows when each key was last rotated, and the sets on it', async () => {
  const said = await done('rotation', 'status', 'contoso-disks');
  expect(said).toMatch(/^contoso-disks\/disk-app {2}version [0-9a-f]{32}, made .+ ago, \d{4}-.+ UTC\n/);
  expect(said).toMatch(/\ncontoso-disks\/disk-web {2}.+\n {2}des-\S+ {2}no rotation was watched yet/);
  expect(said).not.toContain('contoso-sql');
});

it('rotation status shows by when a key is to be rotated where the policy has a schedule for it', async () => {
  const said = await done('rotation', 'status', 'contoso-dev');
  expect(said).toMatch(/contoso-dev\/dev-web {2}version .+; every P90D, (in time|due|overdue): next by \d{4}-/);
  expect(await done('rotation', 'status', 'contoso-disks')).not.toContain('every');
});

it('rotation status shows the verdict of each set with its minute, and when it is read again', async () => {
  await as('owner').rotate('contoso-disks', 'disk-web');
  await host().advance(600_000, 60_000);
  const version = versionOf('contoso-disks', 'disk-web');
  const said = await done('rotation', 'status');
  expect(said).toMatch(/ {2}des-\S+ {2}(waiting|re-wrapping), since minute \d+, read again in \d+ (min|s)/);
  const { keys } = rotationReport.parse(JSON.parse(await done('rotation', 'status', '--json')));
  const [set] = keys.find(({ key }) => key === 'disk-web')?.sets ?? [];
  expect(set?.watch).toMatchObject({ version });
});

it('rotation status says in words what a set shows that does not follow', async () => {
  const { sets } = running().guardian.ports.tables;
  const [stored] = (await sets.list(SETS)).stored;
  if (stored === undefined) throw new Error('A set is watched.');
  const { nextReadAt: _, ...row } = stored.value;
  await sets.put(...rowOfSet(row.id), { ...row, verdict: { kind: 'late', shows: 'its state is Updating' } });
  expect(await done('rotation', 'status')).toMatch(/ {2}late: its state is Updating, since minute \d+\n/);
});

it('rotation status of a vault that nothing guards is refused with a sentence', async () => {
  expect(await refused('rotation', 'status', 'no-such-vault')).toMatch(/no-such-vault/);
});
