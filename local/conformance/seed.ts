import type { z } from 'zod';
import type { SeedKey, SeedVault, SeedVersion } from '../azure/types.ts';
import {
  type attributes,
  isRotationPolicy,
  pageSizeOf,
  type publicPart,
  type RecordedKey,
  recordedKeys,
  recordedPolicy,
  segmentsOf,
} from './recorded-keys.ts';
import type { Exchange } from './recordings.ts';
import { type SentPatch, sentBody, sentPatch } from './sent.ts';

/** What the local Azure has to hold so that it can give the recorded answer, and what to send with the request. */
export interface Staging {
  readonly vault: SeedVault;
  /** Empty where the request has no body. */
  readonly requestBody: string;
  /** Whether the page that was answered was empty and not the last. */
  readonly emptyPage: boolean;
  /** When it was; now where nothing of the answer depends on it. */
  readonly at: Date;
}

/**
 * The vault of a recorded exchange as it was when the request came. `all` tells what this one does not: a challenge says
 * nothing of the vault's access model, the other exchanges with it do. Throws `UnreadableEvidence` naming the exchange whose
 * body is neither a bundle nor a list.
 */
export function stagingOf(exchange: Exchange, all: readonly Exchange[]): Staging {
  const { url, answer } = exchange;
  const tenantId = answer.headers['www-authenticate']?.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?.[0];
  const region = answer.headers['x-ms-keyvault-region'];
  const { keys, isPage } = recordedKeys(exchange);
  const level = keys[0]?.attributes;
  const body = sentBody(exchange);
  const at = exchangedAt(exchange, keys[0]?.deletedDate);
  return {
    vault: {
      name: url.hostname.slice(0, url.hostname.indexOf('.')),
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(region === undefined ? {} : { region }),
      ...(level === undefined
        ? {}
        : { softDeleteDays: softDeleteDaysOf(level), purgeProtection: !level.recoveryLevel.includes('Purgeable') }),
      ...(isPurge(exchange) ? { purgeProtection: answer.status !== 204 } : {}),
      accessModel: isRbacVault(url.hostname, all) ? 'rbac' : 'access-policy',
      keys: [...seedKeys(keys, isPage, exchange, at), ...unanswered(exchange, keys, isPage, at)],
      ...(isRotationPolicy(exchange) ? { rotationPolicies: recordedPolicy(exchange) } : {}),
    },
    requestBody: body.kind === 'json' ? JSON.stringify(body.value) : '',
    emptyPage: isPage && keys.length === 0,
    at,
  };
}

/** Api-versions before 7.1 do not tell the days. */
const softDeleteDaysOf = ({ recoverableDays, recoveryLevel }: z.infer<typeof attributes>): number =>
  recoverableDays ?? (recoveryLevel === 'Purgeable' ? 0 : 90);

/** When it was; where no date was recorded, when the key was deleted, or now. */
export function exchangedAt({ answer }: Exchange, deletedDate: number | undefined): Date {
  const { date } = answer.headers;
  if (date !== undefined) return new Date(date);
  return deletedDate === undefined ? new Date() : new Date(deletedDate * 1000);
}

const isPurge = ({ method, url }: Exchange): boolean => method === 'DELETE' && url.pathname.startsWith('/deletedkeys/');

/** So many deleted keys that stand behind a name and before the next that does not begin with it. */
export const deletedBehind = (name: string, count: number, at: Date): readonly SeedKey[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `${name}-${String(index).padStart(2, '0')}`,
    deletedDate: before(at),
  }));

/** Any moment before the request, but within every retention. */
export const before = (at: Date): number => Math.floor(at.getTime() / 1000) - 60;

