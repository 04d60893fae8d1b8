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
    operations: [
      {
        id: 'get',
        method: 'GET',
        path: '/keys/{name}',
        success: [200],
        answer: {
          any: { $ref: 'keys.schema.json#/$defs/Bundle' },
          at74: { $ref: 'keys.schema.json#/$defs/BundleAt74' },
          since75: { $ref: 'keys.schema.json#/$defs/BundleSince75' },
        },
      },
      {
        id: 'delete',
        method: 'DELETE',
        path: '/keys/{name}',
        success: [200],
        answer: { any: { $ref: 'keys.schema.json#/$defs/Deleted' } },
      },
      { id: 'purge', method: 'DELETE', path: '/deletedkeys/{name}', success: [204], answer: { any: null } },
    ],
  },
  errors: {
    errors: [
      { id: 'no-body', status: 401, body: null },
      {
        id: 'disabled',
        status: 403,
        body: forbidden('Secret {name} is disabled.', 'KeyDisabled'),
        messageForKeys: '{name} is disabled.',
      },
      { id: 'unknown', status: 403, body: forbidden('(text not known)', 'Unknown') },
    ],
  },
};

function forbidden(message: string, inner: string): unknown {
  return { error: { code: 'Forbidden', message, innererror: { code: inner } } };
}
