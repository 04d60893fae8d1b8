import { isRestError } from '@azure/core-rest-pipeline';
import type { KeyClient } from '@azure/keyvault-keys';
import { DAY_MS } from '../shared/domain/time.ts';

type Attack = (client: KeyClient, key: string) => Promise<string>;

/** How long a deletion may take to show, in ms. */
const SETTLED_WITHIN_MS = 30_000;

const attacks: Readonly<Record<string, Attack>> = {
  async disable(client, key) {
    await client.updateKeyProperties(key, { enabled: false });
    return `${key}: the current version is disabled.`;
  },
  async delete(client, key) {
    await client.beginDeleteKey(key);
    return `${key}: deleted.`;
  },
  async expire(client, key) {
    await client.updateKeyProperties(key, { expiresOn: new Date(Date.now() - DAY_MS) });
    return `${key}: the current version expired yesterday.`;
  },
  async 'not-before'(client, key) {
    await client.updateKeyProperties(key, { notBefore: new Date(Date.now() + DAY_MS) });
    return `${key}: the current version cannot be used before tomorrow.`;
  },
  async 'strip-operations'(client, key) {
    await client.updateKeyProperties(key, { keyOps: ['encrypt'] });
    return `${key}: wrapKey and unwrapKey are gone from the current version.`;
  },
  async rotate(client, key) {
    const { properties } = await client.rotateKey(key);
    return `${key}: rotated, the new version is ${properties.version}.`;
  },
  async purge(client, key) {
    const wasDeleted = await isDeleted(client, key);
    if (!wasDeleted) await deleteWhole(client, key);
    try {
      await client.purgeDeletedKey(key);
    } catch (error) {
      throw isStatus(error, 404) ? recovered(key) : error;
    }
    return wasDeleted ? `${key}: purged.` : `${key}: deleted and purged.`;
  },
};

/** Deletes a key and waits until the vault shows it as deleted: before that it cannot be purged. */
async function deleteWhole(client: KeyClient, key: string): Promise<void> {
  const abortSignal = AbortSignal.timeout(SETTLED_WITHIN_MS);
  try {
    const poller = await client.beginDeleteKey(key, { intervalInMs: 200, abortSignal });
    await poller.pollUntilDone();
  } catch (error) {
    throw abortSignal.aborted ? recovered(key) : error;
  }
}

async function isDeleted(client: KeyClient, key: string): Promise<boolean> {
  try {
    await client.getDeletedKey(key);
    return true;
  } catch (error) {
    if (isStatus(error, 404)) return false;
    throw error;
  }
}

const isStatus = (error: unknown, status: number): boolean => isRestError(error) && error.statusCode === status;
const recovered = (key: string): Error => new Error(`${key}: the guardian recovered it before it could be purged.`);

/** What an attacker can do to a key. */
export const actNames = Object.keys(attacks);

/** Does it, and says what it did. Throws what the vault answered. */
export async function attack(act: string, client: KeyClient, key: string): Promise<string> {
  const known = attacks[act];
  if (known === undefined) throw new Error(`There is no act ${act}. There are: ${actNames.join(', ')}.`);
  return known(client, key);
}