/** What the vault held beside what it answered: the key that a purge ended or was refused or whose policy was read, and rows for the rest of a page and the one behind it. */
function unanswered(exchange: Exchange, keys: readonly RecordedKey[], isPage: boolean, at: Date): readonly SeedKey[] {
  const { url, answer } = exchange;
  const [collection, name = ''] = url.pathname.split('/').filter((segment) => segment !== '');
  if (isPurge(exchange) && (answer.status === 204 || answer.status === 403))
    return [{ name: decodeURIComponent(name), deletedDate: before(at) }];
  if (isRotationPolicy(exchange) && answer.status === 200) return [{ name: decodeURIComponent(name) }];
  const last = keys.at(-1);
  if (!isPage || last === undefined || name !== '') return [];
  // Lists are ordered by name: a longer one comes after it.
  const lastName = segmentsOf(last)[1] ?? '';
  if (collection === 'deletedkeys') return [{ name: `${lastName}-`, deletedDate: before(at) }];
  return deletedBehind(lastName, pageSizeOf(url) - keys.length + 1, at);
}

/** The assignment header comes from vaults under Azure RBAC only, and its absence from recordings is real. */
function isRbacVault(hostname: string, all: readonly Exchange[]): boolean {
  return all.some(
    ({ url, answer }) => url.hostname === hostname && answer.headers['x-ms-keyvault-rbac-assignment-id'] !== undefined,
  );
}

/** The keys of an answer as they were before it. Versions of one key stand together, in the order recorded. */
export function seedKeys(
  keys: readonly RecordedKey[],
  isPage: boolean,
  exchange: Exchange,
  at: Date,
): readonly SeedKey[] {
  const byName = Map.groupBy(keys, (key) => segmentsOf(key)[1] ?? '');
  const patch = sentPatch(exchange);
  const behind = isPage && /\/versions\/?$/.test(exchange.url.pathname) ? [{ version: 'f'.repeat(32) }] : [];
  return [...byName].map(([name, versions]) => {
    const deletedDate = deletedBefore(exchange, versions[0]?.deletedDate, at);
    return {
      name,
      ...(versions.some((version) => version.managed) ? { managed: true } : {}),
      ...(deletedDate === undefined ? {} : { deletedDate }),
      versions: [
        ...versions.map((version) => (patch === undefined ? seedVersion(version) : unpatched(version, patch))),
        ...behind,
      ],
    };
  });
}

/** When a key of the answer had been deleted as the request came. What a DELETE answers was there until then. */
function deletedBefore({ method, url }: Exchange, answered: number | undefined, at: Date): number | undefined {
  if (method === 'DELETE') return undefined;
  return method === 'POST' && /\/recover\/?$/.test(url.pathname) ? before(at) : answered;
}

function seedVersion(key: RecordedKey): SeedVersion {
  const { enabled, nbf, exp, created, updated } = key.attributes;
  const version = segmentsOf(key)[2];
  return {
    ...(version === undefined ? {} : { version }),
    enabled,
    updated,
    created,
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
    ...(key.tags === undefined ? {} : { tags: key.tags }),
    ...('key' in key ? seedMaterial(key.key) : {}),
  };
}

/** Before a PATCH what it set was another way, and `updated` was not yet the second of the answer. One that sets nothing moves nothing. */
function unpatched(key: RecordedKey, { attributes: set, key_ops, tags }: SentPatch): SeedVersion {
  const isEmpty = Object.keys(set).length === 0 && key_ops === undefined && tags === undefined;
  if (isEmpty) return seedVersion(key);
  const { nbf, exp, tags: tagged, ...rest } = seedVersion(key);
  return {
    ...rest,
    updated: key.attributes.created,
    ...(set.enabled === undefined ? {} : { enabled: !set.enabled }),
    ...(nbf === undefined || set.nbf !== undefined ? {} : { nbf }),
    ...(exp === undefined || set.exp !== undefined ? {} : { exp }),
    ...(tagged === undefined || tags !== undefined ? {} : { tags: tagged }),
    ...(key_ops === undefined ? {} : { keyOps: [] }),
  };
}

function seedMaterial(key: z.infer<typeof publicPart>): Pick<SeedVersion, 'kty' | 'crv' | 'keyOps' | 'publicPart'> {
  const { kid: _kid, kty, key_ops: keyOps, ...rest } = key;
  return {
    kty,
    ...(rest.crv === undefined ? {} : { crv: rest.crv }),
    keyOps,
    publicPart: Object.fromEntries(
      Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}
