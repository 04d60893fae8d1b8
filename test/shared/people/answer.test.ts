import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import type { Answer } from '../../../shared/people/answer.ts';
import { stopAt } from '../../simulation/clock.ts';
import { type Api, GROUP, OTHER_VAULT, oidOf, people, VAULT } from './people.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const READER = { roles: ['KeyGuardian.Reader'] };
const APPLICATION = { scp: undefined, idtyp: 'app' };
const DISABLE = { key: 'disk-a', acts: ['disable'], why: 'it is retired' };

/** What an answer holds, for `toMatchObject`. */
const refused = (status: number, message: string) => ({
  status,
  jsonBody: { error: { message: expect.stringContaining(message) } },
});

/** The id of what was asked or set. */
function idOf({ status, jsonBody }: Answer): string {
  expect(status).toBe(200);
  const { approval, hold } = JSON.parse(JSON.stringify(jsonBody));
  return (approval ?? hold).id;
}

const asked = async ({ call, token }: Api, claims = {}, vault = VAULT): Promise<string> => {
  const given = vault === VAULT ? DISABLE : { ...DISABLE, key: 'disk-sql' };
  return idOf(await call(token('owner', claims), 'POST', `approvals/${vault}`, given));
};
const grant = ({ call }: Api, token: string, id: string, vault = VAULT): Promise<Answer> =>
  call(token, 'POST', `approvals/${vault}/${id}/grant`, {});

/** Whether the disabled current version of `disk-a` stays so. */
async function staysDisabled({ world }: Api): Promise<boolean> {
  await world.as('attacker').disable(VAULT, 'disk-a');
  await world.wake(VAULT, 'disk-a');
  const state = world.azure.state(VAULT, 'disk-a');
  return state.kind === 'present' && state.versions.at(-1)?.enabled === false;
}

describe('an approval by the API', () => {
  test('is asked by one, granted by an approver of the vault, and allows the state', async () => {
    const api = await people();
    const id = await asked(api);
    expect(await grant(api, api.token('attacker', READER), id)).toMatchObject({
      status: 200,
      jsonBody: { approval: { id, granted: { by: { oid: oidOf(api.world, 'attacker') } } } },
    });
    expect(await staysDisabled(api)).toBe(true);
    expect(await api.refusals()).toEqual([]);
  });

  test('may be asked by a pipeline, and granted by somebody of a group that the policy names', async () => {
    const api = await people();
    const id = await asked(api, APPLICATION);
    expect(
      (await grant(api, api.token('disk', { ...READER, scp: 'all', idtyp: 'user', groups: [GROUP] }), id)).status,
    ).toBe(200);
    expect(await staysDisabled(api)).toBe(true);
  });

  const forbidden: readonly (readonly [who: string, token: (api: Api) => string, because: string])[] = [
    [
      'an application, also one that the policy names',
      ({ token }) => token('attacker', APPLICATION),
      'Only a person may do this',
    ],
    [
      'somebody whom the policy does not name',
      ({ token }) => token('owner'),
      'does not name you among the approvers of prod-disks',
    ],
    [
      'somebody in too many groups',
      ({ token }) => token('owner', { _claim_names: { groups: 'src1' } }),
      'your token lists no groups',
    ],
    ['a guest by a group', ({ token }) => token('owner', { acct: 1, groups: [GROUP] }), 'You are a guest'],
    ['an approver without a role', ({ token }) => token('attacker', { roles: [] }), 'has no role of the guardian'],
    [
      'an approver whose token is older than ten minutes',
      ({ token }) => {
        const old = token('attacker');
        turnClock(10 * 60_000 + 1_000);
        return old;
      },
      'older than 10 minutes',
    ],
  ];
  test.each(forbidden)('is not granted by %s, which is recorded', async (_, token, because) => {
    const api = await people();
    const id = await asked(api);
    expect(await grant(api, token(api), id)).toMatchObject(refused(403, because));
    expect(await api.refusals()).toEqual([[expect.any(String), expect.stringContaining(because)]]);
    expect(await staysDisabled(api)).toBe(false);
  });

  test('is granted with a token that is ten minutes old, by a guest whom the policy names', async () => {
    const api = await people();
    const id = await asked(api);
    const token = api.token('attacker', { ...READER, acct: 1 });
    turnClock(10 * 60_000);
    expect((await grant(api, token, id)).status).toBe(200);
  });

  test('is not granted by who asked for it, though an approver', async () => {
    const api = await people();
    const id = idOf(await api.call(api.token('attacker'), 'POST', `approvals/${VAULT}`, DISABLE));
    expect(await grant(api, api.token('attacker'), id)).toMatchObject(refused(409, 'another person has to'));
    expect(await api.refusals()).toMatchObject([[oidOf(api.world, 'attacker'), expect.any(String)]]);
    expect(await staysDisabled(api)).toBe(false);
  });

  test('is not granted by an approver of another vault, in neither of the two vaults', async () => {
    const api = await people();
    const id = await asked(api, {}, OTHER_VAULT);
    const token = api.token('attacker');
    expect(await grant(api, token, id, OTHER_VAULT)).toMatchObject(refused(403, 'the approvers of prod-sql'));
    expect(await grant(api, token, id)).toMatchObject(refused(409, `There is no approval ${id} in ${VAULT}`));
  });

  test('is not granted once it is withdrawn, and allows nothing any more', async () => {
    const api = await people();
    const id = await asked(api);
    await api.call(api.token(), 'POST', `approvals/${VAULT}/${id}/withdraw`, {});
    expect(await grant(api, api.token('attacker'), id)).toMatchObject(refused(409, 'was withdrawn'));
    expect(await staysDisabled(api)).toBe(false);
  });

  test.each<[what: string, claims: Readonly<Record<string, unknown>>, given: object, status: number, because: string]>([
    ['by a reader', READER, DISABLE, 403, 'KeyGuardian.Operator'],
    ['of an act that there is not', {}, { ...DISABLE, acts: ['purge'] }, 400, 'The request cannot be read'],
    ['with a member that there is not', {}, { ...DISABLE, granted: true }, 400, 'The request cannot be read'],
    ['of a key that there is not', {}, { ...DISABLE, key: 'disk-z' }, 409, 'The register knows no key disk-z'],
    ['for longer than 30 days', {}, { ...DISABLE, hours: 721 }, 400, 'The request cannot be read'],
    ['by the name of a person', {}, { ...DISABLE, by: 'mallory' }, 400, 'must be an object id, or anyone'],
  ])('is not asked for %s', async (_, claims, given, status, because) => {
    const { call, token, refusals } = await people();
    expect(await call(token('owner', claims), 'POST', `approvals/${VAULT}`, given)).toMatchObject(
      refused(status, because),
    );
    expect(await refusals()).toHaveLength(1);
  });
});

