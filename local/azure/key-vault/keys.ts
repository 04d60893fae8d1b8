import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import {
  applyPatch,
  attributesSchema,
  exportability,
  keyOpsSchema,
  parseBody,
  parsePatch,
  releasePolicySchema,
  tagsSchema,
} from './attributes.ts';
import { deletedKeyBundle, keyBundle } from './bundles.ts';
import { type Call, secondsOf, settledAt } from './call.ts';
import { conflict, invalidProperty, keyDisabled, keyNotFound, missingKty } from './errors.ts';
import { type KeyType, lazyMaterial, type Material, materialOf } from './material.ts';
import { expiryByPolicy } from './rotation-policy.ts';
import {
  addKeyToVault,
  addVersionToKey,
  defaultOperations,
  isClosedToWrites,
  type Key,
  type KeyVersion,
  keyTypeOf,
  type Sight,
  sightOf,
} from './store.ts';

/**
 * `GET /keys/{name}` and `/keys/{name}/{version}`. A disabled key answers 200 in every recording (2019 to 2022); emulators
 * answer 403, so both can be had. A deleted key answers 404, in the seconds after its deletion as well (UNCONFIRMED).
 */
export async function getKey(call: Call): Promise<Answer> {
  const found = findVersion(call);
  if (found.kind === 'missing') return found.answer;
  const { key, version } = found;
  if (!version.enabled && call.behaviours.disabledKeyRead === 403)
    return { ...keyDisabled('get'), unrecordedOnPurpose: true, version };
  return { status: 200, body: await keyBundle(call.vault, key, version, call.apiVersion), version };
}

const createSchema = z.object({
  kty: z.string(),
  key_size: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]).nullish(),
  crv: z.enum(['P-256', 'P-384', 'P-521', 'P-256K']).nullish(),
  key_ops: keyOpsSchema,
  attributes: attributesSchema,
  tags: tagsSchema,
  release_policy: releasePolicySchema,
});

const ktySchema = z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM']);

/** The type of key that a body of create asks for, whatever else is wrong with it; undefined where it names none. */
export function typeAsked(body: string): KeyType | undefined {
  const parsed = parseBody(z.object({ kty: ktySchema }), body);
  return parsed.kind === 'parsed' ? keyTypeOf(parsed.value.kty, undefined, undefined) : undefined;
}

/** `POST /keys/{name}/create`: a new key, or a new version of one that is there. 200 either way. */
export async function createKey(call: Call): Promise<Answer> {
  const parsed = parseBody(createSchema.partial({ kty: true }), call.body);
  if (parsed.kind === 'refused') return parsed.answer;
  const { kty: asked, key_size, crv, key_ops, attributes, tags, release_policy } = parsed.value;
  if (asked === undefined) return missingKty();
  const kty = ktySchema.safeParse(asked);
  if (!kty.success) return invalidProperty('kty');
  const released = exportability(attributes?.exportable, release_policy);
  if (released.kind === 'refused') return released.answer;
  const taken = nameTaken(call);
  if (taken !== undefined) return taken;
  const type = keyTypeOf(kty.data, key_size ?? undefined, crv ?? undefined);
  const version = newVersion(call, type, lazyMaterial(type), {
    enabled: attributes?.enabled ?? true,
    nbf: attributes?.nbf ?? undefined,
    // An import under a policy is UNCONFIRMED; for create see `sequences/key-vault/rotate-a-key-made-under-a-policy.json`.
    exp: attributes?.exp ?? expiryByPolicy(call.vault, call.name, secondsOf(call)),
    keyOps: key_ops ?? defaultOperations(type),
    tags: tags ?? undefined,
    ...released.value,
  });
  return answerMade(call, version);
}

const importSchema = z.object({
  key: z.looseObject({ kty: ktySchema, key_ops: keyOpsSchema, crv: z.string().nullish() }),
  Hsm: z.boolean().nullish(),
  attributes: attributesSchema,
  tags: tagsSchema,
  release_policy: releasePolicySchema,
});

