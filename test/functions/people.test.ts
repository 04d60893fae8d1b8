import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask as askOf } from './ask.ts';
import { guarded, OWN, VAULT } from './guarded.ts';

const people = guarded(['disk-web', 'disk-app']);
const { running, host, as, records } = people;

const answered = z.object({ approval: z.object({ id: z.string() }) });

const ask = (identity: string, method: string, path: string, given?: object) =>
  askOf(people, identity, method, path, given);

const enabled = (key: string): boolean | undefined => {
  const state = running().azure.state(VAULT, key);
  return state.kind === 'present' ? state.versions.at(-1)?.enabled : undefined;
};

describe('people', () => {
  it('ask and grant an approval, which the real key signs, and what it allows stays', async () => {
    const request = { key: 'disk-web', acts: ['disable'], why: 'it is retired' };
    const asked = await ask('owner', 'POST', `approvals/${VAULT}`, request);
    expect([asked.status, asked.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { id } = answered.parse(asked.json).approval;
    expect((await ask('approver', 'POST', `approvals/${VAULT}/${id}/grant`, {})).status).toBe(200);
    const row = await running().guardian.ports.tables.approvals.get(VAULT, id);
    expect(row?.row.data).toMatchObject({ signature: expect.stringMatching(/^[0-9a-f]{32}\.[\w-]{512}$/) });
    await as('owner').disable(VAULT, 'disk-web');
    await host().advance(400_000, 100_000);
    expect(enabled('disk-web')).toBe(false);
  });

  it('are refused without a role, and the trail says who', async () => {
    const { status, json } = await ask('attacker', 'POST', 'holds', { why: 'x' });
    expect([status, json]).toEqual([
      403,
      { error: { code: 'RightMissing', message: 'Your token has no role of the guardian.' } },
    ]);
    const refused = (await records(OWN)).filter(({ what }) => what === 'refused');
    expect(refused).toMatchObject([{ who: { name: 'mallory@contoso.example' }, detail: { request: 'POST holds' } }]);
  });

  it('are answered 401 without a token', async () => {
    expect((await fetch(`${host().url}/api/people/status`)).status).toBe(401);
  });
});
