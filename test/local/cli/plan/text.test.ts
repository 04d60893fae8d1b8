import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../../local/cli/plan/read.ts';
import { planReportOf } from '../../../../local/cli/plan/report.ts';
import { planText } from '../../../../local/cli/plan/text.ts';
import { estateReader } from '../../../../shared/estate/estate-of.ts';
import { usedKeys } from '../../../../shared/estate/key-uses.ts';
import { known } from '../../../../shared/posture/facts.ts';
import {
  diskRow,
  keyUrl,
  machineId,
  machineRow,
  SUBSCRIPTION,
  setId,
  setRow,
  VERSION,
  vaultRow,
} from '../../../shared/estate/rows.ts';
import { present } from '../../../shared/posture/facts.ts';
import { UNPLAIN } from '../../../unplain.ts';
import { HIDDEN, key, NOW, PRODUCTION, planAzure, planned, vault } from './place.ts';

const seconds = Math.floor(Date.now() / 1_000);
const nobody = () => undefined;

/** Text of an estate in which everything is wrong that can be. */
async function illText(): Promise<string> {
  const azure = planAzure({
    vaults: [
      vault(
        'contoso-disks',
        [{ ...key('disk-web'), deletedDate: seconds - 600 }, key('disk-app', { exp: seconds + 86_400 })],
        {
          purgeProtection: false,
          accessModel: 'access-policy',
        },
      ),
    ],
    identities: [
      {
        name: 'mallory',
        kind: 'user',
        oid: '0f0e0d0c-0000-4000-8000-000000000002',
        grants: [{ vault: 'contoso-disks', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
        roles: [{ role: 'Owner', scope: `/subscriptions/${PRODUCTION}` }],
      },
      // By access policies the newcomer may read as well.
      { name: 'reader', kind: 'user', grants: [] },
    ],
  });
  azure.setGrants('newcomer', [
    {
      vault: 'contoso-disks',
      dataActions: ['keys/read', 'keyrotationpolicies/read'].map((right) => `Microsoft.KeyVault/vaults/${right}`),
    },
  ]);
  const { report } = await planned(azure, { subscriptions: [PRODUCTION, HIDDEN] });
  return planText(report, (id) => (id === '0f0e0d0c-0000-4000-8000-000000000002' ? 'mallory' : undefined));
}

/** Vaults of 20 keys, each with a set of its own that `perSet` disks hang on; every tenth key is deleted. */
function large(vaults: number, perSet: number): string {
  const reader = estateReader();
  for (let at = 0; at < vaults; at += 1) {
    const names = Array.from({ length: 20 }, (_, number) => `${at}-${number}`);
    reader.add('vaults', [vaultRow(`v-${at}`, { purgeProtection: at % 2 === 0 })]);
    reader.add(
      'sets',
      names.map((name) => setRow(`des-${name}`, keyUrl(`v-${at}`, `k-${name}`, VERSION))),
    );
    for (const name of names) {
      const disks = Array.from({ length: perSet }, (_, number) => `${name}-${number}`);
      reader.add(
        'disks',
        disks.map((disk) => diskRow(disk, { setId: setId(`des-${name}`), managedBy: machineId(`vm-${disk}`) })),
      );
      reader.add(
        'machines',
        disks.map((disk) => machineRow(`vm-${disk}`)),
      );
    }
  }
  const estate = reader.estate();
  const used = Map.groupBy(usedKeys(estate), (each) => each.vault);
  const reading: Reading = {
    estate,
    hidden: [],
    lastUse: undefined,
    assigned: known({ assignments: [], roles: new Map() }),
    vaults: [...used].map(([name, keys]) => ({
      name,
      vault: estate.vaults.get(name),
      otherKeys: 0,
      refused: undefined,
      locks: known([]),
      diagnosticSettings: known([]),
      keys: keys.map((each, at) => ({
        ...each,
        state: known(
          at % 10 === 0 ? ({ kind: 'deleted', deletedOn: NOW, scheduledPurgeOn: undefined } as const) : present(),
        ),
        rotationPolicy: known(undefined),
      })),
    })),
  };
  return planText(planReportOf(reading, [SUBSCRIPTION], undefined, NOW), nobody);
}

/** Lines that are longer than they may be; a command may have a word that cannot be broken. */
const tooLong = (text: string): readonly string[] => text.split('\n').filter((line) => line.length > 100);

describe('what plan prints for people', () => {
  test('is a picture: vaults, keys, sets, machines and disks', async () => {
    const { report } = await planned(planAzure());
    const [, picture = ''] = planText(report, nobody).split('WHAT HANGS ON WHAT\n');
    expect(picture.slice(0, picture.indexOf('\n\n')).split('\n')).toEqual([
      'contoso-disks                         vault in westeurope; 2 keys in use, 1 not',
      '├─ disk-web                           key, RSA 2048',
      '│  └─ des-web                         disk encryption set, takes new versions',
      '│     ├─ vm-web-1                     machine, running, 2 disks',
      '│     └─ vm-web-2                     machine, running, 1 disk',
      '└─ disk-app                           key, RSA 2048',
      '   └─ des-app                         disk encryption set, takes new versions',
      '      └─ 1 disk without a machine',
    ]);
  });

  test('names what is in danger first, worst first, with what hangs on it and the command', async () => {
    const text = await illText();
    const [, dangers = ''] = text.split(/IN DANGER NOW \(\d+\)\n/);
    const lines = dangers.slice(0, dangers.indexOf('\n\n')).split('\n');
    expect(lines.flatMap((line) => /^ *\d+\. ([^:]+):/.exec(line)?.[1] ?? [])).toEqual([
      'contoso-disks/disk-web',
      'des-web',
      'des-app',
      'contoso-disks/disk-app',
      'contoso-disks',
    ]);
    expect(lines[0]).toMatch(/^ 1\. contoso-disks\/disk-web: The key was deleted on /);
    expect(lines).toContain('    hangs on it: 3 disks, 2 machines, 2 running (used-version-usable)');
    expect(lines).toContain('    $ az keyvault key recover --vault-name contoso-disks --name disk-web');
  });

  test('is plain and fits the width', async () => {
    const text = await illText();
    expect(text.split('\n').filter((line) => UNPLAIN.test(line))).toEqual([]);
    expect(tooLong(text)).toEqual([]);
    for (const part of [
      'mallory: delete, disable, purge; by access policy',
      'mallory (User): give themselves the right; by Owner on the subscription',
      '1 subscription not shown to you',
    ])
      expect(text.replaceAll(/\n\s*/g, ' ')).toContain(part);
  });

  test('says that nothing was found, and not that nothing is, where something could not be read', async () => {
    const rotationPolicies = Object.fromEntries(
      ['disk-web', 'disk-app'].map((name) => [name, { lifetimeActions: [], created: 1, updated: 1 }]),
    );
    const azure = planAzure({
      vaults: [vault('contoso-disks', [key('disk-web'), key('disk-app')], { rotationPolicies })],
    });
    const calm = planText((await planned(azure)).report, nobody);
    expect(calm).toContain('IN DANGER NOW (0)\nNothing.\n');
    const unsure = planText((await planned(azure, { subscriptions: [PRODUCTION, HIDDEN] })).report, nobody);
    expect(unsure).toContain('IN DANGER NOW (0)\nNothing that was found; see below what could not be read.\n');
  });
});

describe('a large estate', () => {
  test.each([
    [10, 5],
    [250, 4],
  ])('of %i vaults and 20 keys each with %i disks is cut, with counts of what is left out', (vaults, perSet) => {
    const text = large(vaults, perSet);
    const lines = text.split('\n');
    expect(lines.length).toBeLessThan(320);
    expect(tooLong(text)).toEqual([]);
    expect(text).toContain(`${(vaults * 20).toLocaleString('en-US')} keys in use, in ${vaults} vaults.`);
    expect(text).toContain(`${(vaults * 2 - 4).toLocaleString('en-US')} more of used-version-usable`);
    expect(text).toMatch(/… and \d+ vaults with [\d,]+ used keys more/);
    expect(text).toContain(`… and ${(vaults * 20 - 20).toLocaleString('en-US')} keys more`);
  });
});
