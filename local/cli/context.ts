import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keyVaultReads, keyVaultWrites } from '../../shared/azure/key-vault.ts';
import { currentOutside } from '../../shared/azure/outside.ts';
import { portsOf } from '../../shared/compose.ts';
import { readSettings } from '../../shared/config.ts';
import type { Actor } from '../../shared/domain/audit-record.ts';
import { NotAllowed } from '../../shared/errors.ts';
import type { Ports } from '../../shared/ports.ts';
import { credentialOf, findLocalAzure, outsideConnection } from '../outside-client.ts';

/** Who runs a command, against what. */
export interface Context {
  /** Reads and writes of vaults are made under the rights of who runs the command, never under the guardian's. */
  readonly ports: Ports;
  readonly who: Actor;
  /** Whether it is the local Azure of `npm start`. */
  readonly local: boolean;
}

const claims = z.object({ oid: z.string(), upn: z.string().optional(), unique_name: z.string().optional() });

/** The context of the local Azure whose addresses are in a folder, under a named identity. Throws `LocalAzureMissing` where none runs. */
export async function localContext(identity: string, folder: string): Promise<Context> {
  const address = await findLocalAzure(folder);
  const credential = credentialOf(address, identity);
  const settings = readSettings(
    z.record(z.string(), z.string()).parse(JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'))),
  );
  const connection = await outsideConnection(address);
  const ports = portsOf(settings, { ...currentOutside(), credential: () => credential });
  const to = (vault: string) => ({ ...connection(vault), credential });
  return {
    ports: { ...ports, reads: (vault) => keyVaultReads(to(vault)), writes: (vault) => keyVaultWrites(to(vault)) },
    who: actorOf(credential.token),
    local: true,
  };
}

/** The context of a deployed guardian: settings from the environment, rights of whoever is signed in to Azure here. */
export async function azureContext(): Promise<Context> {
  const outside = currentOutside();
  const settings = {
    ...readSettings(process.env),
    KEY_GUARDIAN_WATCHER_CLIENT_ID: undefined,
    KEY_GUARDIAN_KEEPER_CLIENT_ID: undefined,
  };
  const token = await outside.credential('watcher', undefined).getToken('https://vault.azure.net/.default');
  if (token === null) throw new NotAllowed('Nobody is signed in to Azure here: run "az login" first.');
  return { ports: portsOf(settings, outside), who: actorOf(token.token), local: false };
}

/** Who a token names. Only its name and object id are looked at; nothing of it is printed. */
function actorOf(token: string): Actor {
  const { oid, upn, unique_name } = claims.parse(
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')),
  );
  const name = upn ?? unique_name;
  return { oid, ...(name === undefined ? {} : { name }) };
}
