import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import type { Inspection } from '../../../shared/domain/hint.ts';
import { placeOf, type Subject } from '../../../shared/domain/subject.ts';
import { later } from '../../../shared/domain/time.ts';
import { RowUnreadable } from '../../../shared/errors.ts';
import { CLAIM_MS } from '../../../shared/guard/claim.ts';
import type { Guarded, Result, SubjectGuard } from '../../../shared/guard/guarded.ts';
import { inspect, inspectOnce } from '../../../shared/guard/inspect.ts';
import type { Ports } from '../../../shared/ports.ts';
import { stopAt } from '../../simulation/clock.ts';
import { versionsOf } from '../../simulation/shown.ts';
import { createWorld, type World } from '../../simulation/world.ts';

const VAULT = 'prod-disks';
const block = { vaults: [{ name: VAULT, mode: 'block' }], channels: ['console'] };
const vaults = [{ name: VAULT, keys: [{ name: 'disk-a', versions: [{}, {}] }, { name: 'disk-b' }] }];

beforeEach(() => stopAt());
afterEach(resetClock);

test('a version that was disabled is enabled again within one sweep: one write, one incident, one alert', async () => {
  const world = await createWorld({ vaults, policy: block });
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.sentry();
  expect(versionsOf(world, VAULT, 'disk-a').map(({ enabled }) => enabled)).toEqual([true, true]);
  expect(world.changes()).toBe(1);
  expect(world.failures).toEqual([]);
  expect(await world.incidents(VAULT, 'disk-a')).toMatchObject([
    { kind: 'version-disabled', state: 'resolved', judgement: 'undone' },
  ]);
  expect(world.alerts.map(({ event }) => event)).toEqual(['resolved']);
});

describe('the inspection of a subject that is no key', () => {
  const subject: Subject = { kind: 'disk-encryption-set', id: '/subscriptions/1/diskEncryptionSets/des-a' };
  const { partition, row } = placeOf(subject);
  const message: Inspection = { subject, hints: [], attempt: 0 };
  const nothing: Decision = { judgements: [], actions: [], inspectAgainInSeconds: undefined };

  /** A guard that observes what it is given to, and notes what it is asked. */
  function guardOf(given: Partial<SubjectGuard> = {}) {
    const asked: string[] = [];
    const concluded: Result[] = [];
    const guarded: Guarded = {
      subject,
      vault: 'prod-disks',
      lastDecision: undefined,
      decide: () => ({
        decision: nothing,
        takeNote: async () => guarded,
      }),
      isShown: () => true,
      mayWrite: async () => ({ kind: 'yes' }),
      withWords: async () => guarded,
      keep: async () => {},
      readBack: async () => ({ kind: 'read', guarded }),
      withEnded: async () => guarded,
      conclude: async (result) => void concluded.push(result),
    };
    const guard: SubjectGuard = {
      isGuarded: () => true,
      async begin() {
        asked.push('begin');
        return { kind: 'observed', guarded, before: [] };
      },
      async unreadable() {
        asked.push('unreadable');
      },
      ...given,
    };
    return { guard, asked, concluded };
  }

  const world = (): Promise<World> => createWorld({ vaults: [{ name: VAULT }], policy: block });
  const claimed = async (ports: Ports): Promise<boolean> =>
    (await ports.tables.claims.get(partition, row)) !== undefined;

  test('knows nothing of keys: what its guard decides is concluded once, and the subject is free again', async () => {
    const { ports } = await world();
    const { guard, concluded } = guardOf();
    expect(await inspectOnce(message, guard, ports)).toMatchObject({ kind: 'ended', failure: undefined });
    expect(concluded).toEqual([{ decision: nothing, ended: [], failure: undefined }]);
    expect(await claimed(ports)).toBe(false);
  });

  test('that nothing here guards is quarantined, with the reason, and operators are alerted', async () => {
    const { ports, trail } = await world();
    await inspect(message, ports, () => undefined);
    expect((await trail()).filter(({ what }) => what === 'quarantined')).toMatchObject([
      { detail: { source: 'inspections', because: 'nothing here guards a disk-encryption-set' } },
    ]);
  });

  test('that the policy leaves out is not claimed, and not read', async () => {
    const { ports } = await world();
    const { guard, asked } = guardOf({ isGuarded: () => false });
    expect(await inspectOnce(message, guard, ports)).toEqual({ kind: 'not-guarded' });
    expect(asked).toEqual([]);
  });

  test('that somebody else works on is not read, and its message goes back', async () => {
    const { ports } = await world();
    const claim = { owner: 'another', until: later(new Date(), CLAIM_MS), intents: [] };
    await ports.tables.claims.put(partition, row, claim);
    const { guard, asked } = guardOf();
    const sent: unknown[] = [];
    const inspections = { ...ports.queues.inspections, send: async (back: unknown) => void sent.push(back) };
    await inspect(message, { ...ports, queues: { ...ports.queues, inspections } }, () => guard);
    expect(asked).toEqual([]);
    expect(sent).toEqual([message]);
  });

  test.each([
    ['that nobody can observe', async () => ({ kind: 'not-observed', because: 'throttled' }) as const],
    [
      'of which a row cannot be read',
      () => Promise.reject(new RowUnreadable('keys', { partition, row, etag: 'any', data: 7 }, undefined)),
    ],
  ])('%s is concluded by nobody, and is free again', async (_, begin) => {
    const { ports } = await world();
    const { guard, concluded } = guardOf({ begin });
    expect(await inspectOnce(message, guard, ports)).toMatchObject({ kind: 'not-observed' });
    expect(concluded).toEqual([]);
    expect(await claimed(ports)).toBe(false);
  });

  test('of which a row cannot be read asks its guard to alert people of that', async () => {
    const { ports } = await world();
    const begin = () => Promise.reject(new RowUnreadable('keys', { partition, row, etag: 'any', data: 7 }, undefined));
    const { guard, asked } = guardOf({ begin });
    await inspectOnce(message, guard, ports);
    expect(asked).toEqual(['unreadable']);
  });

  test('that fails throws, so that it is delivered again, and leaves the subject free', async () => {
    const { ports } = await world();
    const { guard } = guardOf({ begin: () => Promise.reject(new Error('storage is away')) });
    await expect(inspectOnce(message, guard, ports)).rejects.toThrow('storage is away');
    expect(await claimed(ports)).toBe(false);
  });

  test('that fails where a worker before had left something open leaves the claim to name it', async () => {
    const { ports } = await world();
    const action = { kind: 'recover-key', vault: VAULT, key: 'disk-a', deletedOn: new Date() } as const;
    const open = [{ id: 'intent', at: new Date(), action, findings: [] }];
    const over = { owner: 'another', until: later(new Date(), -1), intents: open };
    await ports.tables.claims.put(partition, row, over);
    const { guard } = guardOf({ begin: () => Promise.reject(new Error('storage is away')) });
    await expect(inspectOnce(message, guard, ports)).rejects.toThrow('storage is away');
    expect(await claimed(ports)).toBe(true);
    expect((await ports.tables.claims.get(partition, row))?.value.intents).toMatchObject([{ id: 'intent' }]);
  });
});
