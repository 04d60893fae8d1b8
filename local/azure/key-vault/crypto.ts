import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import { parseBody } from './attributes.ts';
import { versionId } from './bundles.ts';
import type { Call } from './call.ts';
import {
  badParameter,
  internalError,
  keyDisabled,
  keyOperationForbidden,
  outsideValidity,
  wrongLength,
} from './errors.ts';
import { findVersion } from './keys.ts';
import { signerOf } from './signatures.ts';
import type { KeyVersion } from './store.ts';

const base64url = z.string().regex(/^[A-Za-z0-9_-]+=*$/);
const bodySchema = z.object({ alg: z.string(), value: base64url });

/** `POST …/wrapkey`: refused while disabled, and outside nbf and exp. @see https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key */
export function wrapKey(call: Call): Promise<Answer> {
  return useKey(call, 'wrapKey', bodySchema, transformed('wrapKey'));
}

/** `POST …/unwrapkey`: refused while disabled, but works outside nbf and exp. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations */
export function unwrapKey(call: Call): Promise<Answer> {
  return useKey(call, 'unwrapKey', bodySchema, transformed('unwrapKey'));
}

/** `POST …/encrypt`. @see https://learn.microsoft.com/rest/api/keyvault/keys/encrypt/encrypt */
export function encrypt(call: Call): Promise<Answer> {
  return useKey(call, 'encrypt', bodySchema, transformed('encrypt'));
}

/** `POST …/decrypt`: works outside nbf and exp. @see https://learn.microsoft.com/rest/api/keyvault/keys/decrypt/decrypt */
export function decrypt(call: Call): Promise<Answer> {
  return useKey(call, 'decrypt', bodySchema, transformed('decrypt'));
}

/** `POST …/sign`: `value` is a digest. @see https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign */
export function sign(call: Call): Promise<Answer> {
  return useKey(call, 'sign', bodySchema, async ({ version, kid, alg, body }) => {
    const signer = signerOf(alg, version.type);
    if (signer === undefined) return incompatible(version, alg);
    const digest = bytesOf(body.value);
    if (digest.length !== signer.digestBytes) return wrongLength('value', digest.length, alg, signer.digestBytes);
    const key = await version.material.privateKey();
    if (key === undefined) return internalError();
    return { status: 200, body: { kid, value: signer.sign(key, digest).toString('base64url') } };
  });
}

const verifySchema = bodySchema.extend({ digest: base64url });

/** `POST …/verify`: `value` is the signature; a wrong one is no error. Works outside nbf and exp. @see https://learn.microsoft.com/rest/api/keyvault/keys/verify/verify */
export function verify(call: Call): Promise<Answer> {
  return useKey(call, 'verify', verifySchema, async ({ version, alg, body }) => {
    const signer = signerOf(alg, version.type);
    if (signer === undefined) return incompatible(version, alg);
    const digest = bytesOf(body.digest);
    if (digest.length !== signer.digestBytes) return wrongLength('digest', digest.length, alg, signer.digestBytes);
    const key = await version.material.privateKey();
    if (key === undefined) return internalError();
    const value = attempted(() => signer.verify(key, digest, bytesOf(body.value))) ?? false;
    return { status: 200, body: { value } };
  });
}

type Use = 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt' | 'sign' | 'verify';

/** What a use of a key works on. */
interface Using<Body> {
  readonly version: KeyVersion;
  readonly kid: string;
  readonly alg: string;
  readonly body: Body;
}

/** Finds the version, refuses what its state and operations do not allow, and reads the body. */
async function useKey<Body extends { readonly alg: string }>(
  call: Call,
  use: Use,
  schema: z.ZodType<Body>,
  answer: (using: Using<Body>) => Promise<Answer>,
): Promise<Answer> {
  const found = findVersion(call);
  if (found.kind === 'missing') return found.answer;
  const { key, version } = found;
  const refusal = refusalOf(version, use, call.nowMs / 1000);
  if (refusal !== undefined) return { ...refusal, version };
  const parsed = parseBody(schema, call.body);
  if (parsed.kind === 'refused') return { ...parsed.answer, version };
  const body = parsed.value;
  const kid = versionId(call.vault, key, version);
  return { ...(await answer({ version, kid, alg: body.alg, body })), version, algorithm: body.alg };
}

/** A disabled version refuses all six; outside its dates one still unwraps, decrypts and verifies. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations */
function refusalOf(version: KeyVersion, use: Use, nowSeconds: number): Answer | undefined {
  if (!version.enabled) return keyDisabled(use);
  const early = version.nbf !== undefined && nowSeconds < version.nbf;
  const late = version.exp !== undefined && nowSeconds >= version.exp;
  const isBound = use === 'wrapKey' || use === 'encrypt' || use === 'sign';
  if (isBound && (early || late)) return outsideValidity(use);
  if (!version.keyOps.includes(use)) return keyOperationForbidden(use);
  return undefined;
}

/** UNCONFIRMED: the sentence. */
const incompatible = ({ type }: KeyVersion, alg: string): Answer =>
  badParameter(`Key and signing algorithm are incompatible. Key is of type ${type.kty}, algorithm is '${alg}'.`);

function transformed(use: 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt') {
  const isPublic = use === 'wrapKey' || use === 'encrypt';
  return async ({ version, kid, alg, body }: Using<z.infer<typeof bodySchema>>): Promise<Answer> => {
    const padding = paddingOf(alg);
    if (padding === undefined || 'crv' in version.type) return incompatible(version, alg);
    const key = await (isPublic ? version.material.publicKey() : version.material.privateKey());
    // A version seeded by its public part alone has nothing to unwrap with.
    if (key === undefined) return internalError();
    const result = attempted(() => transform(isPublic, key, padding, bytesOf(body.value)));
    // Too long to wrap, or not wrapped under this version. UNCONFIRMED: the sentence.
    if (result === undefined) return badParameter('The parameter is incorrect.\r\n');
    return { status: 200, body: { kid, value: result.toString('base64url') } };
  };
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

function transform(isPublic: boolean, key: KeyObject, padding: Padding, value: Buffer): Buffer {
  return isPublic ? publicEncrypt({ key, ...padding }, value) : privateDecrypt({ key, ...padding }, value);
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url');

/** Undefined where the bytes that a caller sent do not fit the key: the answer says so. */
function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
