import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../local/clock.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { HOUR_MS, later, MINUTE_MS } from '../../shared/domain/time.ts';
import { readIncidents } from '../../shared/incidents/store.ts';
import { stopAt } from './clock.ts';
import { seedKey } from './end-state.ts';
import { createWorld, type World } from './world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: [seedKey('disk-a', [{}])] }];

beforeEach(() => stopAt());
afterEach(resetClock);

/** What somebody does to the key, or how many minutes go by. */
type Step =
  | { readonly do: 'disable' | 'enable' }
  | { readonly do: 'expire'; readonly inMinutes: number }
  | { readonly do: 'wait'; readonly minutes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ do: 'disable' }, { do: 'enable' }),
  fc.record({ do: fc.constant('expire' as const), inMinutes: fc.constantFrom(-1_440, 40, 300, 3_000, 14_000) }),
  fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(20, 50, 200, 2_900) }),
);

/** When the key stopped, or is to stop, by each of the two ways; `undefined` where it does not. */
interface Model {
  readonly disabledAt: Date | undefined;
  readonly expiresAt: Date | undefined;
}

async function play(world: World, model: Model, what: Step): Promise<Model> {
  const now = world.ports.now();
  switch (what.do) {
    case 'disable':
      await world.as('attacker').disable(VAULT, 'disk-a');
      return { ...model, disabledAt: model.disabledAt ?? now };
    case 'enable':
      await world.as('owner').enable(VAULT, 'disk-a');
      return { ...model, disabledAt: undefined };
    case 'expire': {
      const expiry = new Date(Math.floor(later(now, what.inMinutes * MINUTE_MS).getTime() / 1_000) * 1_000);
      await world.as('attacker').expire(VAULT, 'disk-a', expiry);
      const stopped = model.expiresAt !== undefined && model.expiresAt <= now;
      // One that has expired stopped then, also where another date of the past is set.
      if (expiry <= now) return { ...model, expiresAt: stopped ? model.expiresAt : now };
      return { ...model, expiresAt: expiry };
    }
    case 'wait':
      turnClock(what.minutes * MINUTE_MS);
      return model;
    default:
      return what satisfies never;
  }
}

/** The nearest deadline that people were alerted of and that stands. */
async function nearestDeadline({ ports }: World): Promise<number | undefined> {
  const { stored } = await readIncidents(ports, keyOf({ vault: VAULT, key: 'disk-a' }));
  const deadlines = stored.flatMap(({ value: { state, deadline } }) =>
    state === 'open' && deadline !== undefined ? [deadline.getTime()] : [],
  );
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

test('the deadline that people read is an hour after the key stopped or is to stop, whatever comes before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      stopAt();
      const world = await createWorld({ vaults, policy: { vaults: [{ name: VAULT }] } });
      await world.sentry();
      await world.pass(300, 30);
      let model: Model = { disabledAt: undefined, expiresAt: undefined };
      for (const each of steps) {
        model = await play(world, model, each);
        await world.pass(120, 20);
        const stops = [model.disabledAt, model.expiresAt].flatMap((at) => (at === undefined ? [] : [at.getTime()]));
        const expected = stops.length === 0 ? undefined : Math.min(...stops) + HOUR_MS;
        const deadline = await nearestDeadline(world);
        if (expected === undefined) expect(deadline).toBeUndefined();
        // The vault's times are whole seconds, and an act may be found by a sweep a moment later.
        else expect(Math.abs((deadline ?? 0) - expected)).toBeLessThan(2 * MINUTE_MS);
      }
    }),
    { numRuns: Number(process.env.FC_RUNS ?? 25) },
  );
}, 240_000);
