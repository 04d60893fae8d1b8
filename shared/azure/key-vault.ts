import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient, PipelinePolicy } from '@azure/core-rest-pipeline';
import {
  KeyClient,
  type KeyClientOptions,
  type KeyProperties,
  type KeyVaultKey,
  type DeletedKey as SdkDeletedKey,
} from '@azure/keyvault-keys';
import type { ListedVersion, VersionDetail } from '../domain/key.ts';
import type { Answer, Conflict, DeletedKey, ListedKey, ReadVersion, VaultReads, VaultWrites } from '../domain/vault.ts';
import { AlreadyRotated, AnswerUnreadable, VaultRefused } from '../errors.ts';
import { inTime, noRetryAfter, within } from './deadline.ts';
import { type Call, isMissing, namedRefusals, refusalOf } from './key-vault-refusals.ts';
import { exactWrites, headersOf } from './key-vault-writes.ts';
import { propertiesOf, rotationPolicyOf } from './rotation-policies.ts';
import { tokensInTime } from './tokens.ts';

/** How a client of one vault is made. */
export interface KeyVaultConnection {
  /** `https://<vault>.vault.azure.net` */
  readonly url: string;
  readonly credential: TokenCredential;
  /** Whose credential it is, for the error `NoToken`. Default: the identity watcher for reads, keeper for writes. */
  readonly identity?: string | undefined;
  /** The HTTP client; the SDK's own where left out. */
  readonly httpClient?: HttpClient | undefined;
  /** True only where the address has a port: the resource of the challenge never has one. Default false. */
  readonly disableChallengeResourceVerification?: boolean;
}

/** A call, or a page of a list, that takes longer counts as not answered, in ms: a claim on a key lasts 30 s. */
const CALL_TIMEOUT_MS = 8_000;
/** Two quick tries: a failed inspection is repeated anyway, and sweeps must not add load to a vault in trouble. */
export const TWO_QUICK_TRIES = { maxRetries: 1, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };

/**
 * What the SDK's clients of a vault are made with.
 *
 * @param policies beside the deadline and the names of refusals; all are applied once for each request, before authentication: a challenged one is sent twice, first without its body
 */
export function clientParts(
  { credential, identity, httpClient, disableChallengeResourceVerification = false }: KeyVaultConnection,
  whose: 'watcher' | 'keeper',
  retryOptions: KeyClientOptions['retryOptions'] & {},
  policies: readonly PipelinePolicy[] = [],
) {
  return {
    credential: tokensInTime(credential, identity ?? `the guardian's identity ${whose}`),
    options: {
      ...(httpClient === undefined ? {} : { httpClient }),
      disableChallengeResourceVerification,
      retryOptions,
      additionalPolicies: [
        ...[inTime(CALL_TIMEOUT_MS), ...policies, namedRefusals].map((policy) => ({
          policy,
          position: 'perCall' as const,
        })),
        { policy: noRetryAfter, position: 'perRetry' as const },
      ],
    },
  };
}

