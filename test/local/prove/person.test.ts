import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contentOf, sender, spellSaid, UnexpectedAnswer } from '../../../local/prove/person.ts';
import { localAzure } from '../azure/requests.ts';

const azure = localAzure();
const send = sender(
  'https://kv-one.vault.azure.net',
  azure.credential('attacker'),
  'https://vault.azure.net/.default',
  azure.httpClient,
);

describe('a plain request', () => {
  it('goes out once, with the api-version of the guardian’s client and a token', async () => {
    azure.clearLog();
    expect((await send('GET', '/keys/disk')).status).toBe(200);
    expect(
      azure.log.map(({ url, status }) => ({ version: new URL(url).searchParams.get('api-version'), status })),
    ).toEqual([{ version: '2025-07-01', status: 200 }]);
  });

  it('keeps the api-version of a link, and takes another where one is given', async () => {
    azure.clearLog();
    await send('GET', '/keys?api-version=7.4');
    await send('GET', '/keys', undefined, { apiVersion: '7.0' });
    expect(azure.log.map(({ url }) => new URL(url).searchParams.get('api-version'))).toEqual(['7.4', '7.0']);
  });

  it('is sent to no other host than the vault’s, so that its token goes nowhere else', async () => {
    await expect(send('GET', 'https://elsewhere.example/keys')).rejects.toThrow(
      new UnexpectedAnswer('a link led to another host'),
    );
  });

  it('gives status and both codes of a refusal', async () => {
    azure.setGrants('attacker', []);
    const said = await send('DELETE', '/keys/disk');
    expect(spellSaid(said)).toBe('403 Forbidden (ForbiddenByRbac)');
    expect(() => contentOf('deleting a key', said, z.unknown())).toThrow(
      new UnexpectedAnswer('deleting a key was answered 403 Forbidden (ForbiddenByRbac)'),
    );
  });

  it('is of no use where the answer has another shape, and says what is missing', async () => {
    const said = await send('GET', '/keys', undefined, { withToken: false });
    expect(said.status).toBe(401);
    const sound = { ...said, status: 200, json: { value: 1 } };
    expect(() => contentOf('a page', sound, z.object({ value: z.array(z.unknown()) }))).toThrow(
      new UnexpectedAnswer('a page was answered without a sound value'),
    );
  });
});
