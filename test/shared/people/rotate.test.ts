import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../local/clock.ts';
import { policy } from '../../../shared/domain/policy.ts';
import { restoreReport } from '../../../shared/people/reports.ts';
import { scheduleOf } from '../../../shared/people/rotate.ts';
import { stopAt } from '../../simulation/clock.ts';
import { writeAs } from '../../simulation/restorer.ts';
import { inDays, known, lastObserved, NOW, recordOf, V1 } from '../guard/keys/situations.ts';
import { oidOf, people, VAULT } from './people.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const PATH = `rotate/${VAULT}/disk-a`;

describe('a rotation by the API', () => {
  test('is planned and recorded by the guardian, written by the person, and read from the vault', async () => {
    const { world, call, token } = await people();
    const { status, jsonBody } = await call(token(), 'POST', PATH, {});
    expect(status).toBe(200);
    const plan = restoreReport.parse(JSON.parse(JSON.stringify(jsonBody)));
    if (plan.kind !== 'planned') throw new Error(`It answered ${plan.kind}.`);
    expect(plan.intents.map(({ action }) => action.kind)).toEqual(['rotate-key']);
    const intents = plan.intents.map((one) => ({ ...one, at: new Date(), findings: [] }));
    const said = await writeAs(world, 'owner', { ...plan, intents });
    expect(await call(token(), 'POST', `${PATH}/${plan.id}`, { said })).toMatchObject({
      jsonBody: { kind: 'ended', ended: [{ outcome: 'done' }], isComing: false },
    });
    const state = world.azure.state(VAULT, 'disk-a');
    expect(state.kind === 'none' ? [] : state.versions).toHaveLength(2);
    const recorded = (await world.trail()).filter(({ what }) => what === 'intent' || what === 'outcome');
    expect(recorded.map(({ what, who }) => [what, who?.oid])).toEqual([
      ['intent', oidOf(world, 'owner')],
      ['outcome', oidOf(world, 'owner')],
    ]);
    await world.audit();
    await world.pass(120);
    expect(world.alerts).toEqual([]);
  });

  test('that comes too late is recorded as that: somebody else made the new version', async () => {
    const { world, call, token } = await people();
    const plan = restoreReport.parse(JSON.parse(JSON.stringify((await call(token(), 'POST', PATH, {})).jsonBody)));
    if (plan.kind !== 'planned') throw new Error(`It answered ${plan.kind}.`);
    await world.as('owner').rotate(VAULT, 'disk-a');
    const intents = plan.intents.map((one) => ({ ...one, at: new Date(), findings: [] }));
    const said = await writeAs(world, 'owner', { ...plan, intents });
    const { jsonBody } = await call(token(), 'POST', `${PATH}/${plan.id}`, { said });
    expect(restoreReport.parse(JSON.parse(JSON.stringify(jsonBody)))).toMatchObject({
      ended: [{ outcome: 'already-rotated', because: expect.stringContaining('another newest version') }],
    });
    expect((await world.trail()).filter(({ what }) => what === 'outcome').map(({ detail }) => detail.kind)).toEqual([
      'already-rotated',
    ]);
  });

  test('is refused to a reader and to an application, and to everybody for a key that the register does not know', async () => {
    const { call, token } = await people();
    expect((await call(token('owner', { roles: ['KeyGuardian.Reader'] }), 'POST', PATH, {})).status).toBe(403);
    expect((await call(token(), 'POST', `rotate/${VAULT}/unknown`, {})).status).toBe(409);
  });
});

describe('what people read of a schedule', () => {
  const scheduled = policy.parse({ vaults: [{ name: VAULT, rotation: { every: 'P90D', notifyBefore: 'P30D' } }] });
  const made = inDays(-100);
  const record = recordOf(
    { [V1]: known({ created: made }) },
    {
      observed: {
        current: V1,
        versions: { [V1]: lastObserved() },
        rotation: { policy: { readAt: NOW, is: {} } },
      },
    },
  );

  test('is when the key is due, and what its rotation policy lacks', () => {
    expect(scheduleOf(scheduled, VAULT, 'disk-a', record, NOW)).toEqual({
      ...{ key: 'disk-a', rotatedAt: made, expiresOn: undefined },
      schedule: { every: 'P90D', notifyBefore: 'P30D' },
      due: { state: 'overdue', at: inDays(-10) },
      policyLacks: 'No rotation policy makes a new version; it is to make one every P90D.',
    });
  });

  test('is only when it was rotated where the policy has no schedule', () => {
    const without = policy.parse({ vaults: [{ name: VAULT }] });
    expect(scheduleOf(without, VAULT, 'disk-a', record, NOW)).toEqual({
      ...{ key: 'disk-a', rotatedAt: made, expiresOn: undefined },
    });
  });
});
