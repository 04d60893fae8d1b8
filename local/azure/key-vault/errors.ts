import type { Answer } from './answer.ts';

/** The body of every error but a Managed HSM's. @see https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
export function errorAnswer(status: number, code: string, message: string, innererror?: string): Answer {
  const error = { code, message, ...(innererror === undefined ? {} : { innererror: { code: innererror } }) };
  return { status, body: { error } };
}

const lookHere = 'For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182';

/** The same words for a key that never was, one that is soft-deleted, and one that is still being recovered. */
export function keyNotFound(name: string, version?: string): Answer {
  const subject = version === undefined ? name : `${name}/${version}`;
  return errorAnswer(
    404,
    'KeyNotFound',
    `A key with (name/id) ${subject} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. ${lookHere}`,
  );
}

/** As recorded. */
export function deletedKeyNotFound(name: string): Answer {
  return errorAnswer(404, 'KeyNotFound', `Deleted Key not found: ${name}`);
}

/** The 400 of whatever does not fit. */
export function badParameter(message: string): Answer {
  return errorAnswer(400, 'BadParameter', message);
}

/** A name with characters that no key can have. */
export function badName(name: string): Answer {
  return badParameter(`The request URI contains an invalid name: ${name}`);
}

/** Two blanks, and the line twice: as recorded. */
export function missingKty(): Answer {
  return badParameter('Property  has invalid value\r\nProperty  has invalid value\r\n');
}

/** The status is documented; the sentence is known for a missing `kty` alone, so it is UNCONFIRMED here. */
export function invalidProperty(property: string): Answer {
  return badParameter(`Property ${property} has invalid value\r\n`);
}

/** As recorded; the code has blanks. */
export function malformedBackup(): Answer {
  return errorAnswer(400, 'Malformed backup blob', 'Backup blob is corrupt.');
}

/** As quoted in https://github.com/Azure/azure-sdk-for-python/issues/17630. */
export function restoreConflict(): Answer {
  const first =
    'a second key with the same name was created after the first key was deleted; thus trying to restore a key whose name is already in use';
  const message = `There was a conflict restoring the key. This can happen if either: ${first}. To fix this, rename the second key to something else so that the restore works. The second probable cause of this exception is when multiple operations are performed in parallel against the key. To avoid this error, perform operations against a key in a sequential manner.`;
  return errorAnswer(409, 'Conflict', message);
}

/** @see https://github.com/Azure/azure-sdk-for-js/issues/12654 */
export function wrongLength(member: string, bytes: number, algorithm: string, needed: number): Answer {
  return badParameter(
    `Invalid length of '${member}': ${bytes} bytes. ${algorithm} requires ${needed} bytes, encoded with base64url.`,
  );
}

/** As recorded. */
export function badApiVersion(version: string, latest: string): Answer {
  return badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (${latest}).`,
  );
}

/** @see https://github.com/Azure/azure-sdk-for-python/issues/45342 for the sentence; the body was not quoted. */
export function keyDisabled(operation: string): Answer {
  return errorAnswer(403, 'Forbidden', `Operation ${operation} is not allowed on a disabled key.`, 'KeyDisabled');
}

/** @see https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/keyvault/TROUBLESHOOTING.md */
export function keyOperationForbidden(operation: string): Answer {
  return errorAnswer(403, 'Forbidden', `Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden');
}

/** The status is documented, the sentence UNCONFIRMED. @see https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations */
export function outsideValidity(operation: string): Answer {
  return errorAnswer(403, 'Forbidden', `Operation ${operation} is not allowed outside the validity period of the key.`);
}

