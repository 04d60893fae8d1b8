import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../local/clock.ts';
import type { Hint } from '../../shared/domain/hint.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import type { Client } from './client.ts';
import { stopAt } from './clock.ts';
import type { Interruption } from './deliveries.ts';
import { type EndState, endStateOf, seedKey } from './end-state.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** 1 January 2040, in Unix seconds. */
const FAR = 2_208_988_800;
const PAST = new Date('2020-01-01T00:00:00Z');
const VAULT = 'prod-disks';
const keys = ['disk-a', 'disk-b'] as const;
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{ exp: FAR }, {}]), seedKey('disk-b', [{ exp: FAR }])] }];
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };

/** Others by `FC_SEED=<number>` and `FC_RUNS=<number>`; fast-check prints seed and path where a property fails. */
const seed = Number(process.env.FC_SEED ?? 20_260_401);
const numRuns = Number(process.env.FC_RUNS ?? 10);
const timeoutMs = Math.max(240_000, numRuns * 4_000);

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
  /** Of the world: with it come the ids, from them how long a message waits whose key is claimed, and what an empty page comes before. */
  readonly seed: number;
  readonly instances: number;
  /** Calls, counted from the attack, at which the instance that makes them ends. */
  readonly endsAt: readonly number[];
  /** What the platform does to executions, by their number counted from the attack. */
  readonly interrupted: readonly { readonly execution: number; readonly by: Interruption }[];
  /** Whether the sentry's timer runs once and then no more. */
  readonly timerDies: boolean;
  /** Hints that arrive before the first sweep, with the seconds that pass after each. */
  readonly hints: readonly {
    readonly key: (typeof keys)[number];
    readonly id: string;
    readonly seconds: number;
  }[];
  /** Minutes after which the audit log comes, and how often the same of it. */
  readonly audits: readonly { readonly minute: number; readonly times: number }[];
}

const calm: Disturbance = {
  seed: 1,
  instances: 1,
  endsAt: [],
  interrupted: [],
  timerDies: false,
  hints: [],
  audits: [{ minute: 3, times: 1 }],
};

async function carryOut(world: World, { deeds: done, deleted }: Attack): Promise<void> {
  const attacker = world.as('attacker');
  for (const { deed, key, which } of done) {
    const state = world.azure.state(VAULT, key);
    const versions = state.kind === 'none' ? [] : state.versions;
    await deeds[deed](attacker, key, versions[which % versions.length]?.version);
    // So that none of them is parallel to the one before it.
    turnClock(500);
  }
  for (const key of deleted) await attacker.delete(VAULT, key);
}

