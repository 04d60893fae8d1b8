import { afterEach, expect, test } from 'vitest';
import type { LoggedRequest } from '../../local/azure/types.ts';
import { resetClock, turnClock } from '../../local/clock.ts';
import type { AuditRecord } from '../../shared/domain/audit-record.ts';
import type { AlertContent } from '../../shared/domain/incident.ts';
import { stopAt } from './clock.ts';
import { seedKey } from './end-state.ts';
import type { Step } from './instance.ts';
import { createWorld } from './world.ts';

const VAULT = 'prod-disks';
const vaults = [{ name: VAULT, keys: ['disk-a', 'disk-b'].map((name) => seedKey(name, [{}, {}])) }];
const policy = { vaults: [{ name: VAULT, mode: 'block' }] };

afterEach(resetClock);

/** All that a run leaves. */
interface Trace {
  readonly steps: readonly Step[];
  readonly log: readonly LoggedRequest[];
  readonly trail: readonly AuditRecord[];
  readonly alerts: readonly AlertContent[];
}

/** Two instances, one of which ends twice, over keys that are disabled, deleted and stripped, with the news of it twice and late. */
async function play(seed: number): Promise<Trace> {
  stopAt();
  const steps: Step[] = [];
  const world = await createWorld({
    vaults,
    policy,
    seed,
    instances: 2,
    behaviours: {
      settleMs: 2_000,
      parallelWritesMs: 300,
      emptyPages: 0.5,
      enabledInAuditRecord: { resulting: 1, absent: 1, wrong: 1 },
    },
    onStep(step) {
      steps.push(step);
      if (steps.length === 60 || steps.length === 150) throw new Error('the process is gone');
    },
  });
  await world.pass(600, 600);
  const attacker = world.as('attacker');
  await attacker.disable(VAULT, 'disk-a');
  await attacker.operations(VAULT, 'disk-b', ['sign']);
  for (const key of ['disk-a', 'disk-b', 'disk-a']) await world.wake(VAULT, key);
  turnClock(500); // or the deletion is parallel to what undid the others
  await attacker.delete(VAULT, 'disk-b');
  for (let minute = 0; minute < 15; minute += 1) {
    await world.sentry();
    if (minute === 2 || minute === 9) await world.audit(2);
    await world.pass(60, 5);
  }
  expect(world.changes()).toBeGreaterThan(1);
  expect(steps.length).toBeGreaterThan(150);
  return { steps, log: [...world.azure.log], trail: await world.trail(), alerts: world.alerts };
}

test('a seed replays a run exactly: every call, every record with its id and its moment, every alert', async () => {
  const first = await play(7);
  const again = await play(7);
  expect(again.steps).toEqual(first.steps);
  expect(again.log).toEqual(first.log);
  expect(again.trail).toEqual(first.trail);
  expect(again.alerts).toEqual(first.alerts);
});

test('another seed gives other ids', async () => {
  const [first, other] = [await play(7), await play(8)];
  // The record of an incident has an id made from what it says.
  const idsOf = ({ trail, log }: Trace) => [
    ...trail.flatMap(({ what, id }) => (what === 'incident' ? [] : [id])),
    ...log.map((each) => each.clientRequestId),
  ];
  const ids = new Set(idsOf(first));
  expect(idsOf(other).filter((id) => id !== undefined && ids.has(id))).toEqual([]);
});
