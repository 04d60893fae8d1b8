import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { api } from '../../../local/cli/api.ts';
import { appContext } from '../../../local/cli/context.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A guardian's address where each request is answered so; what it was asked is in `asked`. */
async function answering(status: number, body: string) {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    let given = '';
    request.on('data', (chunk: Buffer) => {
      given += chunk.toString();
    });
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, token: request.headers.authorization, given });
      response.writeHead(status).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { url: `http://127.0.0.1:${port}`, asked };
}

const answer = z.object({ ok: z.boolean() });

describe('the API of a guardian', () => {
  it('is asked with the token of the person', async () => {
    const { url, asked } = await answering(200, '{"ok":true}');
    const { get, post } = api(url, async () => 't');
    expect([await get('status?hours=2', answer), await post('holds', { why: 'x' }, answer)]).toEqual([
      { ok: true },
      { ok: true },
    ]);
    expect(asked).toEqual([
      { method: 'GET', url: '/api/people/status?hours=2', token: 'Bearer t', given: '' },
      { method: 'POST', url: '/api/people/holds', token: 'Bearer t', given: '{"why":"x"}' },
    ]);
  });

  it.each([
    [
      'its own sentence',
      409,
      '{"error":{"code":"NotAllowed","message":"Another person has to."}}',
      /^Another person has to\.$/,
    ],
    ['the status, where something else answers', 502, '<html>', /^The guardian at .* answered 502\.$/],
    ['the status, where it failed', 500, '', /answered 500\.$/],
  ])('refuses with %s', async (_, status, body, says) => {
    const { url } = await answering(status, body);
    await expect(api(url, async () => 't').get('status', answer)).rejects.toMatchObject({
      name: 'NotAllowed',
      message: expect.stringMatching(says),
    });
  });

  it('does not answer where nothing listens', async () => {
    const { url } = await answering(200, '');
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await expect(api(url, async () => 't').get('status', answer)).rejects.toThrow('does not answer (ECONNREFUSED)');
  });
});

describe('the context of a deployed guardian by its API', () => {
  const token = `x.${Buffer.from('{"oid":"somebody"}').toString('base64url')}.x`;
  const scopes: unknown[] = [];
  const credential = {
    getToken: async (scope: unknown) => {
      scopes.push(scope);
      return { token, expiresOnTimestamp: 0 };
    },
  };

  it('takes a token for that application alone, and one for a vault only to write to it', async () => {
    const context = await appContext({ url: 'https://kg.example', clientId: 'c1' }, credential);
    expect(scopes).toEqual(['api://c1/.default']);
    expect(context.commandLine('status')).toBe(
      'npm run key-guardian -- --app https://kg.example --client-id c1 status',
    );
    context.writes('contoso-disks');
    expect(scopes).toEqual(['api://c1/.default']);
  });

  it.each(['http://kg.example', 'kg.example'])('sends no token to %s', async (url) => {
    await expect(appContext({ url, clientId: 'c1' }, credential)).rejects.toThrow('--app takes an https address');
  });
});
