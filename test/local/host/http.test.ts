import { app } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { apps } from './app.ts';

const { start } = apps();

const people = (handler: Parameters<typeof app.http>[1]['handler'], methods: ('GET' | 'POST')[] = ['GET', 'POST']) =>
  start(() => app.http('people', { route: 'people/{room}/{*rest}', methods, authLevel: 'anonymous', handler }));

describe('an HTTP function', () => {
  it('gets the request with the parameters of its route, and its answer goes back as it is', async () => {
    const host = await people(async (request) => ({
      status: 201,
      headers: { 'x-own': 'yes' },
      jsonBody: {
        params: request.params,
        query: request.query.get('hours'),
        token: request.headers.get('authorization'),
        body: await request.json(),
      },
    }));
    const answer = await fetch(`${host.url}/api/people/holds/a%20b/release?hours=2`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: '{"why":"ü"}',
    });
    expect([answer.status, answer.headers.get('x-own')]).toEqual([201, 'yes']);
    expect(await answer.json()).toEqual({
      params: { room: 'holds', rest: 'a b/release' },
      query: '2',
      token: 'Bearer x',
      body: { why: 'ü' },
    });
  });

  it.each([
    ['another method', 'POST', '/api/people/holds/all'],
    ['another route', 'GET', '/api/person/holds/all'],
    ['a part of its route', 'GET', '/api/people'],
    ['its route without the prefix', 'GET', '/people/holds/all'],
  ])('is not there under %s', async (_, method, path) => {
    const host = await people(() => ({ body: 'here' }), ['GET']);
    expect((await fetch(`${host.url}${path}`, { method })).status).toBe(404);
  });

  it('that throws is answered with 500 and no reason', async () => {
    const host = await people(() => {
      throw new Error('a secret');
    });
    const answer = await fetch(`${host.url}/api/people/holds/all`);
    expect([answer.status, await answer.text()]).toEqual([500, '']);
    expect(host.failures).toMatchObject([{ functionName: 'people' }]);
  });

  it('that is interrupted has no answer of its own', async () => {
    const host = await people(() => ({ status: 200 }));
    host.interrupt('people', { kind: 'not-deleted' }, 'GET');
    expect((await fetch(`${host.url}/api/people/holds/all`)).status).toBe(502);
  });

  it.each([
    ['a key of the host', { authLevel: 'function', route: 'people' }, 'The local host serves authLevel anonymous only'],
    ['a route of another form', { authLevel: 'anonymous', route: 'a/{b:int}' }, 'does not serve such a route'],
  ] as const)('that asks for %s is refused at the start', async (_, options, because) => {
    await expect(start(() => app.http('people', { ...options, handler: () => ({}) }))).rejects.toThrow(because);
  });
});
