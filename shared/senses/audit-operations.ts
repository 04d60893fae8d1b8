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
/** Operations whose refusal leads to a hint. */
export const REPORTED_WHEN_REFUSED = new Set(['KeyUnwrap', 'KeyPurge']);

const known = [...CHANGING, ...USING, ...REPORTED_WHEN_REFUSED];
/** By the vendor's spelling, which nearly every record has, and by the same in lower case. */
const spelled = new Map(
  known.flatMap((name) => [name, name.toLowerCase()].map((spelling) => [spelling, name] as const)),
);

/** An operation in the vendor's spelling, whatever its case and the blanks around it in the record; an unknown one unchanged. */
export const operationOf = (name: string): string =>
  spelled.get(name) ?? spelled.get(name.trim().toLowerCase()) ?? name;
