/** A key's rotation policy. Lengths of time are ISO 8601, as `P90D`. */
export interface RotationPolicy {
  /** When a new version is made by itself; `undefined` where the policy makes none. */
  readonly rotate: { readonly when: 'after-creation' | 'before-expiry'; readonly period: string } | undefined;
  /** How long a new version is valid; `undefined` where it gets no expiry. */
  readonly expiresIn: string | undefined;
}
