import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AggregateAuthenticationError, AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { appContext, localContext } from '../../../local/cli/context.ts';

describe('the context of a deployed guardian', () => {
  const failing = (error: Error) =>
    appContext({ url: 'https://kg.example', clientId: 'c1' }, { getToken: () => Promise.reject(error) });

  it.each([
    ['no credential of those tried', new AggregateAuthenticationError([new CredentialUnavailableError('no')], 'none')],
    ['the only credential', new CredentialUnavailableError('Azure CLI could not be found')],
    ['Entra ID', new AuthenticationError(400, { error: 'invalid_grant', errorDescription: 'expired' })],
  ])('says that nobody is signed in where %s gives a token', async (_, error) => {
    await expect(failing(error)).rejects.toMatchObject({
      name: 'NotAllowed',
      message: 'Nobody is signed in to Azure here: run "az login" first.',
    });
  });

  it('hides no other fault', async () => {
    const fault = new TypeError('a fault of ours');
    await expect(failing(fault)).rejects.toBe(fault);
  });
});

describe('the context of a local guardian', () => {
  let folder = '';
  let server: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-guardian-context-'));
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const token = `x.${Buffer.from('{"oid":"somebody"}').toString('base64url')}.x`;
    const about = {
      vaults: [{ name: 'contoso', url: `https://contoso.vault.azure.net:${port}` }],
      caFile: join(folder, 'ca.pem'),
      identities: [{ name: 'owner', token }],
    };
    await writeFile(join(folder, 'azure.json'), JSON.stringify(about));
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['is missing', undefined],
    ['is damaged', '{'],
    ['lacks what has to be there', '{"url":"http://127.0.0.1:1"}'],
  ])('says what to do where guardian-api.json %s', async (_, address) => {
    const file = join(folder, 'guardian-api.json');
    await rm(file, { force: true });
    if (address !== undefined) await writeFile(file, address);
    await expect(localContext('owner', folder)).rejects.toMatchObject({
      name: 'LocalAzureMissing',
      message: `${file} cannot be used: stop "npm start" and start it again.`,
    });
  });

  it('says that the guardian does not answer where it was killed', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(localContext('owner', folder)).rejects.toMatchObject({
      name: 'LocalAzureMissing',
      message: `The local guardian of ${folder} does not answer. Start it again:\n  npm start -- --folder ${folder}`,
    });
  });
});
