import { z } from 'zod';
import { errorCode } from '../../shared/alerts/error-code.ts';
import { NotAllowed } from '../../shared/errors.ts';

/** The API of a guardian, for the person who runs the command. Throws `NotAllowed` with the guardian's own sentence where it refuses. */
export interface Api {
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>;
  post<T>(path: string, given: object, answer: z.ZodType<T>): Promise<T>;
}

const refused = z.object({ error: z.object({ message: z.string() }) });

/** @param app the guardian's address, `https://<app>.azurewebsites.net` @param token gives the person's token for it */
export function api(app: string, token: () => Promise<string>): Api {
  async function call<T>(method: 'GET' | 'POST', path: string, given: object | undefined, answer: z.ZodType<T>) {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
    const body = given === undefined ? {} : { body: JSON.stringify(given) };
    const response = await fetch(new URL(`/api/people/${path}`, app), { method, headers, ...body }).catch(
      (error: unknown) => {
        throw new NotAllowed(`The guardian at ${app} does not answer (${errorCode(error)}).`, { cause: error });
      },
    );
    const text = await response.text();
    if (response.ok) return answer.parse(JSON.parse(text));
    const { data } = refused.safeParse(jsonIn(text));
    throw new NotAllowed(data?.error.message ?? `The guardian at ${app} answered ${response.status}.`);
  }
  return {
    get: (path, answer) => call('GET', path, undefined, answer),
    post: (path, given, answer) => call('POST', path, given, answer),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // From something before the guardian, such as a proxy: then only the status is known.
    return undefined;
  }
}
