import { createHmac } from 'node:crypto';
import type { Signer, Verdict } from '../../shared/domain/signer.ts';

/** A signer whose key may be away. */
export interface FakeSigner extends Signer {
  /** Whether its key can be read. Default true. */
  isThere: boolean;
}

/** A signer in memory. @param key another key signs otherwise */
export function fakeSigner(key = 'a key'): FakeSigner {
  const signatureOf = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const signer: FakeSigner = {
    isThere: true,
    async sign(text) {
      if (!signer.isThere) throw new Error('The key is away.');
      return signatureOf(text);
    },
    async verify(text, signature): Promise<Verdict> {
      if (signature === '') return 'forged';
      if (!signer.isThere) return 'unverifiable';
      return signature === signatureOf(text) ? 'valid' : 'forged';
    },
  };
  return signer;
}
