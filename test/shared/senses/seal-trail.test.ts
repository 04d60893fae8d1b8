import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import type { SigningKey } from '../../../shared/domain/signer.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { SigningFailed } from '../../../shared/errors.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { SEALS } from '../../../shared/trail/stream-name.ts';
import { verifyTrail } from '../../../shared/trail/verify.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { copyOf, sourceOf } from '../../fakes/trail-files.ts';
import { stopAt } from '../../simulation/clock.ts';
import { seedKey } from '../../simulation/end-state.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }];
const key = newSigningKey();

beforeEach(() => stopAt());
afterEach(resetClock);

const sealedWorld = async (signingKey: SigningKey = key): Promise<World> => {
  const world = await createWorld({ vaults, policy, signingKey });
  await world.sentry();
  return world;
};
const seals = async ({ streams }: World): Promise<number> =>
  ((await streams.read(`${SEALS}.0.jsonl`)) ?? '').split('\n').length - 1;
const anchorsOf = ({ alerts }: World) => alerts.filter(({ incident }) => incident.kind === 'trail-anchored');

describe('the trail', () => {
  test('is sealed at once, and then each hour', async () => {
    const world = await sealedWorld();
    expect(await seals(world)).toBe(1);
    await world.pass(3_540, 30);
    expect(await seals(world)).toBe(1);
    await world.pass(90, 30);
    expect(await seals(world)).toBe(2);
    await world.pass(2 * 3_600, 30);
    expect(await seals(world)).toBe(4);
  });

  test('is sealed within a minute and a half after the guardian has acted, and at most once a minute', async () => {
    const world = await sealedWorld();
    await world.pass(300, 5);
    expect(await seals(world)).toBe(1);
    for (let minute = 1; minute <= 3; minute += 1) {
      await world.as('attacker').disable(VAULT, 'disk-a');
      await world.pass(150, 5);
      expect(await seals(world)).toBeGreaterThanOrEqual(1 + minute);
    }
    expect(await seals(world)).toBeLessThanOrEqual(1 + 8);
    const { records, sealed, verdict } = await verifyTrail(sourceOf(await copyOf(world.streams)));
    expect({ verdict, sealed }).toEqual({ verdict: 'unanchored', sealed: records });
  });

  test('is anchored once a day: its root goes to the channel, opens no incident and proves the trail', async () => {
    const world = await sealedWorld();
    await world.pass(60, 5);
    expect(anchorsOf(world).map(({ event, incident: { severity, audience } }) => [event, severity, audience])).toEqual([
      ['resolved', 'info', 'operators'],
    ]);
    await world.pass(23 * 3_600, 600);
    expect(anchorsOf(world)).toHaveLength(1);
    await world.pass(3_600, 30);
    expect(anchorsOf(world)).toHaveLength(2);
    expect((await readIncidents(world.ports, GUARDIAN)).stored.map(({ value }) => value.kind)).not.toContain(
      'trail-anchored',
    );
    const [root] = /\b[0-9a-f]{64}\b/.exec(anchorsOf(world).at(-1)?.incident.summary ?? '') ?? [];
    const said = await verifyTrail(sourceOf(await copyOf(world.streams)), { root });
    expect(said).toMatchObject({ verdict: 'anchored', faults: [] });
  });

  test('whose key cannot sign is tried again with each tick; operators are alerted after an hour, until it can', async () => {
    let isAway = false;
    const world = await sealedWorld({
      ...key,
      sign: (text) => (isAway ? Promise.reject(new SigningFailed('signing', undefined)) : key.sign(text)),
    });
    isAway = true;
    const unsealed = () =>
      world.alerts.filter(({ incident }) => incident.reason === 'trail-unsealed').map(({ event }) => event);
    await world.pass(3_600 + 3_500, 30);
    expect(unsealed()).toEqual([]);
    await world.pass(200, 30);
    expect(unsealed()).toEqual(['opened']);
    isAway = false;
    await world.pass(60, 30);
    expect(unsealed()).toEqual(['opened', 'resolved']);
    expect(await seals(world)).toBe(2);
    expect(world.failures).toEqual([]);
  });

  test('is sealed again by the next planner where the one that was at it crashed', async () => {
    let isKilling = true;
    const world = await createWorld({
      vaults,
      policy,
      signingKey: {
        ...key,
        sign(text) {
          if (!isKilling) return key.sign(text);
          isKilling = false;
          throw new Error('the process is gone');
        },
      },
    });
    await expect(world.sentry()).rejects.toThrow('the process is gone');
    expect(await seals(world)).toBe(0);
    await world.pass(180, 30);
    expect(await seals(world)).toBe(1);
  });
});

test('a guardian without a signing key seals nothing, and sends no anchor', async () => {
  const world = await createWorld({ vaults, policy });
  await world.sentry();
  await world.pass(7_200, 30);
  expect(await seals(world)).toBe(0);
  expect(world.alerts).toEqual([]);
});
