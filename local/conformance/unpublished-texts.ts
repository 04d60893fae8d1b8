/** An error that the local Azure answers although the published files do not have it for that operation. */
export interface UnpublishedText {
  /** Ids of the operations that may answer it; `any` for all of them and for paths of none. */
  readonly from: readonly string[] | 'any';
  readonly status: number;
  readonly code: string;
  readonly innerCode?: string;
  /** With `{braces}` for what differs from call to call. */
  readonly text: string;
  /** Where the sentence is from, or why there is one of our own. */
  readonly because: string;
}

const DOES_NOT_FIT = 'the status is published, the sentence for a missing kty alone';
/** Ids of the operations that use a key. */
const CRYPTOGRAPHIC = ['wrapkey', 'unwrapkey', 'encrypt', 'decrypt', 'sign', 'verify'];
const PLANNED = 'a planned fault, on an operation for which no sentence was ever quoted';

/** Every exception from what is published, by name: an answer that is neither published nor here is wrong. */
export const unpublishedTexts: readonly UnpublishedText[] = [
  {
    from: 'any',
    status: 400,
    code: 'NotSupported',
    text: 'The local Azure does not serve {method} {path}.',
    because: 'no answer of the service: the local Azure says that it does not have this',
  },
  {
    from: 'any',
    status: 401,
    code: 'Unauthorized',
    text: "AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '{header}'.",
    because: 'quoted in https://github.com/Azure-Samples/azuresandbox/issues/188',
  },
  {
    from: 'any',
    status: 401,
    code: 'Unauthorized',
    text: "[TokenExpired] Error validating token: 'S2S12086'.",
    because: 'quoted in https://github.com/Azure/azure-sdk-for-python/issues/27266',
  },
  {
    from: ['recover'],
    status: 409,
    code: 'Conflict',
    innerCode: 'ObjectIsBeingDeleted',
    text: 'Key {name} is currently being deleted.',
    because: 'recorded in recordings-estate/keys/delete-and-recover.json; published is the text for a secret',
  },
  {
    from: ['create', 'import', 'restore'],
    status: 409,
    code: 'Conflict',
    innerCode: 'ObjectIsBeingDeleted',
    text: 'Key {name} is currently being deleted and cannot be re-created; retry later.',
    because: 'recorded in sequences/key-vault/create-while-being-deleted.json',
  },
  {
    from: ['create', 'import', 'update', 'put-rotation-policy', 'restore', ...CRYPTOGRAPHIC],
    status: 400,
    code: 'BadParameter',
    text: 'Property {property} has invalid value\r\n',
    because: DOES_NOT_FIT,
  },
  {
    from: ['list', 'list-versions', 'list-deleted'],
    status: 400,
    code: 'BadParameter',
    text: 'Property {property} has invalid value\r\n',
    because: DOES_NOT_FIT,
  },
  {
    from: ['create', 'import', 'update', 'put-rotation-policy', 'restore', ...CRYPTOGRAPHIC],
    status: 400,
    code: 'BadParameter',
    text: 'The request body is not valid JSON.',
    because: DOES_NOT_FIT,
  },
  {
    from: CRYPTOGRAPHIC,
    status: 400,
    code: 'BadParameter',
    text: "Key and signing algorithm are incompatible. Key is of type {kty}, algorithm is '{alg}'.",
    because: DOES_NOT_FIT,
  },
  {
    from: ['sign', 'verify'],
    status: 400,
    code: 'BadParameter',
    text: "Invalid length of '{member}': {n} bytes. {alg} requires {n} bytes, encoded with base64url.",
    because: 'quoted in https://github.com/Azure/azure-sdk-for-js/issues/12654',
  },
  {
    from: ['create', 'import'],
    status: 400,
    code: 'BadParameter',
    text: 'AKV.SKR.1005: Non-exportable keys must not have release policy.',
    because: 'quoted in https://github.com/Azure/azure-cli/issues/28288',
  },
  {
    from: ['restore'],
    status: 409,
    code: 'Conflict',
    text: 'There was a conflict restoring the key. This can happen if either: ...',
    because:
      'published as restore-exists, its text quoted in https://github.com/Azure/azure-sdk-for-python/issues/17630',
  },
  {
    from: ['wrapkey', 'unwrapkey', 'encrypt', 'decrypt'],
    status: 400,
    code: 'BadParameter',
    text: 'The parameter is incorrect.\r\n',
    because: DOES_NOT_FIT,
  },
  {
    from: ['wrapkey', 'encrypt', 'sign'],
    status: 403,
    code: 'Forbidden',
    text: 'Operation {operation} is not allowed outside the validity period of the key.',
    because: 'published as key-outside-validity, its text not known',
  },
  {
    from: ['list-deleted', 'get-deleted', 'recover', 'purge'],
    status: 400,
    code: 'NotSupported',
    text: 'Operation "{permission}" is not enabled for this vault.',
    because:
      'published as not-supported, its text quoted in https://github.com/Azure/terraform-provider-azapi/issues/879',
  },
  {
    from: 'any',
    status: 409,
    code: 'Conflict',
    text: 'There was a conflict. This can happen when multiple operations are performed in parallel against the key.',
    because: PLANNED,
  },
  { from: 'any', status: 500, code: 'InternalServerError', text: 'An internal error occurred.', because: PLANNED },
  {
    from: ['create', 'import', 'update', 'delete', 'rotate', 'recover', 'purge', 'put-rotation-policy', 'restore'],
    status: 503,
    code: 'ServiceUnavailable',
    text: 'Operation "{logged}" is unavailable: the service is currently in a read-only state.',
    because: 'quoted for SecretSet in https://github.com/MSEndpointMgr/CloudLAPS/issues/70',
  },
];

/** Published errors that other operations answer too, with the reason. */
export const alsoFrom: readonly {
  readonly id: string;
  readonly from: readonly string[] | 'any';
  readonly because: string;
}[] = [
  { id: 'bad-name', from: 'any', because: 'a name is a name on every path; seen for create' },
  { id: 'bad-no-operation', from: 'any', because: 'an empty name is refused on every path; seen for create' },
  {
    id: 'being-recovered',
    from: ['update', 'rotate'],
    because: 'seen for a new version of a secret in https://github.com/Azure/azure-sdk-for-net/issues/31581',
  },
  { id: 'being-recovered', from: ['restore'], because: 'by analogy with create' },
  { id: 'bad-exportable-without-policy', from: ['import'], because: 'by analogy with create' },
  { id: 'key-not-found', from: ['put-rotation-policy'], because: 'by analogy with GET' },
  { id: 'key-version-not-found', from: CRYPTOGRAPHIC, because: 'by analogy with GET, as key-not-found is' },
];