describe('what lies in the storage', () => {
  const rowOf = async ({ world }: Api, id: string) => {
    const row = await world.tables.approvals.get(VAULT, id);
    if (row === undefined) throw new Error('The approval has no row.');
    return row;
  };
  const forged = async ({ world }: Api) =>
    (await world.ports.tables.incidents.list()).stored.filter(({ value }) => value.kind === 'row-forged');

  const approval = {
    ...{ id: 'a1', vault: VAULT, key: 'disk-a', version: '*', acts: ['disable'], by: 'anyone', why: 'none' },
    ...{ from: '2020-01-01T00:00:00.000Z', until: '2099-01-01T00:00:00.000Z' },
    ...{
      asked: { by: { oid: 'x' }, at: '2020-01-01T00:00:00.000Z' },
      granted: { by: { oid: 'y' }, at: '2020-01-01T00:00:00.000Z' },
    },
  };

  test.each([
    ['without a signature', approval],
    ['with the signature of another key', { ...approval, signature: 'c2lnbmVk' }],
  ])('is no approval where somebody wrote it there %s, and on-call is alerted', async (_, data) => {
    const api = await people();
    await api.world.tables.approvals.put(VAULT, 'a1', { v: 1, ...data });
    expect(await staysDisabled(api)).toBe(false);
    expect(await forged(api)).toMatchObject([{ value: { severity: 'critical', audience: 'on-call' } }]);
  });

  test('is no approval where somebody granted it there', async () => {
    const api = await people();
    const row = await rowOf(api, await asked(api));
    await api.world.tables.approvals.replace(row, {
      ...JSON.parse(JSON.stringify(row.data)),
      granted: approval.granted,
    });
    expect(await staysDisabled(api)).toBe(false);
    expect(await forged(api)).toHaveLength(1);
  });

  test('is no approval where it is a copy of the row of another vault', async () => {
    const api = await people();
    const id = await asked(api);
    await grant(api, api.token('attacker'), id);
    const { data } = await rowOf(api, id);
    await api.world.tables.approvals.put(OTHER_VAULT, id, data);
    expect((await api.call(api.token(), 'GET', `approvals/${OTHER_VAULT}`)).jsonBody).toEqual({ approvals: [] });
    expect(await forged(api)).toHaveLength(1);
  });

  test('is no approval where it is the row from before its withdrawal, which the trail has', async () => {
    const api = await people();
    const id = await asked(api);
    await grant(api, api.token('attacker'), id);
    const before = await rowOf(api, id);
    await api.call(api.token(), 'POST', `approvals/${VAULT}/${id}/withdraw`, {});
    await api.world.tables.approvals.put(VAULT, id, before.data);
    expect(await staysDisabled(api)).toBe(false);
  });

  test("is no approval while the guardian's own key is away, and is one once it is back", async () => {
    const api = await people();
    await grant(api, api.token('attacker'), await asked(api));
    api.world.signer.isThere = false;
    expect(await staysDisabled(api)).toBe(false);
    api.world.signer.isThere = true;
    expect(await staysDisabled(api)).toBe(true);
  });

  test('that nobody can verify is alerted to operators by the sweep, until the key is back', async () => {
    const api = await people();
    await asked(api);
    const unwell = async () =>
      (await api.world.incidents(VAULT)).filter(({ reason }) => reason === 'signatures-unverified');
    await api.world.sentry();
    expect(await unwell()).toEqual([]);
    api.world.signer.isThere = false;
    await api.world.pass(120, 10);
    expect(await unwell()).toMatchObject([{ state: 'open', audience: 'operators' }]);
    api.world.signer.isThere = true;
    await api.world.pass(120, 10);
    expect(await unwell()).toMatchObject([{ state: 'resolved' }]);
  });

  test.each([
    ['counts while the key is away', false, true],
    ['counts for nothing where it was not signed', true, false],
  ])('as a hold %s', async (_, isThere, isHeld) => {
    const api = await people();
    const set = await api.call(api.token(), 'POST', 'holds', { vault: VAULT, key: 'disk-a', why: 'we look into it' });
    const row = await api.world.tables.holds.get('holds', idOf(set));
    if (row === undefined) throw new Error('The hold has no row.');
    api.world.signer.isThere = isThere;
    if (isThere) await api.world.tables.holds.replace(row, { ...JSON.parse(JSON.stringify(row.data)), why: 'changed' });
    expect(await staysDisabled(api)).toBe(isHeld);
  });

  test('is no hold where it is the row from before its release', async () => {
    const api = await people();
    const set = { vault: VAULT, key: 'disk-a', why: 'we look into it' };
    const id = idOf(await api.call(api.token(), 'POST', 'holds', set));
    const row = await api.world.tables.holds.get('holds', id);
    await api.call(api.token(), 'POST', `holds/${id}/release`, {});
    await api.world.tables.holds.put('holds', id, row?.data);
    expect(await api.call(api.token(), 'GET', 'holds')).toMatchObject({ status: 200, jsonBody: { holds: [] } });
  });
});

