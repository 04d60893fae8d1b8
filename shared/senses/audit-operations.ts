/** Operations that change a key or copy it. @see https://learn.microsoft.com/azure/key-vault/general/logging */
export const CHANGING = new Set([
  'KeyCreate',
  'KeyImport',
  'KeyRestore',
  'KeyRotate',
  'KeyRotateIfDue',
  'KeyUpdate',
  'KeyDelete',
  'KeyRecover',
  'KeyPurge',
  'KeyBackup',
  'KeyRotationPolicySet',
]);
/** Uses of a key that only its known users should make. */
export const USING = new Set(['KeyUnwrap', 'KeyDecrypt', 'KeyRelease']);
/** Operations whose refusal is news. */
export const TELLING_WHEN_REFUSED = new Set(['KeyUnwrap', 'KeyPurge']);
