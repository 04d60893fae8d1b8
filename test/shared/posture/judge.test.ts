import { describe, expect, test } from 'vitest';
import { DAY_MS, later } from '../../../shared/domain/time.ts';
import type { EstateMachine, EstateUser } from '../../../shared/estate/estate.ts';
import { type Facts, known } from '../../../shared/posture/facts.ts';
import { harmOf, judge } from '../../../shared/posture/judge.ts';
import {
  assigned,
  disksFacts,
  keyFacts,
  NOW,
  nothing,
  present,
  set,
  setFacts,
  VERSION,
  vaultFacts,
  version,
} from './facts.ts';

const nobody = (): readonly EstateUser[] => [];
const machine = (name: string, power: EstateMachine['power']): EstateMachine => ({
  id: name,
  name,
  kind: 'machine',
  power,
  encryptionAtHost: undefined,
});

test('an estate as it should be has no findings', () => {
  const well: readonly Facts[] = [vaultFacts(), keyFacts(), setFacts(), disksFacts()];
  expect(judge(well, nobody, NOW)).toEqual([]);
});

test('every check is about one kind of subject, and names the subject', () => {
  const ill: readonly Facts[] = [
    vaultFacts({ purgeProtection: false }),
    keyFacts({ kind: 'deleted', deletedOn: NOW, scheduledPurgeOn: undefined }),
    setFacts({ autoRotation: false }),
    disksFacts({ 'platform-key': { disks: 1, snapshots: 0, examples: [] } }),
  ];
  expect(judge(ill, nobody, NOW).map(({ check, severity, subject }) => `${severity} ${check} ${subject}`)).toEqual([
    'critical used-version-usable contoso-disks/disk-web',
    'critical purge-protection-on contoso-disks',
    'warning set-auto-rotates des-web',
    'warning disks-under-customer-key all disks',
  ]);
});

describe('the order of findings', () => {
  const expiring = (key: string, days: number): Facts =>
    keyFacts(present({ [VERSION]: version({ expiresOn: later(NOW, days * DAY_MS) }) }), {
      key,
      users: [set({ keys: [{ at: 'vault', vault: 'contoso-disks', kind: 'key', name: key, version: VERSION }] })],
    });
  const users = new Map<string, EstateUser>([
    [
      'many',
      set({
        holds: {
          ...nothing,
          disks: 2,
          machines: new Map([
            [machine('a', 'running'), 1],
            [machine('b', 'running'), 1],
          ]),
        },
      }),
    ],
    ['stopped', set({ holds: { ...nothing, disks: 9, machines: new Map([[machine('c', 'stopped'), 9]]) } })],
  ]);
  const usersOf = (facts: Facts): readonly EstateUser[] =>
    [users.get(facts.kind === 'key' ? facts.key : '')].filter((user) => user !== undefined);

  test('is: most running machines first, then machines, then the earliest date', () => {
    const all = [expiring('late', 9), expiring('soon', 3), expiring('stopped', 9), expiring('many', 20)];
    expect(judge(all, usersOf, NOW).map(({ subject }) => subject.split('/')[1])).toEqual([
      'many',
      'stopped',
      'soon',
      'late',
    ]);
  });

  test('has a finding of its own severity in its place', () => {
    const all = [
      setFacts({ encryption: 'confidential' }),
      vaultFacts({}, { assigned: known(assigned(['a', 'officer', '/'])) }),
    ];
    expect(
      judge(all, nobody, NOW)
        .map(({ severity }) => severity)
        .filter((each) => each !== 'critical'),
    ).toEqual(['warning', 'info']);
  });
});

test('what hangs on users is counted, a machine once', () => {
  const shared = machine('a', 'running');
  const holds = { ...nothing, disks: 3, machines: new Map([[shared, 3]]) };
  expect(
    harmOf([
      set({ holds }),
      set({
        holds: {
          ...holds,
          machines: new Map([
            [shared, 1],
            [machine('b', 'stopped'), 2],
          ]),
        },
      }),
    ]),
  ).toEqual({
    disks: 6,
    machines: 2,
    running: 1,
  });
});