describe('break-glass', () => {
  const break_ = async (api: Api, version = api.world.azure.state(VAULT, 'disk-a')) =>
    api.call(
      api.token(),
      'POST',
      `break-glass/${VAULT}/disk-a/${version.kind === 'present' ? version.versions.at(-1)?.version : ''}`,
      { why: 'it leaked' },
    );

  test('allows one person to disable one version within the hour, and pages everyone', async () => {
    const api = await people();
    expect((await break_(api)).status).toBe(200);
    await api.world.settle();
    expect(api.world.alerts).toMatchObject([
      { event: 'opened', incident: { kind: 'glass-broken', audience: 'on-call' } },
    ]);
    await api.world.as('owner').disable(VAULT, 'disk-a');
    await api.world.wake(VAULT, 'disk-a');
    expect(api.world.changes()).toBe(0);
  });

  test('allows nothing after the hour', async () => {
    const api = await people();
    await break_(api);
    turnClock(60 * 60_000 + 1_000);
    expect(await staysDisabled(api)).toBe(false);
  });
});

describe('a refusal', () => {
  test('of unknown callers is recorded once a minute, with the number of the others', async () => {
    const api = await people();
    for (const after of [0, 1_000, 1_000, 60_000]) {
      turnClock(after);
      expect((await api.call('nothing', 'GET', 'status')).status).toBe(401);
    }
    const records = (await api.world.trail()).filter(({ what }) => what === 'refused');
    expect(records.map(({ detail }) => detail.alsoRefused)).toEqual([undefined, 2]);
  });

  test.each([
    ['GET', 'nothing'],
    ['POST', 'status'],
    ['GET', `approvals/${VAULT}/x/grant`],
    ['GET', '/'],
  ])('of %s %s says that there is no such request', async (method, path) => {
    const { call, token } = await people();
    expect(await call(token(), method, path)).toMatchObject(refused(404, `There is no ${method} ${path}.`));
  });
});

test('a pipeline may read the status, and set no hold', async () => {
  const { call, token } = await people();
  const pipeline = token('disk', { scp: undefined, idtyp: 'app', roles: ['KeyGuardian.Operator'] });
  expect(await call(pipeline, 'GET', 'status')).toMatchObject({ status: 200, jsonBody: { holds: [] } });
  expect(await call(pipeline, 'POST', 'holds', { why: 'x' })).toMatchObject(refused(403, 'Only a person may do this'));
});