/** The reads of one vault. What cannot be read comes back as a refusal, never as missing. */
export function keyVaultReads(connection: KeyVaultConnection): VaultReads {
  const { credential, options } = clientParts(connection, 'watcher', TWO_QUICK_TRIES);
  const client = new KeyClient(connection.url, credential, options);
  const vault = vaultOf(connection);
  const reading = (what: string): Call => ({ vault, doing: `reading ${what}`, during: 'read' });
  // Remembered: a vault whose last key was deleted shows no level any more.
  let keepsNoDeleted = false;
  /** Whether a vault that refuses to show deleted keys keeps none: only the recovery level of its keys says so. */
  async function isWithoutSoftDelete({ kind }: Answer<unknown>): Promise<boolean> {
    if (kind !== 'rejected' || keepsNoDeleted) return kind === 'rejected';
    await answeredRead(reading('its recovery level'), async () => {
      for await (const { recoveryLevel } of client.listPropertiesOfKeys()) {
        keepsNoDeleted = recoveryLevel === 'Purgeable';
        break;
      }
    });
    return keepsNoDeleted;
  }
  return {
    listKeys: () =>
      answeredRead(reading('its keys'), async () => {
        const keys: ListedKey[] = [];
        const unclear: string[] = [];
        for await (const properties of client.listPropertiesOfKeys()) {
          const key = properties.name.toLowerCase();
          const attributes = soundAttributes(properties);
          if (attributes === undefined) unclear.push(key);
          else keys.push({ ...attributes, key });
        }
        return { keys, unclear };
      }),
    async listDeletedKeys() {
      const answer = await answeredRead(reading('its deleted keys'), async () => {
        const listed: DeletedKey[] = [];
        for await (const deleted of client.listDeletedKeys()) listed.push(deletedKey(deleted));
        return listed;
      });
      return (await isWithoutSoftDelete(answer)) ? { kind: 'ok', value: [] } : answer;
    },
    async listVersions(key) {
      const answer = await answeredRead(reading(`the versions of ${key}`), async () => {
        const listed: ListedVersion[] = [];
        for await (const properties of client.listPropertiesOfKeyVersions(key)) listed.push(listedVersion(properties));
        return listed;
      });
      // Vaults have answered an unknown name both with 404 and with an empty list: both mean that it has no versions.
      return answer.kind === 'ok' && answer.value.length === 0 ? { kind: 'missing' } : answer;
    },
    async read(key, version) {
      const answer = await answeredRead(reading(version === undefined ? key : `${key}/${version}`), async () =>
        readVersion(await client.getKey(key, version === undefined ? {} : { version })),
      );
      // A disabled key is answered with 200 in every recording up to 2022, and with 403 KeyDisabled by emulators: it exists in both cases.
      return isKeyDisabled(answer) ? { kind: 'undetailed' } : answer;
    },
    async readDeleted(key) {
      const answer = await answeredRead(reading(`the deleted ${key}`), async () =>
        deletedKey(await client.getDeletedKey(key)),
      );
      return (await isWithoutSoftDelete(answer)) ? { kind: 'missing', isFinal: true } : answer;
    },
    rotationPolicy: (key) =>
      answeredRead(reading(`the rotation policy of ${key}`), async () =>
        rotationPolicyOf(await client.getKeyRotationPolicy(key)),
      ),
  };
}

/** The writes of one vault. The client never sends one twice: each write has its own intent, and a failed one is decided on again. */
export function keyVaultWrites(connection: KeyVaultConnection): VaultWrites {
  const { credential, options } = clientParts(connection, 'keeper', { maxRetries: 0 }, [exactWrites]);
  const client = new KeyClient(connection.url, credential, options);
  const vault = vaultOf(connection);
  const writing = (doing: string, during: Call['during'] = 'write'): Call => ({ vault, doing, during });
  return {
    update(key, version, change, requestId) {
      const { enabled, notBefore, expiresOn, operations } = change;
      const isOfADate = notBefore !== undefined || expiresOn !== undefined;
      const doing = writing(`updating ${key}/${version}`, isOfADate ? 'write-of-a-date' : 'write');
      return answeredWrite(doing, async () => {
        const updated = await client.updateKeyProperties(key, version, {
          ...(enabled === undefined ? {} : { enabled }),
          ...(notBefore === undefined ? {} : { notBefore }),
          ...(expiresOn === undefined ? {} : { expiresOn }),
          ...(operations === undefined ? {} : { keyOps: [...operations] }),
          requestOptions: { headers: headersOf(requestId, change) },
        });
        return readVersion(updated);
      });
    },
    recover: (key, requestId) =>
      answeredWrite(writing(`recovering ${key}`), async () => {
        // The poller is not used: it takes a 403 for success. Only reading the versions back shows that the key is recovered.
        // It sends two requests, one after the other.
        const requestOptions = { headers: headersOf(requestId, {}) };
        await within(CALL_TIMEOUT_MS, (abortSignal) =>
          client.beginRecoverDeletedKey(key, { abortSignal, requestOptions }),
        );
        return undefined;
      }),
    async rotate(key, from, requestId) {
      const newest = await answeredRead({ vault, doing: `reading ${key}`, during: 'read' }, () => client.getKey(key));
      if (newest.kind !== 'ok') return newest;
      if (newest.value.properties.version !== from) return { kind: 'conflict', error: new AlreadyRotated(vault, key) };
      return answeredWrite(writing(`rotating ${key}`), async () =>
        readVersion(await client.rotateKey(key, { requestOptions: { headers: headersOf(requestId, {}) } })),
      );
    },
    setRotationPolicy: (key, policy, requestId) =>
      answeredWrite(writing(`setting the rotation policy of ${key}`), async () => {
        const requestOptions = { headers: headersOf(requestId, {}) };
        return rotationPolicyOf(await client.updateKeyRotationPolicy(key, propertiesOf(policy), { requestOptions }));
      }),
  };
}

/** The name of the vault that a connection leads to. */
export const vaultOf = ({ url }: KeyVaultConnection): string => new URL(url).hostname.split('.')[0] ?? url;

async function answered<T>(of: Call, call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'ok', value: await call() };
  } catch (error) {
    return isMissing(error) ? { kind: 'missing' } : refusalOf(error, of);
  }
}

