import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import { parseBody } from './attributes.ts';
import { versionId } from './bundles.ts';
import type { Call } from './call.ts';
import { badParameter, internalError, keyDisabled, keyOperationForbidden, outsideValidity } from './errors.ts';
import { findVersion } from './keys.ts';
import type { KeyVersion } from './store.ts';

const bodySchema = z.object({ alg: z.string(), value: z.string().regex(/^[A-Za-z0-9_-]+=*$/) });

/** `POST …/wrapkey`: refused while disabled, and outside nbf and exp. @see https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key */
export function wrapKey(call: Call): Promise<Answer> {
  return useKey(call, 'wrapKey');
}

/** `POST …/unwrapkey`: refused while disabled, but works outside nbf and exp. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations */
export function unwrapKey(call: Call): Promise<Answer> {
  return useKey(call, 'unwrapKey');
}

async function useKey(call: Call, operation: 'wrapKey' | 'unwrapKey'): Promise<Answer> {
  const found = findVersion(call);
  if (found.kind === 'missing') return found.answer;
  const { key, version } = found;
  const refusal = refusalOf(version, operation, call.nowMs / 1000);
  if (refusal !== undefined) return { ...refusal, version };
  const parsed = parseBody(bodySchema, call.body);
  if (parsed.kind === 'refused') return { ...parsed.answer, version };
  const { alg, value } = parsed.value;
  const padding = paddingOf(alg);
  // UNCONFIRMED: the sentences of these 400s.
  if (padding === undefined || 'crv' in version.type)
    return {
      ...badParameter(
        `Key and signing algorithm are incompatible. Key is of type ${version.type.kty}, algorithm is '${alg}'.`,
      ),
      version,
    };
  const kid = versionId(call.vault, key, version);
  const material = await (operation === 'wrapKey' ? version.material.publicKey() : version.material.privateKey());
  // A version seeded by its public part alone has nothing to unwrap with.
  if (material === undefined) return { ...internalError(), version };
  const result = transform(operation, material, padding, Buffer.from(value, 'base64url'));
  if (result === undefined) return { ...badParameter('The parameter is incorrect.\r\n'), version, algorithm: alg };
  return { status: 200, body: { kid, value: result.toString('base64url') }, version, algorithm: alg };
}

function refusalOf(version: KeyVersion, operation: 'wrapKey' | 'unwrapKey', nowSeconds: number): Answer | undefined {
  if (!version.enabled) return keyDisabled(operation);
  const early = version.nbf !== undefined && nowSeconds < version.nbf;
  const late = version.exp !== undefined && nowSeconds >= version.exp;
  if (operation === 'wrapKey' && (early || late)) return outsideValidity(operation);
  if (!version.keyOps.includes(operation)) return keyOperationForbidden(operation);
  return undefined;
}

type Padding = { readonly padding: number; readonly oaepHash?: 'sha1' | 'sha256' };

function paddingOf(algorithm: string): Padding | undefined {
  switch (algorithm) {
    case 'RSA-OAEP':
      return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    case 'RSA-OAEP-256':
      return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    case 'RSA1_5':
      return { padding: constants.RSA_PKCS1_PADDING };
    default:
      return undefined;
  }
}

function transform(
  operation: 'wrapKey' | 'unwrapKey',
  key: KeyObject,
  padding: Padding,
  value: Buffer,
): Buffer | undefined {
  try {
    return operation === 'wrapKey'
      ? publicEncrypt({ key, ...padding }, value)
      : privateDecrypt({ key, ...padding }, value);
  } catch {
    // Too long to wrap, or not wrapped under this version: the service says 400 and no more.
    return undefined;
  }
}
