import type { Chance, Random } from '../random.ts';
import type { Behaviours, Identity, OperationName, WireRequest } from '../types.ts';
import type { Aged } from './aging.ts';
import { hsmPlatformOf } from './bundles.ts';
import type { KeyVersion, Vault } from './store.ts';

/** A call as it was served, for its record. */
export interface ServedCall {
  readonly vault: Vault;
  readonly request: WireRequest;
  readonly url: URL;
  readonly operation: OperationName;
  /** The service's name for an operation that the local Azure does not serve. */
  readonly unserved: string | undefined;
  /** The service's name for what it did by itself. */
  readonly byItself?: string;
  /** Undefined where no valid token came. */
  readonly identity: Identity | undefined;
  readonly key: string | undefined;
  readonly askedVersion: string | undefined;
  readonly version: KeyVersion | undefined;
  readonly algorithm: string | undefined;
  readonly status: number;
  /** The error's sentence, empty where there was none. */
  readonly description: string;
  readonly assignmentId: string | undefined;
  /** Undefined where the call ended before anybody asked. */
  readonly authorized: boolean | undefined;
  readonly receivedMs: number;
  readonly durationMs: number;
}

/**
 * The `AuditEvent` record of one call, with its quirks: `resultType` says Success whatever the status, the resource id is in
 * upper case, the duration a string, claims come in two spellings, and `enabled` in a `KeyUpdate` cannot be relied on.
 * @see https://learn.microsoft.com/azure/key-vault/general/logging
 */
export function auditRecord(call: ServedCall, behaviours: Readonly<Behaviours>, { random, ids }: Chance): unknown {
  const { vault, request, url, status, identity } = call;
  const clientRequestId = request.headers['x-ms-client-request-id'];
  const fromClient = behaviours.correlationIdIsClientRequestId ? clientRequestId : undefined;
  const id = idOf(call);
  return {
    time: `${new Date(call.receivedMs).toISOString().slice(0, -1)}0000Z`,
    category: 'AuditEvent',
    operationName: operationNameOf(call),
    resultType: 'Success',
    correlationId: fromClient ?? ids.uuid(),
    callerIpAddress: request.address ?? '127.0.0.1',
    identity: { claim: identity === undefined ? {} : claimsShown(identity, vault, request, behaviours) },
    properties: {
      ...(id === undefined ? {} : { id }),
      clientInfo: request.headers['user-agent'] ?? '',
      // Without the port by which the request came, as identifiers are.
      requestUri: `https://${url.hostname}${url.pathname}${url.search}`,
      httpStatusCode: status,
      ...(call.authorized === undefined ? {} : { [authorizationMember(vault)]: call.authorized }),
      ...(call.assignmentId === undefined ? {} : { appliedAssignmentId: call.assignmentId }),
      ...(call.algorithm === undefined ? {} : { algorithm: call.algorithm }),
      ...(call.version === undefined ? {} : { keyProperties: keyPropertiesOf(call, call.version, behaviours, random) }),
      tlsVersion: 'TLS1_3',
    },
    resourceId: resourceIdOf(vault).toUpperCase(),
    operationVersion: url.searchParams.get('api-version') ?? '',
    resultSignature: signatureOf(status),
    ...(call.description === '' ? {} : { resultDescription: call.description }),
    durationMs: String(call.durationMs),
  };
}

const authorizationMember = ({ accessModel }: Vault): string =>
  accessModel === 'rbac' ? 'isRbacAuthorized' : 'isAccessPolicyMatch';

/**
 * The record of what the service did to a version by itself. Whose identity it has is UNCONFIRMED: here nobody's. Of the
 * rest of it no sample is known. @see https://learn.microsoft.com/azure/key-vault/general/logging
 */
export function ownRecord(
  { vault, key, version, type, nowMs }: Aged,
  behaviours: Readonly<Behaviours>,
  chance: Chance,
): unknown {
  const isRotation = type === 'KeyNewVersionCreated';
  const url = new URL(`${vault.origin}/keys/${key.name}/${isRotation ? 'rotate' : version.id}`);
  return auditRecord(
    {
      ...{ vault, url, version, key: key.name, receivedMs: nowMs, durationMs: 1, status: 200, description: '' },
      request: { method: isRotation ? 'POST' : 'GET', url: url.href, headers: {}, body: '' },
      operation: isRotation ? 'rotate' : 'get-version',
      byItself: isRotation ? 'KeyRotateIfDue' : `${type}EventGridNotification`,
      ...{ unserved: undefined, identity: undefined, algorithm: undefined, assignmentId: undefined },
      askedVersion: isRotation ? undefined : version.id,
      authorized: undefined,
    },
    behaviours,
    chance,
  );
}

/** The vault's Resource Manager id, in the usual spelling. */
export function resourceIdOf(vault: Vault): string {
  return `/subscriptions/${vault.subscriptionId}/resourceGroups/${vault.resourceGroup}/providers/Microsoft.KeyVault/vaults/${vault.name}`;
}

/** The log's name for an operation, which a failed-over vault's refusal names as well. */
export function loggedNameOf(operation: OperationName): string {
  switch (operation) {
    case 'create':
      return 'KeyCreate';
    case 'import':
      return 'KeyImport';
    case 'get':
    case 'get-version':
      return 'KeyGet';
    case 'list':
      return 'KeyList';
    case 'list-versions':
      return 'KeyListVersions';
    case 'update':
      return 'KeyUpdate';
    case 'delete':
      return 'KeyDelete';
    case 'rotate':
      return 'KeyRotate';
    case 'list-deleted':
      return 'KeyListDeleted';
    case 'get-deleted':
      return 'KeyGetDeleted';
    case 'recover':
      return 'KeyRecover';
    case 'purge':
      return 'KeyPurge';
    case 'get-rotation-policy':
      return 'KeyRotationPolicyGet';
    case 'put-rotation-policy':
      return 'KeyRotationPolicySet';
    case 'backup':
      return 'KeyBackup';
    case 'restore':
      return 'KeyRestore';
    case 'encrypt':
      return 'KeyEncrypt';
    case 'decrypt':
      return 'KeyDecrypt';
    case 'sign':
      return 'KeySign';
    case 'verify':
      return 'KeyVerify';
    case 'wrapkey':
      return 'KeyWrap';
    case 'unwrapkey':
      return 'KeyUnwrap';
    case 'unknown':
      return 'Unknown';
    default:
      return operation satisfies never;
  }
}