/** `PUT /keys/{name}` with a private JSON Web Key; the answer has the public part alone. With `Hsm` the type comes back as RSA-HSM. */
export async function importKey(call: Call): Promise<Answer> {
  const parsed = parseBody(importSchema, call.body);
  if (parsed.kind === 'refused') return parsed.answer;
  const { key: jwk, Hsm, attributes, tags, release_policy } = parsed.value;
  const brought = broughtMaterial(jwk, Hsm === true);
  if (brought === undefined) return invalidProperty('key');
  const released = exportability(attributes?.exportable, release_policy);
  if (released.kind === 'refused') return released.answer;
  const taken = nameTaken(call);
  if (taken !== undefined) return taken;
  const version = newVersion(call, brought.type, brought.material, {
    enabled: attributes?.enabled ?? true,
    nbf: attributes?.nbf ?? undefined,
    exp: attributes?.exp ?? undefined,
    keyOps: jwk.key_ops ?? defaultOperations(brought.type),
    tags: tags ?? undefined,
    ...released.value,
  });
  return answerMade(call, version);
}

/** `PATCH /keys/{name}/{version}`, with an empty version the current one. Disabled and expired versions can be changed. */
export async function updateKey(call: Call): Promise<Answer> {
  const found = findVersion(call);
  if (found.kind === 'missing') return found.answer;
  const parsed = parsePatch(call.body);
  if (parsed.kind === 'refused') return { ...parsed.answer, version: found.version };
  const { key, version } = found;
  // UNCONFIRMED: the sentence.
  if (parsed.value.release_policy != null && (version.releasePolicy?.immutable ?? !version.exportable))
    return { ...invalidProperty('release_policy'), version };
  if (isClosedToWrites(key, call.nowMs)) return { ...conflict({ kind: 'being-recovered', name: key.name }), version };
  const changed = applyPatch(version, parsed.value, secondsOf(call), call.behaviours);
  const body = await keyBundle(call.vault, key, version, call.apiVersion);
  return { status: 200, body, version, ...(changed ? { changed } : {}) };
}

/**
 * `DELETE /keys/{name}`: all versions at once. 200 means begun, and a key that is still being recovered is taken too
 * (recorded, 1 s after the recovery). A vault without soft delete forgets it and answers the plain bundle.
 */
export async function deleteKey(call: Call): Promise<Answer> {
  const { vault, name, nowMs, apiVersion } = call;
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind === 'recovering' && call.behaviours.recoveringKeyDelete === 409)
    return conflict({ kind: 'being-recovered', name: sight.key.name });
  if (sight.kind !== 'present' && sight.kind !== 'recovering') return keyNotFound(name);
  const { key, current } = sight;
  if (vault.softDeleteDays === 0) {
    key.lifecycle = { kind: 'purged', nameFreeAt: nowMs };
    return { status: 200, body: await keyBundle(vault, key, current, apiVersion), version: current, changed: true };
  }
  const deletedDate = secondsOf(call);
  const dates = { deletedDate, scheduledPurgeDate: deletedDate + vault.softDeleteDays * 86_400 };
  key.lifecycle = { kind: 'deleted', settledAt: settledAt(call), ...dates };
  const body = await deletedKeyBundle(vault, key, current, dates, apiVersion);
  return { status: 200, body, version: current, changed: true };
}

/** `POST /keys/{name}/rotate`: a version of the same type, size and operations, which expires by the policy of its name (`sequences/key-vault/rotate-with-a-policy.json`), without one never. That rotating a disabled key works is UNCONFIRMED. */
export async function rotateKey(call: Call): Promise<Answer> {
  const sight = sightOf(call.vault, call.name, call.nowMs);
  if (sight.kind !== 'present') return keyNotFound(call.name);
  const taken = nameTaken(call);
  if (taken !== undefined) return taken;
  return answerMade(call, rotated(call, sight.current));
}

/** Makes the next version of a key that is there, by a request or by the policy of its name. */
export function rotated(making: Making, current: KeyVersion): Made {
  const { type, keyOps, tags, exportable, releasePolicy } = current;
  const exp = expiryByPolicy(making.vault, making.name, secondsOf(making));
  const settings = { enabled: true, nbf: undefined, exp, keyOps, tags, exportable, releasePolicy };
  return newVersion(making, type, lazyMaterial(type), settings);
}

