import type { Identity } from '../types.ts';
import type { Answer } from './answer.ts';

/** The one form of an error. @see https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#handling-errors */
function errorAnswer(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

const gatewayError = (status: number, code: string, message: string): Answer => ({
  ...errorAnswer(status, code, message),
  fromGateway: true,
});

/** Recorded in `recordings-estate/authorization`. Applications have no name there: their id is written twice. */
export function authorizationFailed({ upn, appid, oid }: Identity, action: string, scope: string): Answer {
  return gatewayError(
    403,
    'AuthorizationFailed',
    `The client '${upn ?? appid}' with object id '${oid}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** Recorded in `recordings/arm/errors.json`; the link at the end came later. @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found */
export function resourceNotFound(type: string, name: string, resourceGroup: string): Answer {
  return gatewayError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found */
export function resourceGroupNotFound(resourceGroup: string): Answer {
  return gatewayError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
export function subscriptionNotFound(subscriptionId: string): Answer {
  return gatewayError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
}

/** A set that is not there, in the words of its provider (recorded in `recordings-estate/des`). */
export function setNotFound(name: string): Answer {
  return { ...errorAnswer(404, 'NotFound', `DiskEncryptionSet '${name}' was not found.`), layout: 'indented' };
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
export function missingApiVersion(): Answer {
  return gatewayError(
    400,
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  );
}

/** @see https://github.com/Azure/azure-cli/issues/21022 for the text. */
export function invalidApiVersion(apiVersion: string, supported: readonly string[]): Answer {
  return gatewayError(
    400,
    'InvalidApiVersionParameter',
    `The api-version '${apiVersion}' is invalid. The supported versions are '${supported.join(',')}'.`,
  );
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider */
export function noRegisteredProvider(type: string, apiVersion: string, supported: readonly string[]): Answer {
  const [namespace = '', ...types] = type.split('/');
  return gatewayError(
    404,
    'InvalidResourceType',
    `The resource type '${types.join('/')}' could not be found in the namespace '${namespace}' for api version '${apiVersion}'. The supported api-versions are '${supported.join(',')}'.`,
  );
}

/** The service has no such path, or the local Azure does not serve it: the sentence says which. */
export function notServed(method: string, path: string): Answer {
  return gatewayError(400, 'NotSupported', `The local Azure does not serve ${method} ${path}.`);
}

/** The budget of a subscription is used up. @see https://github.com/MicrosoftDocs/azure-docs/issues/105248 for the text. */
export function throttled(subscriptionId: string, operation: string, seconds: number): Answer {
  return {
    ...gatewayError(
      429,
      'SubscriptionRequestsThrottled',
      `Number of requests for subscription '${subscriptionId}' and operation '${operation}' exceeded the backend storage limit. Please try again after '${seconds}' seconds.`,
    ),
    headers: { 'retry-after': String(seconds) },
  };
}

/** Too many requests for one action, as a planned fault: recorded in `recordings-estate/arm/throttled.json`, with an hour as its window. */
export function actionThrottled(action: string, seconds: number): Answer {
  return {
    ...gatewayError(
      429,
      'ResourceRequestsThrottled',
      `Number of requests for action '${action}' exceeded the limit of '150' for time interval '01:00:00'. Please try again after '${seconds}' seconds.`,
    ),
    headers: { 'retry-after': String(seconds) },
  };
}

/** Another operation is changing the resource: a 429 that means busy (recorded in `recordings-estate/arm/throttled.json`, of a network gateway). */
export function busy(operationId: string, resource: string, seconds: number): Answer {
  return {
    status: 429,
    body: {
      error: {
        code: 'RetryableError',
        message: 'A retryable error occurred.',
        details: [
          {
            code: 'RetryableErrorDueToAnotherOperation',
            message: `Operation PutDiskEncryptionSetOperation (${operationId}) is updating resource ${resource}. The call can be retried in ${seconds} seconds.`,
          },
        ],
      },
    },
  };
}

/** UNCONFIRMED: the sentence. */
export function internalError(): Answer {
  return errorAnswer(500, 'InternalServerError', 'An internal server error occurred. Please try again later.');
}

/** A request whose body lacks what the operation needs. UNCONFIRMED: the sentence. */
export function invalidRequest(message: string): Answer {
  return { ...errorAnswer(400, 'InvalidParameter', message), layout: 'indented' };
}

/** Recorded at 2019-07-01 in `recordings-estate/des`: the key cannot be changed then, and the message leaves `:443` out. */
export function keyChangeNotSupported(from: NamedKey, to: NamedKey): Answer {
  return {
    ...errorAnswer(
      409,
      'OperationNotAllowed',
      `Key rotation in disk encryption set is not supported in this version. Cannot change active key with key '${from.keyUrl}' and vault id '${from.vaultId}' to a new key with key '${to.keyUrl}' and vault id '${to.vaultId}'`,
    ),
    layout: 'indented',
  };
}

/** Recorded in `recordings-estate/vaults/deleted-vault.json`. */
export function deletedVaultNotFound(name: string): Answer {
  return errorAnswer(
    404,
    'DeletedVaultNotFound',
    `The specified deleted vault '${name}' does not exist. Ensure that the vault was indeed deleted and that it is in recoverable state. If soft delete was not enabled then the vault is permanently deleted. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2149745`,
  );
}

/** @see https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery; the sentence is UNCONFIRMED */
export function vaultIsDeleted(): Answer {
  return errorAnswer(
    409,
    'ConflictError',
    'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault.',
  );
}

/** UNCONFIRMED: code and sentence. @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview#purge-protection */
export function purgeNotAllowed(): Answer {
  return errorAnswer(405, 'MethodNotAllowed', 'Operation "DeletedVaultPurge" is not allowed.');
}

/** UNCONFIRMED: the sentence. @see https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview */
export function irreversible(property: string): Answer {
  return errorAnswer(400, 'BadRequest', `The property "${property}" has been set already and it can't be modified.`);
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources; the sentence is told of in https://github.com/Azure/azure-cli/issues/8338 */
export function scopeLocked(scope: string, lockedScope: string, isDelete: boolean): Answer {
  const operation = isDelete ? 'delete' : 'write';
  return gatewayError(
    409,
    'ScopeLocked',
    `The scope '${scope}' cannot perform ${operation} operation because following scope(s) are locked: '${lockedScope}'. Please remove the lock and try again.`,
  );
}

/** Recorded in `recordings-estate/authorization/role-assignment-on-vault.json`, as is the next. */
export function principalNotFound(principalId: string, tenantId: string): Answer {
  const digits = principalId.replaceAll('-', '');
  return errorAnswer(400, 'PrincipalNotFound', `Principal ${digits} does not exist in the directory ${tenantId}.`);
}

/** The same role for the same principal at the same scope, under another name. */
export function assignmentExists(): Answer {
  return errorAnswer(409, 'RoleAssignmentExists', 'The role assignment already exists.');
}

/** A key and its vault as a message names them. */
export interface NamedKey {
  readonly keyUrl: string;
  readonly vaultId: string;
}
