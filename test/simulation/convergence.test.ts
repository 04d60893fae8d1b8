import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../local/clock.ts';
import type { Hint } from '../../shared/domain/hint.ts';
import type { Client } from './client.ts';
import { type EndState, endStateOf, seedKey } from './end-state.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** 1 January 2040, in Unix seconds. */
const FAR = 2_208_988_800;
const PAST = new Date('2020-01-01T00:00:00Z');
const VAULT = 'prod-disks';
const keys = ['disk-a', 'disk-b'] as const;
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{ exp: FAR }, {}]), seedKey('disk-b', [{ exp: FAR }])] }];
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };

/** Another one by `FC_SEED=<number>`; fast-check prints it, with the path, where a property fails. */
const seed = Number(process.env.FC_SEED ?? 20_260_401);

afterEach(resetClock);

/** What somebody does to a version. Deleting its key comes after all else. */
const deeds = {
  disable: (by, key, version) => by.disable(VAULT, key, version),
  expire: (by, key, version) => by.expire(VAULT, key, PAST, version),
  'not-before': (by, key, version) => by.notBefore(VAULT, key, new Date('2037-01-01T00:00:00Z'), version),
  strip: (by, key, version) => by.operations(VAULT, key, ['sign', 'verify'], version),
  tag: (by, key) => by.tag(VAULT, key),
} satisfies Record<string, (by: Client, key: string, version: string | undefined) => Promise<void>>;

interface Attack {
  readonly deeds: readonly {
    readonly deed: keyof typeof deeds;
    readonly key: (typeof keys)[number];
    readonly which: number;
  }[];
  readonly deleted: readonly (typeof keys)[number][];
}

interface Disturbance {
  readonly instances: number;
  /** Calls, counted from the attack, at which the instance that makes them ends. */
  readonly endsAt: readonly number[];
  readonly endedBackSeconds: number;
  /** Hints that arrive before the first sweep, with the seconds that pass after each. */
  readonly hints: readonly {
    readonly key: (typeof keys)[number];
    readonly id: string;
    readonly seconds: number;
    readonly counted: boolean;
  }[];
  /** Minutes after which the audit log comes, and how often the same of it. */
  readonly audits: readonly { readonly minute: number; readonly times: number }[];
}

const calm: Disturbance = {
  instances: 1,
  endsAt: [],
  endedBackSeconds: 5,
  hints: [],
  audits: [{ minute: 3, times: 1 }],
};

async function carryOut(world: World, { deeds: done, deleted }: Attack): Promise<void> {
  const attacker = world.as('attacker');
  for (const { deed, key, which } of done) {
    const state = world.azure.state(VAULT, key);
    const versions = state.kind === 'none' ? [] : state.versions;
    await deeds[deed](attacker, key, versions[which % versions.length]?.version);
  }
  for (const key of deleted) await attacker.delete(VAULT, key);
}

/** Plays an attack, and lets a quarter of an hour pass. */
async function play(
  attack: Attack,
  disturbance: Disturbance,
  behaviours: NonNullable<WorldOptions['behaviours']> = {},
): Promise<EndState> {
  resetClock();
  const { instances, endsAt, endedBackSeconds } = disturbance;
  let calls = 0;
  let counting = false;
  const world = await createWorld({
    vaults,
    policy,
    behaviours,
    instances,
    endedBackSeconds,
    onStep() {
      if (!counting) return;
      calls += 1;
      if (endsAt.includes(calls)) throw new Error('the process is gone');
    },
  });
  await world.pass(600, 600);
  await carryOut(world, attack);
  counting = true;
  for (const { key, id, seconds, counted } of disturbance.hints) {
    const hint: Hint = { id, sense: 'sweep', heardAt: new Date(), says: { kind: 'differs' } };
    const pass = counted ? { pass: { standing: 0, listed: 2 } } : {};
    await world.ports.queues.inspections.send({ vault: VAULT, key, hints: [hint], attempt: 0, ...pass });
    if (seconds > 0) await world.pass(seconds);
  }
  await world.sentry();
  for (let minute = 0; minute < 6; minute += 1) {
    for (const { times } of disturbance.audits.filter((audit) => audit.minute === minute)) await world.audit(times);
    await world.pass(60, 2);
    await world.sentry();
  }
  // What the host brings back after ten minutes is part of the story.
  for (let minute = 0; minute < 12; minute += 1) {
    await world.pass(60, 10);
    await world.sentry();
  }
  expect(world.failures).toEqual([]);
  expect(world.poisoned).toEqual([]);
  return endStateOf(world, VAULT, keys);
}

const attacks: fc.Arbitrary<Attack> = fc.record({
  deeds: fc.array(
    fc.record({
      deed: fc.constantFrom('disable', 'expire', 'not-before', 'strip', 'tag'),
      key: fc.constantFrom(...keys),
      which: fc.nat(1),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  deleted: fc.subarray([...keys]),
});

const hints = fc.array(
  fc.record({ key: fc.constantFrom(...keys), id: fc.uuid(), seconds: fc.nat(3), counted: fc.boolean() }),
  { maxLength: 12 },
);
const audits = fc.record({ minute: fc.nat(4), times: fc.integer({ min: 1, max: 3 }) }).map(({ minute, times }) => [
  { minute, times },
  { minute: 5, times: 1 },
]);

const behaviours = fc.record({
  settleMs: fc.constantFrom(0, 2_000, 6_000),
  emptyPages: fc.constantFrom(0, 0.5),
  disabledKeyRead: fc.constantFrom(200 as const, 403 as const),
  correlationIdIsClientRequestId: fc.boolean(),
  enabledInAuditRecord: fc.constantFrom({ resulting: 1, absent: 0, wrong: 0 }, { resulting: 1, absent: 1, wrong: 1 }),
});

describe(`whatever is done to the keys (seed ${seed})`, () => {
  test('hints late, often, in any order, in one or two instances: the end is the same', async () => {
    const disturbances = fc.record({
      instances: fc.integer({ min: 1, max: 2 }),
      endsAt: fc.constant([]),
      endedBackSeconds: fc.constant(5),
      hints,
      audits,
    });
    await fc.assert(
      fc.asyncProperty(attacks, disturbances, behaviours, async (attack, disturbance, how) => {
        expect(await play(attack, disturbance, how)).toEqual(await play(attack, calm, how));
      }),
      { seed, numRuns: Number(process.env.FC_RUNS ?? 150) },
    );
  });

  test('instances that end up to three times on the way: the end is the same', async () => {
    const disturbances = fc.record({
      instances: fc.integer({ min: 1, max: 2 }),
      endsAt: fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 3 }),
      endedBackSeconds: fc.constantFrom(5, 600),
      hints,
      audits,
    });
    await fc.assert(
      fc.asyncProperty(attacks, disturbances, behaviours, async (attack, disturbance, how) => {
        expect(await play(attack, disturbance, how)).toEqual(await play(attack, calm, how));
      }),
      { seed, numRuns: Number(process.env.FC_RUNS ?? 150) },
    );
  });
});
void randomUUID;
