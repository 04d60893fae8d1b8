import type { PublishedShapes } from '../../../local/conformance/answer-rules.ts';

/** Shapes of a smaller service than Key Vault, in the form of the published ones. */
export const shapes: PublishedShapes = {
  schema: {
    $id: 'keys.schema.json',
    $defs: {
      Bundle: {
        type: 'object',
        required: ['kid'],
        properties: {
          kid: { type: 'string' },
          exp: { type: 'integer' },
          hsmPlatform: { type: 'string' },
          deletedDate: { type: 'integer' },
          scheduledPurgeDate: { type: 'integer' },
          attributes: { type: 'object' },
        },
      },
      BundleAt74: {
        type: 'object',
        $ref: '#/$defs/Bundle',
        properties: { hsmPlatform: false },
        unevaluatedProperties: false,
      },
      BundleSince75: {
        type: 'object',
        $ref: '#/$defs/Bundle',
        required: ['hsmPlatform'],
        properties: { hsmPlatform: true },
        unevaluatedProperties: false,
      },
      Deleted: {
        type: 'object',
        $ref: '#/$defs/Bundle',
        required: ['deletedDate'],
        properties: { deletedDate: true },
      },
      List: { type: 'object', required: ['value', 'nextLink'] },
      Error: {
        type: 'object',
        required: ['error'],
        additionalProperties: false,
        properties: { error: { type: 'object' } },
      },
      ResponseHeaders: { type: 'object', required: ['pragma'], properties: { pragma: { const: 'no-cache' } } },
      ChallengeHeader: { type: 'string', pattern: '^Bearer ' },
    },
  },
  operations: {
    apiVersions: { changes: { '7.1': 'attributes.recoverableDays (seen)', '7.3': 'rotate, attributes.exportable' } },
    common: {
      errors: errorsNamed('no-body', 'no-token', 'forbidden-by-rbac', 'access-denied', 'throttled', 'bad-api-version'),
    },
    operations: [
      {
        id: 'get',
        method: 'GET',
        path: '/keys/{name}',
        permission: 'keys/get',
        errors: errorsNamed('key-not-found'),
        success: [200],
        answer: {
          any: { $ref: 'keys.schema.json#/$defs/Bundle' },
          at74: { $ref: 'keys.schema.json#/$defs/BundleAt74' },
          since75: { $ref: 'keys.schema.json#/$defs/BundleSince75' },
        },
      },
      {
        id: 'get-version',
        method: 'GET',
        path: '/keys/{name}/{version}',
        permission: 'keys/get',
        errors: errorsNamed('key-version-not-found'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Bundle' } },
      },
      {
        id: 'list',
        method: 'GET',
        path: '/keys',
        permission: 'keys/list',
        errors: [],
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/List' } },
      },
      {
        id: 'create',
        method: 'POST',
        path: '/keys/{name}/create',
        permission: 'keys/create',
        errors: errorsNamed('deleted-but-recoverable'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Bundle' } },
      },
      {
        id: 'update',
        method: 'PATCH',
        path: '/keys/{name}/{version}',
        permission: 'keys/update',
        errors: errorsNamed('key-not-found', 'key-version-not-found'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Bundle' } },
      },
      {
        id: 'wrapkey',
        method: 'POST',
        path: '/keys/{name}/{version}/wrapkey',
        permission: 'keys/wrapKey',
        errors: errorsNamed('key-not-found', 'key-disabled', 'key-outside-validity'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Bundle' } },
      },
      {
        id: 'get-deleted',
        method: 'GET',
        path: '/deletedkeys/{name}',
        permission: 'keys/get',
        errors: errorsNamed('deleted-key-not-found'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Deleted' } },
      },
      {
        id: 'delete',
        method: 'DELETE',
        path: '/keys/{name}',
        permission: 'keys/delete',
        errors: errorsNamed('key-not-found', 'conflict-deleting'),
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Deleted' } },
      },
      {
        id: 'purge',
        method: 'DELETE',
        path: '/deletedkeys/{name}',
        permission: 'keys/purge',
        errors: errorsNamed('deleted-key-not-found', 'purge-protected'),
        success: [204],
        answer: { any: null },
      },
    ],
  },
  errors: {
    errors: [
      { id: 'no-body', status: 401, body: null },
      errorOf('no-token', 401, 'Unauthorized', 'AKV10000: No token.'),
      errorOf('key-not-found', 404, 'KeyNotFound', 'A key with (name/id) {name} was not found.'),
      errorOf('key-version-not-found', 404, 'KeyNotFound', 'A key with (name/id) {name}/{version} was not found.'),
      errorOf('deleted-key-not-found', 404, 'KeyNotFound', 'Deleted Key not found: {name}'),
      errorOf('secret-not-found', 404, 'SecretNotFound', 'Secret not found: {name}'),
      errorOf('bad-name', 400, 'BadParameter', 'The request URI contains an invalid name: {name}'),
      errorOf(
        'bad-api-version',
        400,
        'BadParameter',
        'The specified version ({version}) is not recognized. Consider ({latest}).',
      ),
      errorOf(
        'key-disabled',
        403,
        'Forbidden',
        'Operation {operation} is not allowed on a disabled key.',
        'KeyDisabled',
      ),
      errorOf('key-outside-validity', 403, 'Forbidden', '(text not known)'),
      errorOf(
        'forbidden-by-rbac',
        403,
        'Forbidden',
        "Not authorized.\r\nResource: '/vaults/{vault}/keys/{name}'\r\nVault: {vault};location={region}\r\n",
        'ForbiddenByRbac',
      ),
      {
        ...errorOf('access-denied', 403, 'Forbidden', 'No secrets {permission} permission.', 'AccessDenied'),
        messageForKeys: '... does not have keys {permission} permission on {vault}.',
      },
      errorOf(
        'purge-protected',
        403,
        'Forbidden',
        'Operation "purge" is not allowed: protection.\r\nVault: {vault};location={region}',
      ),
      {
        ...errorOf(
          'deleted-but-recoverable',
          409,
          'Conflict',
          'Secret {name} is deleted.',
          'ObjectIsDeletedButRecoverable',
        ),
        messageForKeys: 'Key {name} is deleted.',
      },
      errorOf('conflict-deleting', 409, 'Conflict', "There was a conflict while deleting key '{kid with version}'."),
      errorOf('throttled', 429, 'Throttled', 'Too many  requests.'),
    ],
  },
};

function errorsNamed(...ids: readonly string[]): unknown {
  return ids.map((id) => ({ body: `errors.json#${id}` }));
}

function errorOf(
  id: string,
  status: number,
  code: string,
  message: string,
  inner?: string,
): Readonly<Record<string, unknown>> {
  return {
    id,
    status,
    body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
  };
}
