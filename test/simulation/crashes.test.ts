import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { resetClock } from '../../local/clock.ts';
import { askSurvey } from '../../shared/senses/survey/plan.ts';
import { stopAt } from './clock.ts';
import { type EndState, endStateOf, seedKey } from './end-state.ts';
import type { Step } from './instance.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** 1 January 2040, in Unix seconds. */
const FAR = 2_208_988_800;
const keys = ['disk-a', 'disk-b'];
const vaults = [
  { name: 'prod-disks', keys: [seedKey('disk-a', [{}, { exp: FAR }]), seedKey('disk-b', [{ exp: FAR }])] },
];
const policy = { vaults: [{ name: 'prod-disks', mode: 'block' }] };

afterEach(resetClock);

interface Story {
  readonly name: string;
  readonly behaviours?: NonNullable<WorldOptions['behaviours']>;
  /** One of so many steps is played, unless `FC_RUNS` is set: most steps are those of a shorter story. An odd number, so that ends before a call and after it are played. */
  readonly every: number;
  /** What happened before, while no instance ended. */
  before?(world: World): Promise<void>;
  act(world: World): Promise<void>;
}

const stories: readonly Story[] = [
  {
    name: 'the latest version is disabled',
    every: 3,
    act: (world) => world.as('attacker').disable('prod-disks', 'disk-a'),
  },
  {
    name: 'a key is deleted, and takes its time to settle',
    every: 5,
    behaviours: { settleMs: 2000 },
    act: (world) => world.as('attacker').delete('prod-disks', 'disk-a'),
  },
  {
    name: 'a version is disabled, expired and stripped of its operations, and then its key is deleted',
    every: 7,
    async act(world) {
      const attacker = world.as('attacker');
      await attacker.expire('prod-disks', 'disk-a', new Date('2020-01-01T00:00:00Z'));
      await attacker.operations('prod-disks', 'disk-a', ['sign']);
      await attacker.disable('prod-disks', 'disk-a');
      await attacker.delete('prod-disks', 'disk-a');
    },
  },
  {
    name: 'an expiry is set on a version that was approved without one',
    every: 5,
    async act(world) {
      const state = world.azure.state('prod-disks', 'disk-a');
      const [older] = state.kind === 'none' ? [] : state.versions;
      await world.as('attacker').expire('prod-disks', 'disk-a', new Date('2020-01-01T00:00:00Z'), older?.version);
    },
  },
  {
    name: 'the latest version is disabled for the third time within a minute',
    every: 9,
    async before(world) {
      for (let time = 0; time < 2; time += 1) {
        await world.as('attacker').disable('prod-disks', 'disk-a');
        await world.wake('prod-disks', 'disk-a');
        await world.pass(20);
      }
    },
    async act(world) {
      await world.as('attacker').disable('prod-disks', 'disk-a');
      await world.wake('prod-disks', 'disk-a');
    },
  },
];

/** Plays a story; the instance at work ends at the step that `ends` picks. */
async function play(
  { before, act, behaviours = {} }: Story,
  ends: (step: Step, number: number) => boolean = () => false,
): Promise<{ readonly end: EndState; readonly steps: readonly Step[]; readonly undoneAfter: number }> {
  stopAt();
  const steps: Step[] = [];
  let counting = false;
  const world = await createWorld({
    vaults,
    policy,
    behaviours,
    onStep(step) {
      if (!counting) return;
      steps.push(step);
      if (ends(step, steps.length)) throw new Error('the process is gone');
    },
  });
  // Ten quiet minutes: the reads of the baseline have settled, and a survey was made, whose ends have tests of their own.
  await world.pass(600, 600);
  await askSurvey(world.ports);
  await world.settle();
  await before?.(world);
  counting = true;
  await act(world);
  await world.sentry();
  await world.pass(10);
  const undoneAfter = steps.length;
  for (let minute = 0; minute < 5; minute += 1) {
    await world.pass(60);
    await world.sentry();
    if (minute === 2) await world.audit();
  }
  // What the host brings back after ten minutes is part of the story.
  for (let minute = 0; minute < 12; minute += 1) {
    await world.pass(60, 10);
    await world.sentry();
  }
  expect(world.failures).toEqual([]);
  expect(world.poisoned).toEqual([]);
  return { end: await endStateOf(world, 'prod-disks', keys), steps, undoneAfter };
}

// Each story is played once for each call that the guardian makes of storage and vault until it has undone, before the
// call and after it: but one of `every` of both.
for (const story of stories) {
  test(`${story.name}: wherever an instance ends, the end is the same`, async () => {
    const undisturbed = await play(story);
    const every = process.env.FC_RUNS === undefined ? story.every : 1;
    expect(undisturbed.end.changes).toBeGreaterThan(0);
    expect(undisturbed.undoneAfter).toBeGreaterThan(100);
    const differing: unknown[] = [];
    for (const [at, step] of undisturbed.steps.slice(0, undisturbed.undoneAfter).entries()) {
      if (at % every !== 0) continue;
      const { end } = await play(story, (_, number) => number === at + 1);
      if (!isDeepStrictEqual(end, undisturbed.end)) differing.push({ at, ...step, end });
    }
    expect(differing).toEqual([]);
  }, 240_000);
}
