import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { LocalAzure } from '../../local/azure/azure.ts';

/** What the service answered to each of the two calls that a disk lives by. */
export interface DiskUse {
  readonly wrap: number;
  readonly unwrap: number;
}

/** Both calls answered: the disk works. */
export const USABLE: DiskUse = { wrap: 200, unwrap: 200 };

const answer = z.object({ value: z.string() });

/**
 * A disk under one version: its data key was wrapped while the version was good. The result wraps anew and unwraps that
 * data key, under the identity of a disk encryption set and over the wire, where no client checks dates beforehand.
 * Throws where what is unwrapped is not the data key.
 */
export async function diskUnder(
  azure: LocalAzure,
  vault: string,
  key: string,
  version: string,
): Promise<() => Promise<DiskUse>> {
  const dataKey = randomBytes(32).toString('base64url');
  const call = async (operation: 'wrapkey' | 'unwrapkey', value: string) => {
    const { status, body } = await azure.handle({
      method: 'POST',
      url: `https://${vault}.vault.azure.net/keys/${key}/${version}/${operation}?api-version=7.5`,
      headers: { authorization: `Bearer ${azure.identities.get('disk')?.token ?? ''}` },
      body: JSON.stringify({ alg: 'RSA-OAEP-256', value }),
    });
    return { status, value: status === 200 ? answer.parse(JSON.parse(body)).value : undefined };
  };
  const wrapped = await call('wrapkey', dataKey);
  if (wrapped.value === undefined) throw new Error(`${vault}/${key}/${version} could not be wrapped with.`);
  const stored = wrapped.value;
  return async () => {
    const wrap = await call('wrapkey', dataKey);
    const unwrap = await call('unwrapkey', stored);
    if (unwrap.value !== undefined && unwrap.value !== dataKey)
      throw new Error(`${vault}/${key}/${version} unwrapped something else.`);
    return { wrap: wrap.status, unwrap: unwrap.status };
  };
}
