import type { KeyCheck } from '../check.ts';

/** @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#restrictions */
const SIZES = [2048, 3072, 4096];

export const keyFitsDisks: KeyCheck = {
  id: 'key-fits-disks',
  on: 'key',
  demand: 'A key for disks is an RSA key of 2,048, 3,072 or 4,096 bits.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#restrictions',
  check({ users, state }) {
    if (users.every(({ kind }) => kind !== 'disk-encryption-set')) return [];
    if (state.kind === 'unknown') return [state];
    if (state.value.kind !== 'present') return [];
    const { keyType, keySizeBits } = state.value;
    if (keyType === undefined) return [{ kind: 'unknown', because: 'the type of the key could not be read' }];
    if (!/^RSA(-HSM)?$/i.test(keyType))
      return [{ kind: 'finding', says: `It is a key of the type ${keyType}, which no disk encryption set can use.` }];
    if (keySizeBits === undefined) return [{ kind: 'unknown', because: 'the size of the key could not be read' }];
    if (SIZES.includes(keySizeBits)) return [];
    return [{ kind: 'finding', says: `It has ${keySizeBits} bits, which no disk encryption set can use.` }];
  },
};