/** A call without a valid token is logged as `Authentication`. @see https://learn.microsoft.com/azure/key-vault/general/monitor-key-vault */
function operationNameOf(call: ServedCall): string {
  if (call.byItself !== undefined) return call.byItself;
  return call.identity === undefined ? 'Authentication' : (call.unserved ?? loggedNameOf(call.operation));
}

/** As the path names it: without a version where the path has none. The lists of a whole vault have none. */
function idOf({ vault, operation, key, askedVersion, url }: ServedCall): string | undefined {
  switch (operation) {
    case 'list':
    case 'list-deleted':
      return undefined;
    case 'get-deleted':
    case 'purge':
    case 'recover':
      return `${vault.origin}/deletedkeys/${key ?? ''}`;
    case 'delete':
      return `${vault.origin}/keys/${key ?? ''}`;
    case 'unknown':
    case 'restore':
      return `${vault.origin}${url.pathname}`;
    default:
      return `${vault.origin}/keys/${key ?? ''}${askedVersion === undefined ? '' : `/${askedVersion}`}`;
  }
}

function keyPropertiesOf(
  call: ServedCall,
  version: KeyVersion,
  behaviours: Readonly<Behaviours>,
  random: Random,
): unknown {
  const hsmPlatform = hsmPlatformOf(version);
  const size = 'crv' in version.type ? {} : { size: version.type.keySize };
  switch (call.operation) {
    case 'create':
    case 'import':
    case 'rotate':
    case 'update': {
      const enabled = call.operation === 'update' ? enabledShown(version.enabled, behaviours, random) : version.enabled;
      const attributes = {
        ...(enabled === undefined ? {} : { enabled }),
        ...(version.nbf === undefined ? {} : { nbf: version.nbf }),
        ...(version.exp === undefined ? {} : { exp: version.exp }),
        hsmPlatform,
      };
      const shownSize = call.operation === 'update' ? {} : size;
      return { type: version.type.kty, ...shownSize, operations: version.keyOps, attributes };
    }
    case 'encrypt':
    case 'decrypt':
    case 'sign':
    case 'verify':
    case 'wrapkey':
    case 'unwrapkey':
      return { type: version.type.kty, ...size, attributes: { hsmPlatform } };
    case 'get':
    case 'get-version':
    case 'delete':
      return { type: version.type.kty, attributes: { hsmPlatform } };
    default:
      return { attributes: { hsmPlatform } };
  }
}

/** UNCONFIRMED whether it is the requested value, the resulting one, or there at all: hence a share of each. */
function enabledShown(
  enabled: boolean,
  { enabledInAuditRecord }: Readonly<Behaviours>,
  random: Random,
): boolean | undefined {
  const { resulting, absent, wrong } = enabledInAuditRecord;
  const drawn = random.next() * (resulting + absent + wrong);
  if (drawn < resulting) return enabled;
  return drawn < resulting + absent ? undefined : !enabled;
}

function claimsShown(
  identity: Identity,
  vault: Vault,
  request: WireRequest,
  { claimSpelling, objectIdInAuditRecord }: Readonly<Behaviours>,
): Record<string, string> {
  const claims = Object.entries(claimsOf(identity, vault, request, claimSpelling));
  return Object.fromEntries(
    objectIdInAuditRecord ? claims : claims.filter(([name]) => !['oid', OBJECT_ID].includes(name)),
  );
}

const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

function claimsOf(
  identity: Identity,
  vault: Vault,
  request: WireRequest,
  spelling: Behaviours['claimSpelling'],
): Record<string, string> {
  const { oid, appid, upn, kind } = identity;
  const ipaddr = request.address ?? '127.0.0.1';
  if (spelling === 'uri' || (spelling === 'by-kind' && kind === 'application')) {
    return {
      [OBJECT_ID]: oid,
      appid,
      ...(upn === undefined ? {} : { 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': upn }),
      ...(kind === 'managed-identity' ? { xms_mirid: managedIdentityIdOf(identity, vault) } : {}),
    };
  }
  switch (kind) {
    case 'user':
      return {
        oid,
        appid,
        scp: 'user_impersonation',
        appidacr: '0',
        upn: upn ?? '',
        ipaddr,
        unique_name: upn ?? '',
        amr: 'pwd',
      };
    case 'application':
      return { oid, appid, appidacr: '1', ipaddr };
    case 'managed-identity':
      return { oid, appid, appidacr: '2', xms_mirid: managedIdentityIdOf(identity, vault) };
    default:
      return kind satisfies never;
  }
}

function managedIdentityIdOf(identity: Identity, vault: Vault): string {
  return `/subscriptions/${vault.subscriptionId}/resourcegroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity.name}`;
}

function signatureOf(status: number): string {
  switch (status) {
    case 200:
      return 'OK';
    case 204:
      return 'No Content';
    case 400:
      return 'Bad Request';
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'Not Found';
    case 409:
      return 'Conflict';
    case 429:
      return 'Too Many Requests';
    case 503:
      return 'Service Unavailable';
    default:
      return 'Internal Server Error';
  }
}