/** Repeats a read once where the token is refused: one of the service's machines may refuse a good token for a moment. */
export async function answeredRead<T>(of: Call, call: () => Promise<T>): Promise<Answer<T>> {
  const first = await answered(of, call);
  return first.kind === 'unauthenticated' ? answered(of, call) : first;
}

async function answeredWrite<T>(of: Call, call: () => Promise<T>): Promise<Answer<T> | Conflict> {
  const answer = await answered(of, call);
  const isConflict =
    answer.kind === 'unreachable' && answer.error instanceof VaultRefused && answer.error.status === 409;
  return isConflict ? { kind: 'conflict', error: answer.error } : answer;
}

const isKeyDisabled = (answer: Answer<unknown>): boolean =>
  answer.kind === 'forbidden-by-permission' &&
  answer.error instanceof VaultRefused &&
  answer.error.code === 'KeyDisabled';

/** An attribute that the service always gives (all but the dates). Throws `AnswerUnreadable` where it is missing. */
function given<T>(value: T | undefined, what: string, of: string): T {
  if (value === undefined) throw new AnswerUnreadable(of, what);
  return value;
}

/** The last moment that a `Date` holds. */
const LATEST_MS = 8_640_000_000_000_000;

/** A date as the client gives it: 1970 comes as the number 0, a date later than a `Date` can hold as an invalid one. */
function dated(moment: Date | number | undefined): Date | undefined {
  if (moment === undefined || moment === null) return undefined;
  const ms = Number(moment);
  return new Date(Number.isNaN(ms) ? LATEST_MS : ms);
}

const listedVersion = (properties: KeyProperties): ListedVersion & { readonly managed: boolean } => ({
  ...listedAttributes(properties),
  version: given(properties.version, 'version', properties.id ?? properties.name),
});

/** The attributes of one item in a list of keys; `undefined` where the item is incomplete: it must not hide the others. */
function soundAttributes(properties: KeyProperties): ReturnType<typeof listedAttributes> | undefined {
  try {
    return listedAttributes(properties);
  } catch (error) {
    if (error instanceof AnswerUnreadable) return undefined;
    throw error;
  }
}

/** The attributes of one item in a list of keys, which names no version. */
function listedAttributes(properties: KeyProperties): Omit<ListedVersion, 'version'> & { readonly managed: boolean } {
  const of = properties.id ?? properties.name;
  return {
    managed: properties.managed === true,
    enabled: given(properties.enabled, 'enabled', of),
    notBefore: dated(properties.notBefore),
    expiresOn: dated(properties.expiresOn),
    created: given(dated(properties.createdOn), 'created', of),
    updated: given(dated(properties.updatedOn), 'updated', of),
  };
}

function deletedKey({ name, properties }: SdkDeletedKey): DeletedKey {
  return {
    key: name.toLowerCase(),
    managed: properties.managed === true,
    deletedOn: given(dated(properties.deletedOn), 'deletedDate', name),
    scheduledPurgeOn: dated(properties.scheduledPurgeDate),
  };
}

function readVersion({ key, keyOperations, keyType, properties }: KeyVaultKey): ReadVersion {
  return {
    ...listedVersion(properties),
    detail: {
      operations: given(keyOperations, 'key_ops', properties.name),
      keyType: given(keyType, 'kty', properties.name),
      keySizeBits: key?.n === undefined ? undefined : (asNumber(key.n)?.length ?? 0) * 8,
      ...fingerprintsOf(key ?? {}),
    },
  };
}

type PublicPart = {
  readonly n?: Uint8Array;
  readonly e?: Uint8Array;
  readonly crv?: string;
  readonly x?: Uint8Array;
  readonly y?: Uint8Array;
};

/** SHA-256 over the public part only: equal for the same key, and it reveals nothing of the key. */
function fingerprintsOf({ n, e, crv, x, y }: PublicPart): Pick<VersionDetail, 'fingerprint' | 'formerFingerprint'> {
  const fingerprint = hashOf([asNumber(n), asNumber(e), crv, x, y]);
  const formerFingerprint = hashOf([n, e, crv, x, y]);
  return { fingerprint, ...(formerFingerprint === fingerprint ? {} : { formerFingerprint }) };
}

function hashOf(parts: readonly (Uint8Array | string | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part ?? '').update('\0');
  return hash.digest('hex');
}

/** The bytes of a number without leading zero bytes: keys of an HSM come with the exponent `AAEAAQ`, others with `AQAB`. */
const asNumber = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes?.subarray(bytes.findIndex((byte) => byte !== 0));
