import * as z from 'zod';
import type { Guarded } from './guarded.ts';

/** Asks the API as somebody whom the local issuer gave a token for it. */
export async function ask(
  { running, host }: Pick<Guarded, 'running' | 'host'>,
  identity: string,
  method: string,
  path: string,
  given?: object,
) {
  const { azure, guardian } = running();
  const audience = `api://${guardian.settings.KEY_GUARDIAN_API_CLIENT_ID}`;
  const response = await fetch(`${host().url}/api/people/${path}`, {
    method,
    headers: { authorization: `Bearer ${azure.token(identity, { audience, validForSeconds: 3_600 })}` },
    ...(given === undefined ? {} : { body: JSON.stringify(given) }),
  });
  return { status: response.status, headers: response.headers, json: z.unknown().parse(await response.json()) };
}