/** Plays an attack, and lets a quarter of an hour pass. */
async function play(
  attack: Attack,
  disturbance: Disturbance,
  behaviours: NonNullable<WorldOptions['behaviours']> = {},
): Promise<EndState> {
  stopAt();
  const { seed: worldSeed, instances, endsAt, interrupted, timerDies } = disturbance;
  let calls = 0;
  let executions = 0;
  let counting = false;
  const world = await createWorld({
    vaults,
    policy,
    behaviours,
    seed: worldSeed,
    instances,
    onStep() {
      if (!counting) return;
      calls += 1;
      if (endsAt.includes(calls)) throw new Error('the process is gone');
    },
    interrupts() {
      if (!counting) return undefined;
      executions += 1;
      return interrupted.find(({ execution }) => execution === executions)?.by;
    },
  });
  await world.pass(600, 600);
  await carryOut(world, attack);
  counting = true;
  for (const { key, id, seconds } of disturbance.hints) {
    const hint: Hint = { id, sense: 'sweep', sensedAt: new Date(), says: { kind: 'differs' } };
    await world.ports.queues.inspections.send({ subject: keyOf({ vault: VAULT, key }), hints: [hint], attempt: 0 });
    if (seconds > 0) await world.pass(seconds);
  }
  await world.sentry();
  if (timerDies) world.killTimer();
  for (let minute = 0; minute < 6; minute += 1) {
    for (const { times } of disturbance.audits.filter((audit) => audit.minute === minute)) await world.audit(times);
    await world.pass(60, 2);
  }
  // What the host brings back after ten minutes is part of the story.
  await world.pass(12 * 60, 10);
  // Where deletion and recovery took their time, the last of the guardian's own records has not come yet.
  await world.audit();
  await world.pass(60, 10);
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

const hints = fc.array(fc.record({ key: fc.constantFrom(...keys), id: fc.uuid(), seconds: fc.nat(3) }), {
  maxLength: 12,
});
const audits = fc.record({ minute: fc.nat(4), times: fc.integer({ min: 1, max: 3 }) }).map(({ minute, times }) => [
  { minute, times },
  { minute: 5, times: 1 },
]);

const worldSeeds = fc.nat(0xffff_ffff);

/** What the platform does to some of the first so many executions. */
const interruptions = (executions: number): fc.Arbitrary<Disturbance['interrupted']> =>
  fc.array(
    fc.record({
      execution: fc.integer({ min: 1, max: executions }),
      by: fc.oneof(
        fc.constant({ kind: 'not-deleted' } as const),
        fc.record({ kind: fc.constant('aborted' as const), afterSteps: fc.integer({ min: 0, max: 100 }) }),
      ),
    }),
    { maxLength: 6 },
  );

const behaviours = fc.record({
  settleMs: fc.constantFrom(0, 2_000, 6_000, 24_000),
  // A key that takes longer than a minute is alerted as missing meanwhile or is not, as the inspections fall.
  settleLongestMs: fc.constantFrom(0, 50_000),
  emptyPages: fc.constantFrom(0, 0.5),
  disabledKeyRead: fc.constantFrom(200 as const, 403 as const),
  correlationIdIsClientRequestId: fc.boolean(),
  objectIdInAuditRecord: fc.boolean(),
  enabledInAuditRecord: fc.constantFrom({ resulting: 1, absent: 0, wrong: 0 }, { resulting: 1, absent: 1, wrong: 1 }),
  missingKeyVersions: fc.constantFrom(200 as const, 404 as const),
  writesSettleMs: fc.constantFrom(0, 15_000),
  parallelWritesMs: fc.constantFrom(0, 300),
  unchangedMovesUpdated: fc.boolean(),
  writtenSecond: fc.constantFrom('last' as const, 'nearest' as const),
});

describe(`whatever is done to the keys (seed ${seed})`, () => {
  test(
    'hints late, often, in any order, in one or two instances: the end is the same',
    async () => {
      const disturbances = fc.record({
        seed: worldSeeds,
        instances: fc.integer({ min: 1, max: 2 }),
        endsAt: fc.constant([]),
        interrupted: fc.constant([]),
        timerDies: fc.boolean(),
        hints,
        audits,
      });
      await fc.assert(
        fc.asyncProperty(attacks, disturbances, behaviours, async (attack, disturbance, how) => {
          expect(await play(attack, disturbance, how)).toEqual(
            await play(attack, { ...calm, seed: disturbance.seed }, how),
          );
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );

  test(
    'instances that end on the way or are drained, messages that come again though they were processed: the end is the same',
    async () => {
      const disturbances = fc.record({
        seed: worldSeeds,
        instances: fc.integer({ min: 1, max: 2 }),
        endsAt: fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 2 }),
        interrupted: interruptions(60),
        timerDies: fc.boolean(),
        hints,
        audits,
      });
      await fc.assert(
        fc.asyncProperty(attacks, disturbances, behaviours, async (attack, disturbance, how) => {
          expect(await play(attack, disturbance, how)).toEqual(
            await play(attack, { ...calm, seed: disturbance.seed }, how),
          );
        }),
        { seed, numRuns },
      );
    },
    timeoutMs,
  );
});

/** What somebody does while the guardian is at work, with the seconds that pass after it. */
interface Strike {
  readonly deed: keyof typeof deeds | 'delete';
  readonly key: (typeof keys)[number];
  readonly which: number;
  readonly seconds: number;
}

const strikes: fc.Arbitrary<readonly Strike[]> = fc.array(
  fc.record({
    deed: fc.constantFrom('disable', 'expire', 'not-before', 'strip', 'tag', 'delete'),
    key: fc.constantFrom(...keys),
    which: fc.nat(1),
    seconds: fc.constantFrom(1, 4, 20, 70, 400),
  }),
  { minLength: 1, maxLength: 10 },
);

/** Strikes again and again while the guardian is at work, and leaves it alone for three quarters of an hour after that. */
async function fight(
  acts: readonly Strike[],
  { seed: worldSeed, instances, endsAt, interrupted, timerDies }: Omit<Disturbance, 'hints' | 'audits'>,
  how: NonNullable<WorldOptions['behaviours']>,
): Promise<World> {
  stopAt();
  let calls = 0;
  let executions = 0;
  let counting = false;
  const world = await createWorld({
    vaults,
    policy,
    behaviours: how,
    seed: worldSeed,
    instances,
    onStep() {
      if (!counting) return;
      calls += 1;
      if (endsAt.includes(calls)) throw new Error('the process is gone');
    },
    interrupts() {
      if (!counting) return undefined;
      executions += 1;
      return interrupted.find(({ execution }) => execution === executions)?.by;
    },
  });
  await world.pass(600, 600);
  await world.sentry();
  if (timerDies) world.killTimer();
  counting = true;
  const attacker = world.as('attacker');
  for (const { deed, key, which, seconds } of acts) {
    const state = world.azure.state(VAULT, key);
    const versions = state.kind === 'none' ? [] : state.versions;
    const act = () =>
      deed === 'delete'
        ? attacker.delete(VAULT, key)
        : deeds[deed](attacker, key, versions[which % versions.length]?.version);
    // What is deleted, or parallel to a write of the guardian, the service refuses.
    await act().catch((error: unknown) => expect(error).toHaveProperty('name', 'RestError'));
    await world.pass(seconds, Math.min(seconds, 5));
    if (which === 1) await world.audit();
  }
  for (let minute = 0; minute < 45; minute += 1) {
    await world.pass(60, 10);
    if (minute === 3) await world.audit();
  }
  expect(world.failures).toEqual([]);
  expect(world.poisoned).toEqual([]);
  return world;
}

test(
  'whatever is done again and again: in the end all is usable, every incident is over, and all of it was told',
  async () => {
    const disturbances = fc.record({
      seed: worldSeeds,
      instances: fc.integer({ min: 1, max: 2 }),
      endsAt: fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 3 }),
      interrupted: interruptions(200),
      timerDies: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(strikes, disturbances, behaviours, async (acts, disturbance, how) => {
        const world = await fight(acts, disturbance, how);
        const { incidents, claims, untold, unfounded, unrecorded } = await endStateOf(world, VAULT, keys);
        expect(keys.flatMap((key) => unusable(world, key))).toEqual([]);
        expect(incidents.filter((incident) => !incident.endsWith('resolved'))).toEqual([]);
        expect({ claims, untold, unfounded, unrecorded }).toEqual({
          claims: 0,
          untold: [],
          unfounded: [],
          unrecorded: [],
        });
      }),
      { seed, numRuns },
    );
  },
  timeoutMs,
);

/** What of a key cannot wrap and unwrap now. */
function unusable({ azure }: World, key: string): readonly string[] {
  const state = azure.state(VAULT, key);
  if (state.kind !== 'present') return [`${key} is ${state.kind}`];
  const now = Date.now() / 1000;
  return state.versions
    .filter(
      ({ enabled, exp = Number.POSITIVE_INFINITY, nbf = 0, keyOps }) =>
        !enabled || exp <= now || nbf > now || !keyOps.includes('wrapKey') || !keyOps.includes('unwrapKey'),
    )
    .map(({ version }) => `${key}/${version}`);
}

describe('one version disabled, and the hints of it', () => {
  const attack: Attack = { deeds: [{ deed: 'disable', key: 'disk-a', which: 1 }], deleted: [] };
  const heard = (id: string, seconds = 0) => ({ key: 'disk-a', id, seconds }) as const;

  test('the same hint ten times is one write and one incident', async () => {
    const end = await play(attack, { ...calm, hints: Array.from({ length: 10 }, () => heard('the same')) });
    expect(end).toEqual(await play(attack, calm));
    expect(end.changes).toBe(1);
    expect(end.incidents).toEqual([expect.stringMatching(/^version-disabled +prod-disks\/disk-a\/\w+ resolved$/)]);
  });

  test('the same hint ten times over ten seconds is one write and one incident', async () => {
    const end = await play(attack, { ...calm, hints: Array.from({ length: 10 }, () => heard('the same', 1)) });
    expect(end).toEqual(await play(attack, calm));
  });

  test('two instances at once, each with ten hints, are one write and one incident', async () => {
    const hints = Array.from({ length: 20 }, (_, at) => heard(`hint ${at}`));
    expect(await play(attack, { ...calm, instances: 2, hints })).toEqual(await play(attack, calm));
  });

  test('the audit log before all else, after all else, and three times over end the same', async () => {
    const late = await play(attack, calm);
    for (const audits of [[{ minute: 0, times: 1 }], [{ minute: 0, times: 3 }], [{ minute: 4, times: 3 }]])
      expect(await play(attack, { ...calm, audits })).toEqual(late);
  });

  test('audit records whose `enabled` is missing or wrong end the same', async () => {
    const right = await play(attack, calm);
    for (const enabledInAuditRecord of [
      { resulting: 0, absent: 1, wrong: 0 },
      { resulting: 0, absent: 0, wrong: 1 },
    ])
      expect(await play(attack, calm, { enabledInAuditRecord })).toEqual(right);
  });

  test('lists with empty pages end the same', async () => {
    expect(await play(attack, calm, { emptyPages: 0.5 })).toEqual(await play(attack, calm));
  });
});

test('hints on every key in every order end the same', async () => {
  const attack: Attack = {
    deeds: [
      { deed: 'disable', key: 'disk-a', which: 0 },
      { deed: 'strip', key: 'disk-a', which: 1 },
    ],
    deleted: ['disk-b'],
  };
  const hints = [
    { key: 'disk-a', id: '1', seconds: 1 },
    { key: 'disk-a', id: '2', seconds: 0 },
    { key: 'disk-b', id: '3', seconds: 2 },
    { key: 'disk-b', id: '4', seconds: 0 },
  ] as const;
  const expected = await play(attack, calm);
  for (const order of permutations(hints)) {
    expect(await play(attack, { ...calm, hints: order })).toEqual(expected);
    expect(await play(attack, { ...calm, hints: order, instances: 2 })).toEqual(expected);
  }
});

test('a new version ends the same whether its event comes in either schema or not at all', async () => {
  const ends = [];
  for (const eventSchema of ['EventGridSchema', 'CloudEventSchemaV1_0', undefined] as const) {
    stopAt();
    const world = await createWorld({ vaults, policy, behaviours: eventSchema === undefined ? {} : { eventSchema } });
    const deliveries: { readonly body: string }[] = [];
    world.azure.onEvent((delivery) => deliveries.push(delivery));
    await world.pass(600, 600);
    await world.as('owner').create(VAULT, 'disk-b');
    if (eventSchema !== undefined) await world.events();
    expect(deliveries.length).toBe(eventSchema === undefined ? 0 : 1);
    for (let minute = 0; minute < 3; minute += 1) {
      await world.sentry();
      await world.pass(60, 5);
    }
    const state = world.azure.state(VAULT, 'disk-b');
    const born = state.kind === 'present' ? state.versions.at(-1) : undefined;
    await world.as('attacker').disable(VAULT, 'disk-b', born?.version);
    await world.pass(65, 5);
    const end = await endStateOf(world, VAULT, keys);
    expect(end.changes).toBe(1);
    ends.push(JSON.parse(JSON.stringify(end).replaceAll(/"fingerprint":"[0-9a-f]+"/g, '"fingerprint":"any"')));
  }
  expect(ends[1]).toEqual(ends[0]);
  expect(ends[2]).toEqual(ends[0]);
});

test('an instance that was gone for ten minutes leaves the same end, whether or not anybody missed it', async () => {
  const attack: Attack = { deeds: [{ deed: 'disable', key: 'disk-a', which: 0 }], deleted: ['disk-a'] };
  const gone = { ...calm, endsAt: [52, 100] };
  expect(await play(attack, gone)).toEqual(await play(attack, calm));
});

test('a failover on the way adds the incidents of itself and changes nothing else', async () => {
  stopAt();
  const world = await createWorld({ vaults, policy });
  await world.pass(600, 600);
  const attack: Attack = { deeds: [{ deed: 'disable', key: 'disk-a', which: 0 }], deleted: ['disk-b'] };
  await carryOut(world, attack);
  const over = world.azure.fault({ match: { vault: VAULT }, answer: { kind: 'read-only' } });
  for (let minute = 0; minute < 20; minute += 1) {
    await world.sentry();
    if (minute === 7) await world.audit();
    if (minute === 9) over();
    await world.pass(60, 5);
  }
  const { incidents, ...end } = await endStateOf(world, VAULT, keys);
  const { incidents: usual, ...expected } = await play(attack, calm);
  expect(end).toEqual(expected);
  expect(incidents.filter((each) => !each.startsWith('undo-refused'))).toEqual(usual);
  expect(incidents.filter((each) => each.startsWith('undo-refused') && each.endsWith('resolved')).length).toBe(2);
});

function permutations<T>(of: readonly T[]): readonly (readonly T[])[] {
  if (of.length < 2) return [of];
  return of.flatMap((first, at) =>
    permutations([...of.slice(0, at), ...of.slice(at + 1)]).map((others) => [first, ...others]),
  );
}
