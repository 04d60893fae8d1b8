import { z } from 'zod';
import type { Exchange } from './recordings.ts';

/** What stands in a recording for a body that its recorder left out or lost. */
const LEFT_OUT: readonly unknown[] = ['mock_body', 'unknown'];

/** The body of a recorded request. */
export type SentBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'lost' };

/** The body as recorded; where it was left out, as the recorder's sentence tells it ("attributes.enabled true"): nothing else was told so far. */
export function sentBody({ requestBody, what }: Exchange): SentBody {
  if (requestBody === null || requestBody === '') return { kind: 'none' };
  if (!LEFT_OUT.includes(requestBody)) return { kind: 'json', value: requestBody };
  const told = what.match(/attributes\.enabled (true|false)/)?.[1];
  return told === undefined ? { kind: 'lost' } : { kind: 'json', value: { attributes: { enabled: told === 'true' } } };
}

const patch = z.object({
  attributes: z
    .object({ enabled: z.boolean().optional(), nbf: z.int().optional(), exp: z.int().optional() })
    .default({}),
  key_ops: z.array(z.string()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

/** What an update sets. */
export type SentPatch = z.infer<typeof patch>;

/** What the PATCH of this exchange set; undefined where it is none, or nobody knows. */
export function sentPatch(exchange: Exchange): SentPatch | undefined {
  const body = exchange.method === 'PATCH' ? sentBody(exchange) : undefined;
  return body?.kind === 'json' ? patch.safeParse(body.value).data : undefined;
}
