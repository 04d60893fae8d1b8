import type { OperationName } from '../types.ts';
import { backupKey, restoreKey } from './backups.ts';
import type { Operation } from './call.ts';
import { decrypt, encrypt, sign, unwrapKey, verify, wrapKey } from './crypto.ts';
import { getDeletedKey, purgeDeletedKey, recoverDeletedKey } from './deleted-keys.ts';
import { createKey, deleteKey, getKey, importKey, rotateKey, updateKey } from './keys.ts';
import { listDeletedKeys, listKeys, listVersions } from './lists.ts';
import { getRotationPolicy, putRotationPolicy } from './rotation-policy.ts';

/** What serves each operation. @see https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups */
export const operations: Readonly<Record<Exclude<OperationName, 'unknown'>, Operation>> = {
  create: createKey,
  import: importKey,
  get: getKey,
  'get-version': getKey,
  list: listKeys,
  'list-versions': listVersions,
  update: updateKey,
  delete: deleteKey,
  rotate: rotateKey,
  'list-deleted': listDeletedKeys,
  'get-deleted': getDeletedKey,
  recover: recoverDeletedKey,
  purge: purgeDeletedKey,
  'get-rotation-policy': getRotationPolicy,
  'put-rotation-policy': putRotationPolicy,
  backup: backupKey,
  restore: restoreKey,
  encrypt,
  decrypt,
  sign,
  verify,
  wrapkey: wrapKey,
  unwrapkey: unwrapKey,
};
