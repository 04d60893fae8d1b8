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
/** Operations whose refusal is reported. */
export const TELLING_WHEN_REFUSED = new Set(['KeyUnwrap', 'KeyPurge']);

const known = [...CHANGING, ...USING, ...TELLING_WHEN_REFUSED];
/** Nearly every record spells it as the vendor does: that is looked up as it came. */
const spelled = new Map(
  known.flatMap((name) => [name, name.toLowerCase()].map((spelling) => [spelling, name] as const)),
);

/** An operation as the vendor spells it, whatever case and blanks around it a record has; what we do not know, as it came. */
export const operationOf = (name: string): string =>
  spelled.get(name) ?? spelled.get(name.trim().toLowerCase()) ?? name;
