import * as z from 'zod';
import type { Actor } from '../domain/audit-record.ts';

/** The name of the claim with the caller's object id, where names of claims are URIs. */
export const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const UPN = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';

/**
 * The claims of a record. Their names come in a short form, as URIs, and (from a Managed HSM) as URIs with underscores for
 * their punctuation, split into nested objects.
 */
const claims = z.record(z.string(), z.unknown());
const identityShape = z.object({ claim: claims }).or(claims.transform((claim) => ({ claim })));

/** Characters of a name at most: the resource id of an identity has up to 350. */
const MOST_CHARACTERS = 512;
/** A name from a record, cut to 512 characters: Azure gives no longer ones, and it has to fit into a message. */
export const shortened = (name: string): string =>
  name.length <= MOST_CHARACTERS ? name : `${name.slice(0, MOST_CHARACTERS)}…`;

/** The actor of a record; `unknown` where it names nobody, as for the platform's own rotations. Of the claims only name and id are taken. */
export function callerOf(identity: unknown, address: string | undefined): Actor {
  const parsed = identityShape.safeParse(typeof identity === 'string' ? fromJson(identity) : identity);
  const claim = parsed.success ? flat(parsed.data.claim) : {};
  const first = (...names: readonly string[]): string | undefined =>
    names
      .flatMap((name) => [claim[name], claim[name.replaceAll(/[^a-zA-Z0-9]+/g, '_')]])
      .find((value) => typeof value === 'string');
  const name = first('upn', UPN, 'unique_name', 'xms_mirid', 'appid');
  return {
    oid: shortened(first('oid', OBJECT_ID) ?? 'unknown'),
    ...(name === undefined ? {} : { name: shortened(name) }),
    ...(address === undefined ? {} : { address: shortened(address) }),
  };
}

/** How deep claims are read; deeper ones are ignored. */
const MOST_NESTED = 3;

/** Claims by name; nested ones by the names that lead to them, joined by underscores. */
function flat(nested: z.infer<typeof claims>, depth = 0): z.infer<typeof claims> {
  const named = Object.entries(nested).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    const inner = depth < MOST_NESTED ? claims.safeParse(value) : undefined;
    if (inner?.success !== true) return [[name, value]];
    return Object.entries(flat(inner.data, depth + 1)).map(([rest, of]) => [`${name}_${rest}`, of] as const);
  });
  return Object.fromEntries(named);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An identity that is neither an object nor JSON names nobody; the act itself still counts.
    return undefined;
  }
}
