/** What the guardian can say of a signature. `unverifiable`: its key cannot be read now, or none is set up. */
export type Verdict = 'valid' | 'forged' | 'unverifiable';

/** The guardian's own key, which signs what people say to it. */
export interface Signer {
  /** Signs a text. Throws `SigningFailed` or `NotConfigured`. */
  sign(text: string): Promise<string>;
  /** Whether the key signed this text. Never throws. */
  verify(text: string, signature: string): Promise<Verdict>;
}
