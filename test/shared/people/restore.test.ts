import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { CLAIM_MS } from '../../../shared/guard/claim.ts';
import type { Said } from '../../../shared/guard/keys/restore.ts';
import { type RestoreReport, restoreReport } from '../../../shared/people/reports.ts';
import { stopAt } from '../../simulation/clock.ts';
import { writeAs } from '../../simulation/restorer.ts';
import { currentOf } from '../../simulation/shown.ts';
import { type Api, oidOf, people, VAULT } from './people.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const PATH = `restore/${VAULT}/disk-a`;
const READER = { roles: ['KeyGuardian.Reader'] };

/** A guardian whose hold keeps it from undoing what `attacker` did to `disk-a`. */
async function disabledUnderHold(): Promise<Api> {
  const api = await people();
  await api.world.hold({ vault: VAULT, key: 'disk-a' });
  await api.world.as('attacker').disable(VAULT, 'disk-a');
  return api;
}

const isEnabled = ({ world }: Api): boolean => currentOf(world, VAULT, 'disk-a').enabled;

type Planned = RestoreReport & { readonly kind: 'planned' };

/** What the API plans for `owner`, as a client reads it. */
async function planned({ call, token }: Api, given: object = {}): Promise<Planned> {
  const { status, jsonBody } = await call(token(), 'POST', PATH, given);
  expect(status).toBe(200);
  const report = restoreReport.parse(JSON.parse(JSON.stringify(jsonBody)));
  if (report.kind !== 'planned') throw new Error(`It answered ${report.kind}.`);
  return report;
}

const written = async (api: Api, plan: Planned, identity = 'owner'): Promise<readonly Said[]> =>
  writeAs(api.world, identity, {
    ...plan,
    intents: plan.intents.map((one) => ({ ...one, at: new Date(), findings: [] })),
  });

const end = ({ call, token }: Api, { id }: Pick<Planned, 'id'>, said: readonly Said[], who = token()) =>
  call(who, 'POST', `${PATH}/${id}`, { said });

/** The records of intents and outcomes: who, and what came of it. */
const recorded = async ({ world }: Api) =>
  (await world.trail())
    .filter(({ what }) => what === 'intent' || what === 'outcome')
    .map(({ what, who, detail }) => [what, who?.oid, detail.kind ?? detail.action]);

const refused = (status: number, message: string) => ({
  status,
  jsonBody: { error: { message: expect.stringContaining(message) } },
});

