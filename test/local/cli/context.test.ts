import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AggregateAuthenticationError, AuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { azureContext, localContext } from '../../../local/cli/context.ts';
import { currentOutside, setOutside } from '../../../shared/azure/outside.ts';

describe('the context of a deployed guardian', () => {
  const azure = currentOutside();
  afterEach(() => {
    vi.unstubAllEnvs();
    setOutside(azure);
  });

  /** The environment of a deployed guardian, on a machine whose credential fails so. */
  function failing(error: Error): void {
    for (const [account, services] of Object.entries({ Register: ['table', 'queue', 'blob'], Trail: ['blob'] }))
      for (const service of services)
        vi.stubEnv(`${account}Storage__${service}ServiceUri`, `https://contoso.${service}.core.windows.net`);
    setOutside({
      ...azure,
      credential: () => ({
        getToken: () => Promise.reject(error),
      }),
    });
  }

  it.each([
    ['no credential of those tried', new AggregateAuthenticationError([new CredentialUnavailableError('no')], 'none')],
    ['the only credential', new CredentialUnavailableError('Azure CLI could not be found')],
    ['Entra ID', new AuthenticationError(400, { error: 'invalid_grant', errorDescription: 'expired' })],
  ])('says that nobody is signed in where %s gives a token', async (_, error) => {
    failing(error);
    await expect(azureContext()).rejects.toMatchObject({
      name: 'NotAllowed',
      message: 'Nobody is signed in to Azure here: run "az login" first.',
    });
  });

  it('hides no other fault', async () => {
    const fault = new TypeError('a fault of ours');
    failing(fault);
    await expect(azureContext()).rejects.toBe(fault);
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
    ['lacks what has to be there', '{"KEY_GUARDIAN_SWEEP_SECONDS":"2"}'],
  ])('says what to do where settings.json %s', async (_, settings) => {
    const file = join(folder, 'guardian-settings.json');
    await rm(file, { force: true });
    if (settings !== undefined) await writeFile(file, settings);
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
