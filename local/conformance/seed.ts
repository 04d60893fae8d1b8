import { z } from 'zod';
import type { SeedKey, SeedVault, SeedVersion } from '../azure/types.ts';
import { UnreadableEvidence } from './errors.ts';
import type { Exchange } from './recordings.ts';

const attributes = z.object({
  enabled: z.boolean(),
  nbf: z.int().optional(),
  exp: z.int().optional(),
  created: z.int(),
  updated: z.int(),
  recoveryLevel: z.string(),
  recoverableDays: z.int().optional(),
});

const common = { attributes, tags: z.record(z.string(), z.string()).optional(), managed: z.literal(true).optional() };

/** What an answer has beside these is not seeded: if it is not given all the same, it shows as a difference. */
const publicPart = z.object({
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
const recordedBody = z.union([bundle, z.object({ value: z.array(keyItem) })]);

type RecordedKey = z.infer<typeof bundle> | z.infer<typeof keyItem>;

/** What the local Azure has to hold so that it can give the recorded answer, and what to send with the request. */
export interface Staging {
  readonly vault: SeedVault;
  /** Empty where the request has no body. */
  readonly requestBody: string;
}

/**
 * The vault of a recorded exchange as it was when the request came. `all` tells what this one does not: a challenge says
 * nothing of the vault's access model, the other exchanges with it do. Throws `UnreadableEvidence` naming the exchange whose
 * body is neither a bundle nor a list.
 */
export function stagingOf(exchange: Exchange, all: readonly Exchange[]): Staging {
  const { url, answer, method } = exchange;
  const tenantId = answer.headers['www-authenticate']?.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?.[0];
  const region = answer.headers['x-ms-keyvault-region'];
  const keys = answer.status === 401 ? [] : recordedKeys(exchange);
  const level = keys[0]?.attributes;
  const told = method === 'PATCH' ? patchTold(exchange) : undefined;
  return {
    vault: {
      name: url.hostname.slice(0, url.hostname.indexOf('.')),
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(region === undefined ? {} : { region }),
      ...(level === undefined
        ? {}
        : { softDeleteDays: level.recoverableDays ?? 90, purgeProtection: !level.recoveryLevel.includes('Purgeable') }),
      accessModel: isRbacVault(url.hostname, all) ? 'rbac' : 'access-policy',
      keys: seedKeys(keys, told),
    },
    requestBody: told === undefined ? '' : JSON.stringify({ attributes: told }),
  };
}

/**
 * The attributes that a PATCH set, where the recorder's sentence tells them ("attributes.enabled true"), for the body
 * itself is lost. Undefined where the sentence tells none. Only `enabled`: nothing else was told so far.
 */
export function patchTold(exchange: Exchange): { readonly enabled: boolean } | undefined {
  const told = exchange.what.match(/attributes\.enabled (true|false)/)?.[1];
  return told === undefined ? undefined : { enabled: told === 'true' };
}

/** The assignment header comes from vaults under Azure RBAC only, and its absence from recordings is real. */
function isRbacVault(hostname: string, all: readonly Exchange[]): boolean {
  return all.some(
    ({ url, answer }) => url.hostname === hostname && answer.headers['x-ms-keyvault-rbac-assignment-id'] !== undefined,
  );
}

function recordedKeys(exchange: Exchange): readonly RecordedKey[] {
  if (exchange.answer.status !== 200) return [];
  const body = recordedBody.safeParse(exchange.answer.body);
  if (!body.success) throw new UnreadableEvidence(exchange.name, body.error);
  return 'value' in body.data ? body.data.value : [body.data];
}

/** Versions of one key stand together, in the order recorded. */
function seedKeys(keys: readonly RecordedKey[], told: { readonly enabled: boolean } | undefined): readonly SeedKey[] {
  const byName = Map.groupBy(keys, (key) => segmentsOf(key)[1] ?? '');
  return [...byName].map(([name, versions]) => ({
    name,
    ...(versions.some((version) => version.managed) ? { managed: true } : {}),
    versions: versions.map((version) => seedVersion(version, told)),
  }));
}

function seedVersion(key: RecordedKey, told: { readonly enabled: boolean } | undefined): SeedVersion {
  const { enabled, nbf, exp, created, updated } = key.attributes;
  const version = segmentsOf(key)[2];
  return {
    ...(version === undefined ? {} : { version }),
    // Before a PATCH the attribute was the other way round, and `updated` was not yet the second of the answer.
    enabled: told === undefined ? enabled : !told.enabled,
    updated: told === undefined ? updated : created,
    created,
    ...(nbf === undefined ? {} : { nbf }),
    ...(exp === undefined ? {} : { exp }),
    ...(key.tags === undefined ? {} : { tags: key.tags }),
    ...('key' in key ? seedMaterial(key.key) : {}),
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

/** `keys`, the name, and the version where the identifier has one. */
function segmentsOf(key: RecordedKey): readonly string[] {
  const kid = 'key' in key ? key.key.kid : key.kid;
  return new URL(kid).pathname.split('/').filter((segment) => segment !== '');
}
