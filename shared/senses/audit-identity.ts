import type { Actor } from '../domain/audit-record.ts';
import { escaped, escapedAddress } from '../domain/escaped.ts';
import { isObject } from './audit-messages.ts';

/** The name of the claim with the caller's object id, where names of claims are URIs. */
const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const UPN = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';

/**
 * The claims of a record. Their names come in a short form, as URIs, and (from a Managed HSM) as URIs with underscores for
 * their punctuation, split into nested objects.
 */
type Claims = Readonly<Record<string, unknown>>;

/**
 * The actor of a record; `unknown` where it names nobody, as for the platform's own rotations. Of the claims only names and ids
 * are taken. A managed identity is named by its resource (`xms_mirid`) and the one that uses it (`xms_az_rid`).
 */
export function callerOf(identity: unknown, address: string | undefined): Actor {
  const given = typeof identity === 'string' ? fromJson(identity) : identity;
  const claim = flat(isObject(given) ? (isObject(given.claim) ? given.claim : given) : {});
  const first = (...names: readonly string[]): string | undefined =>
    names
      .flatMap((name) => [claim[name], claim[name.replaceAll(/[^a-zA-Z0-9]+/g, '_')]])
      .filter((value) => typeof value === 'string')
      .map(escaped)
      .find((value) => value.trim() !== '');
  const resources = new Set([first('xms_mirid'), first('xms_az_rid')].filter((one) => one !== undefined));
  const user = first('upn', UPN, 'unique_name');
  const appId = first('appid');
  const name = user ?? ([...resources].join(' used by ') || appId);
  const isNamed = name !== undefined;
  return {
    oid: first('oid', OBJECT_ID) ?? 'unknown',
    ...(isNamed ? { kind: user === undefined ? 'service-principal' : 'user', name } : {}),
    ...(appId === undefined ? {} : { appId }),
    ...(address === undefined ? {} : { address: escapedAddress(address) }),
  };
}

/** The caller's object id in the two forms that nearly every record has; '' where all claims have to be read. */
export function quickOid(identity: unknown): string {
  const claim = isObject(identity) ? identity.claim : undefined;
  const oid = isObject(claim) ? (claim.oid ?? claim[OBJECT_ID]) : undefined;
  return typeof oid === 'string' ? oid : '';
}

/** How deep claims are read; deeper ones are ignored. */
const MOST_NESTED = 3;

/** Claims by name; nested ones by the names that lead to them, joined by underscores. */
function flat(nested: Claims, depth = 0): Claims {
  const named = Object.entries(nested).flatMap(([name, value]): readonly (readonly [string, unknown])[] =>
    depth < MOST_NESTED && isObject(value)
      ? Object.entries(flat(value, depth + 1)).map(([rest, of]) => [`${name}_${rest}`, of] as const)
      : [[name, value]],
  );
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
