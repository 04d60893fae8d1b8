import { z } from 'zod';
import type { Behaviours, KeyOperation } from '../types.ts';
import type { Answer } from './answer.ts';
import { badParameter, invalidProperty } from './errors.ts';
import type { KeyVersion, ReleasePolicy } from './store.ts';

/** Year 9999: what a client sends in milliseconds lies beyond. */
const LATEST_SECONDS = 253_402_300_799;
const secondsSchema = z.int().min(0).max(LATEST_SECONDS).nullish();

/** The attributes of a request as the service takes them; dates in whole Unix seconds. */
export const attributesSchema = z
  .object({
    enabled: z.boolean().nullish(),
    nbf: secondsSchema,
    exp: secondsSchema,
    exportable: z.boolean().nullish(),
  })
  .nullish();

/** At most 15, names and values up to 256 characters. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#key-tags */
export const tagsSchema = z
  .record(z.string().max(256), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 15)
  .nullish();

const operations: readonly KeyOperation[] = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'wrapKey',
  'unwrapKey',
  'import',
  'export',
];
/** The operations of a request, each once. */
export const keyOpsSchema = z
  .array(z.enum(operations))
  .transform((ops) => [...new Set(ops)])
  .nullish();

/** A release policy of a request; its content type has a default. @see https://learn.microsoft.com/rest/api/keyvault/keys/create-key/create-key#keyreleasepolicy */
export const releasePolicySchema = z
  .object({
    contentType: z.string().min(1).nullish(),
    data: z.string().regex(/^[A-Za-z0-9_-]+=*$/),
    immutable: z.boolean().nullish(),
  })
  .transform(
    ({ contentType, data, immutable }): ReleasePolicy => ({
      contentType: contentType ?? 'application/json; charset=utf-8',
      data: data.replace(/=+$/, ''),
      immutable: immutable ?? false,
    }),
  )
  .nullish();

/** Whether a new version may be released, and by what policy; both or neither are asked for. */
export function exportability(
  exportable: boolean | null | undefined,
  policy: ReleasePolicy | null | undefined,
): Parsed<Pick<KeyVersion, 'exportable' | 'releasePolicy'>> {
  if (exportable === true && policy == null)
    return { kind: 'refused', answer: badParameter('AKV.SKR.1004: Exportable keys must have release policy.') };
  // Quoted in https://github.com/Azure/azure-cli/issues/28288.
  if (exportable !== true && policy != null)
    return { kind: 'refused', answer: badParameter('AKV.SKR.1005: Non-exportable keys must not have release policy.') };
  return { kind: 'parsed', value: { exportable: exportable === true, releasePolicy: policy ?? undefined } };
}

const patchSchema = z.object({
  key_ops: keyOpsSchema,
  attributes: attributesSchema,
  tags: tagsSchema,
  release_policy: releasePolicySchema,
});
/** What an update asks to change; null and what is left out ask for nothing. */
export type Patch = z.infer<typeof patchSchema>;

/** A body that was understood, or the 400 that says it was not. */
export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** What is not JSON and what does not fit answers 400. UNCONFIRMED: both sentences. */
export function parseBody<T>(schema: z.ZodType<T>, body: string): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: 'refused', answer: badParameter('The request body is not valid JSON.') };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'parsed', value: parsed.data };
  return { kind: 'refused', answer: invalidProperty(String(parsed.error.issues[0]?.path.at(-1) ?? '')) };
}

/** The body of an update. */
export function parsePatch(body: string): Parsed<Patch> {
  return parseBody(patchSchema, body);
}

/**
 * Changes what the patch names and nothing else; tags and operations are replaced as a set. A patch that changes nothing
 * leaves `updated` as it is unless the behaviours say otherwise: no recording shows which. That null does not take a date away again is the harsher reading of what nobody
 * confirmed. @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key/update-key
 */
export function applyPatch(
  version: KeyVersion,
  patch: Patch,
  nowSeconds: number,
  { operationsMoveUpdated, unchangedMovesUpdated }: Pick<Behaviours, 'operationsMoveUpdated' | 'unchangedMovesUpdated'>,
): boolean {
  const { enabled, nbf, exp } = patch.attributes ?? {};
  const operationsChange = patch.key_ops != null && !sameSet(patch.key_ops, version.keyOps);
  const tagsChange = patch.tags != null && !sameTags(patch.tags, version.tags);
  const attributesChange =
    (enabled != null && enabled !== version.enabled) ||
    (nbf != null && nbf !== version.nbf) ||
    (exp != null && exp !== version.exp);
  version.enabled = enabled ?? version.enabled;
  version.nbf = nbf ?? version.nbf;
  version.exp = exp ?? version.exp;
  if (operationsChange && patch.key_ops != null) version.keyOps = patch.key_ops;
  if (tagsChange && patch.tags != null) version.tags = patch.tags;
  const policy = patch.release_policy;
  const policyChanges = policy != null && JSON.stringify(policy) !== JSON.stringify(version.releasePolicy);
  if (policyChanges) version.releasePolicy = policy;
  const changes = attributesChange || tagsChange || operationsChange || policyChanges;
  const onlyOperations = operationsChange && !attributesChange && !tagsChange && !policyChanges;
  const moves = onlyOperations ? operationsMoveUpdated : changes || unchangedMovesUpdated;
  if (moves) version.updated = nowSeconds;
  return changes;
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item));
}

function sameTags(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>> | undefined,
): boolean {
  if (right === undefined) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