/** The version that a call names, or the current one; or the 404 for it. */
export type Found =
  | { readonly kind: 'found'; readonly key: Key; readonly version: KeyVersion }
  | { readonly kind: 'missing'; readonly answer: Answer };

/** Finds it, as the caller sees the vault at this moment. */
export function findVersion(call: Call): Found {
  const { vault, name, version: asked, nowMs } = call;
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind !== 'present') return { kind: 'missing', answer: keyNotFound(name, asked) };
  if (asked === undefined) return { kind: 'found', key: sight.key, version: sight.current };
  const version = sight.key.versions.find(({ id }) => id === asked.toLowerCase());
  if (version === undefined) return { kind: 'missing', answer: keyNotFound(name, asked) };
  return { kind: 'found', key: sight.key, version };
}

/** What stands in the way of a new version under that name. @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview */
export function nameTaken(call: Call): Answer | undefined {
  const sight: Sight = sightOf(call.vault, call.name, call.nowMs);
  switch (sight.kind) {
    case 'none':
      return undefined;
    case 'present':
      return isClosedToWrites(sight.key, call.nowMs)
        ? conflict({ kind: 'being-recovered', name: sight.key.name })
        : undefined;
    case 'deleted':
      return conflict({ kind: 'deleted-but-recoverable', name: sight.key.name });
    case 'recovering':
      return conflict({ kind: 'being-recovered', name: sight.key.name });
    case 'deleting':
      return conflict({ kind: 'created-while-deleting', name: sight.key.name });
    case 'purging':
      return conflict({ kind: 'created-while-deleting', name: call.name });
    default:
      return sight satisfies never;
  }
}

type Settings = Pick<KeyVersion, 'enabled' | 'nbf' | 'exp' | 'keyOps' | 'tags' | 'exportable' | 'releasePolicy'>;

/** A version that was made. */
export interface Made {
  readonly key: Key;
  readonly version: KeyVersion;
}

/** What making a version needs of a call. */
type Making = Pick<Call, 'vault' | 'name' | 'nowMs' | 'behaviours' | 'random'>;

function newVersion(call: Making, type: KeyType, material: Material, settings: Settings): Made {
  const created = secondsOf(call);
  const version: KeyVersion = { id: call.random.hex(32), created, updated: created, type, material, ...settings };
  const sight = sightOf(call.vault, call.name, call.nowMs);
  if (sight.kind === 'present') {
    addVersionToKey(sight.key, version);
    return { key: sight.key, version };
  }
  const key: Key = {
    name: call.name,
    managed: false,
    versions: [version],
    versionsById: undefined,
    lifecycle: { kind: 'present', settledAt: 0, writesSettledAt: 0 },
  };
  addKeyToVault(call.vault, key);
  return { key, version };
}

async function answerMade(call: Call, made: Made): Promise<Answer> {
  const body = await keyBundle(call.vault, made.key, made.version, call.apiVersion);
  return { status: 200, body, version: made.version, made, changed: true };
}

function broughtMaterial(
  jwk: z.infer<typeof importSchema>['key'],
  hsm: boolean,
): { type: KeyType; material: Material } | undefined {
  const { crv: asked, key_ops: _operations, ...parts } = jwk;
  const family = jwk.kty.startsWith('RSA') ? 'RSA' : 'EC';
  const kty = hsm || jwk.kty.endsWith('-HSM') ? (`${family}-HSM` as const) : family;
  // The name that Node has for the curve P-256K.
  const crv = asked === 'P-256K' ? 'secp256k1' : asked;
  try {
    const key = { ...parts, kty: family, ...(crv == null ? {} : { crv }) };
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    const type = keyTypeOf(kty, privateKey.asymmetricKeyDetails?.modulusLength, asked ?? undefined);
    return { type, material: materialOf(privateKey) };
  } catch {
    // No private key in it, or none that fits together: the 400 says so.
    return undefined;
  }
}
