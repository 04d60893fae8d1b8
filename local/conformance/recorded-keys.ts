import { z } from 'zod';
import type { RotationPolicy } from '../azure/types.ts';
import { UnreadableEvidence } from './errors.ts';
import type { Exchange } from './recordings.ts';

/** What is seeded of a version's attributes. */
export const attributes = z.object({
  enabled: z.boolean(),
  nbf: z.int().optional(),
  exp: z.int().optional(),
  created: z.int(),
  updated: z.int(),
  recoveryLevel: z.string(),
  recoverableDays: z.int().optional(),
});

const common = {
  attributes,
  tags: z.record(z.string(), z.string()).optional(),
  managed: z.literal(true).optional(),
  deletedDate: z.int().optional(),
};

/** The public part of a key. What an answer has beside these is not seeded: if it is not given all the same, it shows as a difference. */
export const publicPart = z.object({
  kid: z.string(),
  kty: z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']),
  key_ops: z.array(z.enum(['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey', 'import', 'export'])),
  crv: z.enum(['P-256', 'P-384', 'P-521', 'P-256K']).optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});

const keyItem = z.object({ kid: z.string(), ...common });
const bundle = z.object({ key: publicPart, ...common });
const list = z.object({ value: z.array(keyItem), nextLink: z.string().nullish() });
const recordedBody = z.union([bundle, list]);

/** A key as an answer shows it: whole, or as an item of a list. */
export type RecordedKey = z.infer<typeof bundle> | z.infer<typeof keyItem>;

/** The keys that an answer shows; `isPage` tells that another page was behind it. Throws `UnreadableEvidence` naming the exchange whose body is neither a bundle nor a list. */
export function recordedKeys(exchange: Exchange): { readonly keys: readonly RecordedKey[]; readonly isPage: boolean } {
  if (exchange.answer.status !== 200 || isRotationPolicy(exchange)) return { keys: [], isPage: false };
  const body = recordedBody.safeParse(exchange.answer.body);
  if (!body.success) throw new UnreadableEvidence(exchange.name, body.error);
  if ('value' in body.data) return { keys: body.data.value, isPage: body.data.nextLink != null };
  return { keys: [body.data], isPage: false };
}

/** Whether the answer shows a key as it was. */
export const showsKeys = ({ answer }: Exchange): boolean => recordedBody.safeParse(answer.body).success;

const rotationPolicy = z.object({
  id: z.url(),
  lifetimeActions: z.array(
    z.object({
      trigger: z.object({ timeAfterCreate: z.string().optional(), timeBeforeExpiry: z.string().optional() }),
      action: z.object({ type: z.enum(['Rotate', 'Notify']) }),
    }),
  ),
  attributes: z.object({ expiryTime: z.string().optional(), created: z.int(), updated: z.int() }),
});

/** The rotation policy that an exchange shows, by the name of its key. The default of a key that has none is not one. */
export function recordedPolicy({ url, answer }: Exchange): Readonly<Record<string, RotationPolicy>> {
  const policy = rotationPolicy.safeParse(answer.body).data;
  if (policy === undefined) return {};
  return { [nameOf(url) ?? '']: { lifetimeActions: policy.lifetimeActions, ...policy.attributes } };
}

/** Whether it is about the rotation policy of a key. */
export const isRotationPolicy = ({ url }: Exchange): boolean => /\/rotationpolicy\/?$/.test(url.pathname);

/** The key that a path names; undefined for lists of a vault and for a restore, whose blob has the name. */
export function nameOf({ pathname }: URL): string | undefined {
  const [, name, last] = pathname.split('/').filter((segment) => segment !== '');
  return name === 'restore' && last === undefined ? undefined : name;
}

/** How many rows a page had room for. */
export const pageSizeOf = (url: URL): number => Number(url.searchParams.get('maxresults') ?? 25);

/** `keys`, the name, and the version where the identifier has one. */
export function segmentsOf(key: RecordedKey): readonly string[] {
  const kid = 'key' in key ? key.key.kid : key.kid;
  return new URL(kid).pathname.split('/').filter((segment) => segment !== '');
}