describe('a restore by the API', () => {
  test('is planned and recorded by the guardian, written by the person, and read from the vault, also during a hold', async () => {
    const api = await disabledUnderHold();
    const { world } = api;
    const plan = await planned(api);
    const owner = oidOf(world, 'owner');
    expect(await recorded(api)).toEqual([
      ['intent', owner, plan.intents[0] && expect.objectContaining({ kind: 'restore-version' })],
    ]);
    expect(isEnabled(api)).toBe(false);
    const { status, jsonBody } = await end(api, plan, await written(api, plan));
    expect([status, jsonBody]).toMatchObject([
      200,
      { kind: 'ended', ended: [{ outcome: 'done' }], left: [], isComing: false },
    ]);
    expect((await recorded(api)).at(-1)).toEqual(['outcome', owner, 'done']);
    expect([isEnabled(api), world.changes()]).toEqual([true, 0]);
  });

  test('leaves nothing for the guardian to alert of when the audit records come', async () => {
    const api = await disabledUnderHold();
    const plan = await planned(api);
    await end(api, plan, await written(api, plan));
    await api.world.audit();
    await api.world.pass(120);
    const incidents = await api.world.incidents(VAULT, 'disk-a');
    expect(incidents.map(({ kind, state, judgement }) => [kind, state, judgement])).toEqual([
      ['version-disabled', 'resolved', expect.stringMatching(/^restored by /)],
    ]);
  });

  test('has everyone alerted of what was found before anybody is told what to write', async () => {
    const api = await disabledUnderHold();
    await planned(api);
    expect((await api.world.incidents(VAULT, 'disk-a')).map(({ kind, state }) => [kind, state])).toEqual([
      ['version-disabled', 'open'],
    ]);
  });

  test('is the guardian’s own where it may undo: then nothing is left to a person', async () => {
    const api = await people();
    await api.world.as('attacker').disable(VAULT, 'disk-a');
    expect(await api.call(api.token(), 'POST', PATH, {})).toMatchObject({
      status: 200,
      jsonBody: { kind: 'ended', ended: [], left: [], isComing: false },
    });
    expect([isEnabled(api), api.world.changes()]).toEqual([true, 1]);
  });

  test('keeps the guardian from the key for 30 s at most, however often it is begun and not ended', async () => {
    const api = await people();
    const hold = await api.world.hold({ vault: VAULT, key: 'disk-a' });
    await api.world.as('attacker').disable(VAULT, 'disk-a');
    await planned(api);
    await api.world.hold({
      ...hold,
      released: { by: { oid: 'responder' }, at: new Date() },
      settled: { by: { oid: 'responder' }, at: new Date(), as: 'undo' },
    });
    expect(await api.call(api.token(), 'POST', PATH, {})).toMatchObject({ jsonBody: { kind: 'busy' } });
    turnClock(CLAIM_MS);
    expect(await api.call(api.token(), 'POST', PATH, {})).toMatchObject({ jsonBody: { kind: 'ended' } });
    expect([isEnabled(api), api.world.changes()]).toEqual([true, 1]);
  });

  test('that nobody ends is closed by the guardian, which names the person and does not count it as its own undo', async () => {
    const api = await disabledUnderHold();
    const plan = await planned(api);
    await written(api, plan);
    turnClock(CLAIM_MS);
    await api.world.wake(VAULT, 'disk-a');
    expect((await recorded(api)).at(-1)).toEqual(['outcome', oidOf(api.world, 'owner'), 'done']);
    const row = await api.world.ports.tables.keys.get(VAULT, 'disk-a');
    expect(row?.value.inFlight.undone).toEqual([]);
  });

  test('believes the vault, and not what is said of it', async () => {
    const api = await disabledUnderHold();
    const plan = await planned(api);
    const said = plan.intents.map(({ id }) => ({ intent: id, kind: 'begun' as const }));
    expect(await end(api, plan, said)).toMatchObject({
      jsonBody: { kind: 'ended', ended: [{ outcome: 'failed', because: 'Reading back does not show it.' }] },
    });
    expect(isEnabled(api)).toBe(false);
  });

  test('that a person could not make is alerted as theirs, and not as an undo of the guardian', async () => {
    const api = await disabledUnderHold();
    const plan = await planned(api);
    const said = plan.intents.map(({ id }) => ({ intent: id, kind: 'failed' as const, because: 'forbidden' }));
    await end(api, plan, said);
    expect(await api.world.incidents(VAULT, 'disk-a')).toMatchObject([
      { kind: 'version-disabled', judgement: expect.stringMatching(/^not restored by .+: forbidden$/), undoing: false },
    ]);
  });

  test('that takes an approval back is recorded with the person, and the guardian restores what the person does not', async () => {
    const api = await people();
    const { world, call, token } = api;
    await world.approve({ vault: VAULT, key: 'disk-a', acts: ['disable'] });
    await world.as('owner').disable(VAULT, 'disk-a');
    await world.wake(VAULT, 'disk-a');
    turnClock(7 * 86_400_000);
    expect(await call(token(), 'POST', PATH, {})).toMatchObject({ jsonBody: { kind: 'ended' } });
    expect([isEnabled(api), world.changes()]).toEqual([false, 0]);
    expect((await planned(api, { alsoApproved: true })).takenBack).toEqual(['version']);
    const back = (await world.trail()).filter(
      ({ what, detail }) => what === 'register' && JSON.stringify(detail).includes('takenBack'),
    );
    expect(back.map(({ who }) => who?.oid)).toEqual([oidOf(world, 'owner')]);
    turnClock(CLAIM_MS);
    await world.wake(VAULT, 'disk-a');
    expect([isEnabled(api), world.changes()]).toEqual([true, 1]);
  });

  test('takes from nobody that Azure refused a date: no other date is approved for it', async () => {
    const api = await people();
    await api.world.hold({ vault: VAULT, key: 'disk-a' });
    await api.world.as('attacker').notBefore(VAULT, 'disk-a', new Date(Date.now() + 86_400_000));
    const plan = await planned(api);
    const intent = plan.intents[0]?.id ?? '';
    const lie = { intent, kind: 'failed', because: 'date-rejected', refusedDate: { longestDays: 1 } };
    expect(await end(api, plan, [lie as Said])).toMatchObject({ status: 400 });
    await end(api, plan, [{ intent, kind: 'failed', because: 'date-rejected: BadParameter' }]);
    expect((await api.world.ports.tables.keys.get(VAULT, 'disk-a'))?.value.inFlight.refusedDates).toBeUndefined();
  });

  const abuses: readonly (readonly [
    what: string,
    answer: (api: Api, plan: Planned, said: readonly Said[]) => ReturnType<typeof end>,
    status: number,
    says: string,
  ])[] = [
    [
      'by another person',
      (api, plan, said) => end(api, plan, said, api.token('attacker')),
      409,
      'Another person began this',
    ],
    ['of an id that nobody was given', (api, _, said) => end(api, { id: 'x' }, said), 409, 'is under way'],
    [
      'for an intent that was not planned',
      (api, plan) => end(api, plan, [{ intent: 'x', kind: 'begun' }]),
      409,
      'No write x was planned',
    ],
    [
      'after its time',
      (api, plan, said) => {
        turnClock(CLAIM_MS);
        return end(api, plan, said);
      },
      409,
      'took longer than 30 s',
    ],
    [
      'a second time',
      async (api, plan, said) => {
        expect((await end(api, plan, said)).status).toBe(200);
        return end(api, plan, said);
      },
      409,
      'is under way',
    ],
    [
      'for another key',
      (api, { id }, said) => api.call(api.token(), 'POST', `restore/${VAULT}/disk-b/${id}`, { said }),
      409,
      'is under way',
    ],
    ['by a reader', (api, plan, said) => end(api, plan, said, api.token('owner', READER)), 403, 'KeyGuardian.Operator'],
    [
      'by an application',
      (api, plan, said) => end(api, plan, said, api.token('owner', { scp: undefined, idtyp: 'app' })),
      403,
      'Only a person',
    ],
  ];
  test.each(abuses)('takes no outcome %s, and says so in the trail', async (_, answer, status, says) => {
    const api = await disabledUnderHold();
    const plan = await planned(api);
    const said = await written(api, plan);
    expect(await answer(api, plan, said)).toMatchObject(refused(status, says));
    expect((await api.refusals()).at(-1)?.[1]).toContain(says);
  });

  test('ends nothing that the guardian itself is doing', async () => {
    const api = await people();
    const { world } = api;
    const action = { kind: 'recover-key', vault: VAULT, key: 'disk-a', deletedOn: new Date() } as const;
    const intents = [{ id: 'i', at: new Date(), action, findings: [] }];
    const until = new Date(Date.now() + CLAIM_MS);
    await world.ports.tables.claims.put(VAULT, 'disk-a', { owner: 'worker', until, intents });
    const answer = await end(api, { id: 'worker' }, [{ intent: 'i', kind: 'begun' }]);
    expect(answer).toMatchObject(refused(409, 'is under way'));
  });

  test('is begun by no reader, by no application, and of no key that is not guarded; a reader may see what it would do', async () => {
    const api = await disabledUnderHold();
    const { call, token } = api;
    expect(await call(token('owner', READER), 'POST', PATH, {})).toMatchObject(refused(403, 'KeyGuardian.Operator'));
    expect(await call(token('owner', { scp: undefined, idtyp: 'app' }), 'POST', PATH, {})).toMatchObject(
      refused(403, 'Only a person'),
    );
    expect(await call(token(), 'POST', `restore/${VAULT}/no-such-key`, {})).toMatchObject(
      refused(409, 'The register knows no key no-such-key'),
    );
    expect(await call(token(), 'POST', 'restore/no-such-vault/disk-a', {})).toMatchObject(
      refused(409, 'names no vault'),
    );
    expect(await call(token('owner', READER), 'GET', PATH)).toMatchObject({
      status: 200,
      jsonBody: { kind: 'preview', actions: [{ kind: 'restore-version' }], left: [] },
    });
    expect((await world(api)).claims).toBe(0);
  });

  test('brings a deleted key back, and says that it is coming until it is there', async () => {
    const api = await people();
    await api.world.hold({ vault: VAULT, key: 'disk-a' });
    await api.world.as('attacker').delete(VAULT, 'disk-a');
    const plan = await planned(api);
    expect(plan.intents).toMatchObject([{ action: { kind: 'recover-key' } }]);
    expect(await end(api, plan, await written(api, plan))).toMatchObject({ status: 200, jsonBody: { kind: 'ended' } });
    expect(isEnabled(api)).toBe(true);
  });
});

const world = async ({ world: { ports } }: Api) => ({ claims: (await ports.tables.claims.list(VAULT)).stored.length });