/** The ways a name can be taken, or an operation meet another. Final are the first alone. */
export function conflict(
  because:
    | { readonly kind: 'deleted-but-recoverable'; readonly name: string }
    | { readonly kind: 'being-deleted' }
    | { readonly kind: 'recovered-while-deleting'; readonly name: string }
    | { readonly kind: 'created-while-deleting'; readonly name: string }
    | { readonly kind: 'being-recovered'; readonly name: string }
    | { readonly kind: 'recovering-in-parallel'; readonly kid: string }
    | { readonly kind: 'deleting-in-parallel'; readonly kid: string }
    | { readonly kind: 'in-parallel' },
): Answer {
  switch (because.kind) {
    case 'deleted-but-recoverable': {
      const state = 'is currently in a deleted but recoverable state, and its name cannot be reused';
      const message = `Key ${because.name} ${state}; in this state, the key can only be recovered or purged.`;
      return errorAnswer(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
    }
    case 'being-deleted':
      return errorAnswer(409, 'Conflict', 'Key is currently being deleted.', 'ObjectIsBeingDeleted');
    case 'recovered-while-deleting':
      // Recorded: `recordings-estate/keys/delete-and-recover.json`.
      return errorAnswer(409, 'Conflict', `Key ${because.name} is currently being deleted.`, 'ObjectIsBeingDeleted');
    case 'created-while-deleting': {
      // Recorded: `sequences/key-vault/create-while-being-deleted.json`.
      const message = `Key ${because.name} is currently being deleted and cannot be re-created; retry later.`;
      return errorAnswer(409, 'Conflict', message, 'ObjectIsBeingDeleted');
    }
    case 'being-recovered': {
      const message = `Key ${because.name} is currently being recovered and cannot be re-created; retry later.`;
      return errorAnswer(409, 'Conflict', message, 'ObjectIsBeingRecovered');
    }
    case 'recovering-in-parallel':
      return parallel('recovering the soft-deleted key', because.kid, 'the soft-deleted key');
    case 'deleting-in-parallel':
      return parallel('deleting key', because.kid, 'the key');
    case 'in-parallel':
      // Seen for deleting and recovering only; for other operations UNCONFIRMED, so the sentence names no operation.
      return errorAnswer(
        409,
        'Conflict',
        'There was a conflict. This can happen when multiple operations are performed in parallel against the key.',
      );
    default:
      return because satisfies never;
  }
}

function parallel(doing: string, kid: string, subject: string): Answer {
  return errorAnswer(
    409,
    'Conflict',
    `There was a conflict while ${doing} '${kid}'. This can happen when multiple operations are performed in parallel against ${subject}. To avoid this error, perform operations against ${subject} in a sequential manner.`,
  );
}

/** No innererror and no Retry-After: neither was in the answers that were quoted. @see https://github.com/vcsjones/AzureSignTool/issues/219 */
export function throttled(): Answer {
  const message =
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
  return errorAnswer(429, 'Throttled', message);
}

/** The 403 on a purge that no permission would allow. */
export function purgeProtected(vault: string, region: string): Answer {
  const sentence = 'Operation "purge" is not allowed because purge protection is enabled for this vault.';
  const rest = 'Key Vault service will automatically purge it after the retention period has passed.';
  return errorAnswer(403, 'Forbidden', `${sentence} ${rest}\r\nVault: ${vault};location=${region}`);
}

/**
 * A write while the vault is failed over. Which operations go on is documented
 * (https://learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance); status 503 and the sentence were quoted
 * for SecretSet (https://github.com/MSEndpointMgr/CloudLAPS/issues/70, https://github.com/Azure/azure-cli/issues/25693).
 * UNCONFIRMED: the key operations' names in it, taken from the log's.
 */
export function readOnly(operationName: string): Answer {
  const message = `Operation "${operationName}" is unavailable: the service is currently in a read-only state.`;
  return errorAnswer(503, 'ServiceUnavailable', message);
}

/** UNCONFIRMED: code and sentence of a 500. */
export function internalError(): Answer {
  return errorAnswer(500, 'InternalServerError', 'An internal error occurred.');
}

/**
 * The 400 of a vault without soft delete, of which none are made any more. Seen of purging a secret
 * (https://github.com/Azure/terraform-provider-azapi/issues/879). UNCONFIRMED: the names of the other operations in it.
 */
export function softDeleteOff(operation: 'get' | 'list' | 'recover' | 'purge'): Answer {
  return errorAnswer(400, 'NotSupported', `Operation "${operation}" is not enabled for this vault.`);
}

/** Not an answer of the service: says plainly that the local Azure does not have it. */
export function notServed(method: string, pathname: string): Answer {
  return errorAnswer(400, 'NotSupported', `The local Azure does not serve ${method} ${pathname}.`);
}
