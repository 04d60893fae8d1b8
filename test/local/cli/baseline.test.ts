import { beforeAll, describe, expect, it } from 'vitest';
import { policyEstate } from '../../../local/policy-estate.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { readBaseline } from '../../../shared/register/vaults.ts';
import { commandLine } from './command-line.ts';

const VAULTS = Array.from({ length: 30 }, (_, number) => `fabrikam-${String(number).padStart(2, '0')}`);
const AWAY = 'fabrikam-07';
const vaults = VAULTS.map((name) => ({ name, mode: 'block' }));
const { running, done, ran } = commandLine({
  estate: policyEstate(policy.parse({ vaults, channels: ['console'] })),
});

const stateOf = async (vault: string) => (await readBaseline(running().guardian.ports.tables, vault))?.state;

describe('baselines of many vaults at once', () => {
  beforeAll(async () => {
    const { tables } = running().guardian.ports;
    for (const vault of VAULTS)
      await tables.baselines.put('baseline', vault, { state: 'proposed', at: new Date(), keys: 2, suspicious: [] });
  });

  it('are accepted but for those that cannot be, with the reason of each, and it says how far it is', async () => {
    const lift = running().azure.fault({
      match: { vault: AWAY, operation: 'list' },
      answer: { kind: 'forbidden-by-firewall' },
    });
    const { status, out, err } = await ran('baseline', 'accept', '--all');
    lift();
    expect({ status, out }).toEqual({ status: 1, out: '25 of 30 vaults\n' });
    expect(err.split('\n')).toEqual([
      'Accepted the baseline of 29 vaults: 58 versions are approved.',
      '1 vault could not be accepted. Run the command again once this is mended:',
      expect.stringMatching(/^ {2}fabrikam-07: The baseline needs fabrikam-07, which cannot be read: /),
      '',
    ]);
    expect([await stateOf(AWAY), await stateOf('fabrikam-08')]).toEqual(['proposed', 'accepted']);
  });

  it('are accepted by the same command again where they were left', async () => {
    expect(await done('baseline', 'accept', '--all')).toBe(
      'Accepted the baseline of 1 vault: 2 versions are approved.',
    );
    expect(await stateOf(AWAY)).toBe('accepted');
  });
});
