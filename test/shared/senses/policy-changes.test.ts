import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { alertPolicyChange } from '../../../shared/senses/policy-changes.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const vaults = [
  { name: VAULT, keys: [{ name: 'disk-a' }, { name: 'disk-b' }] },
  { name: 'other', keys: [{ name: 'disk-c' }] },
];
const inMode = (mode: 'alert' | 'block') => ({ vaults: [{ name: VAULT, mode }, { name: 'other' }] });
const told = ({ alerts }: World) =>
  alerts.map(({ event, incident: { kind, judgement } }) => `${event} ${kind}: ${judgement}`);
const recorded = async (world: World) => (await world.trail()).filter(({ what }) => what === 'policy');

beforeEach(() => stopAt());
afterEach(resetClock);

describe('another policy than before', () => {
  test('is told once where it guards less, and is in the trail', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    world.changePolicy(inMode('alert'));
    await world.sentry();
    await world.sentry();
    expect(world.alerts).toMatchObject([
      {
        event: 'opened',
        incident: {
          kind: 'policy-loosened',
          summary: `The policy guards less than before: in ${VAULT}, disk-a, disk-b, keys made later from block to alert. It came with a deployment: if nobody meant it, deploy the policy of before.`,
        },
      },
    ]);
    expect(await recorded(world)).toMatchObject([{ detail: { loosened: [expect.stringContaining('disk-a')] } }]);
  });

  test('is told again where it is loosened the same way again', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    for (const mode of ['alert', 'block', 'alert'] as const) {
      world.changePolicy(inMode(mode));
      await world.sentry();
    }
    expect(told(world)).toEqual(['opened policy-loosened: left to people', 'opened policy-loosened: left to people']);
    expect(await recorded(world)).toHaveLength(3);
  });

  test('is told by one of two instances, and by the next where one ended before it was noted', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.sentry();
    world.changePolicy(inMode('alert'));
    const replace = () => Promise.reject(new Error('The instance was stopped.'));
    const policies = { ...world.ports.tables.policies, replace };
    const stopped = { ...world.ports, tables: { ...world.ports.tables, policies } };
    await expect(alertPolicyChange(stopped)).rejects.toThrow('The instance was stopped.');
    await Promise.all([alertPolicyChange(world.ports), alertPolicyChange(world.ports)]);
    await world.settle();
    expect(told(world)).toEqual(['opened policy-loosened: left to people']);
  });

  test('ends the incidents of what is not guarded any more', async () => {
    const world = await createWorld({ vaults, policy: inMode('alert') });
    await world.sentry();
    await world.as('attacker').disable(VAULT, 'disk-a');
    await world.as('attacker').disable('other', 'disk-c');
    await world.pass(60);
    world.changePolicy({ vaults: [{ name: 'other' }] });
    await world.sentry();
    expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
      { state: 'resolved', judgement: 'not guarded any more' },
    ]);
    expect(await world.incidents('other', 'disk-c')).toMatchObject([{ state: 'open' }]);
  });

  test('that cannot be compared, the one before being of another form, is taken as it is, and that one quarantined', async () => {
    const world = await createWorld({ vaults, policy: inMode('block') });
    await world.tables.vaults.put('policy', 'last-run', { form: 'older' });
    await world.sentry();
    expect(world.alerts).toMatchObject([{ incident: { kind: 'guardian-unwell', reason: 'quarantined' } }]);
    world.changePolicy(inMode('alert'));
    await world.sentry();
    expect(told(world).slice(1)).toEqual(['opened policy-loosened: left to people']);
  });
});
