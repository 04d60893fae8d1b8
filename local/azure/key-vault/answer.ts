import type { Key, KeyVersion } from './store.ts';

/** What an operation answers, before headers. */
export interface Answer {
  readonly status: number;
  /** Undefined for no body at all (204). */
  readonly body?: unknown;
  /** As in `WireResponse`. */
  readonly unrecordedOnPurpose?: true;
  /** Set where the vault holds something else now. */
  readonly changed?: true;
  /** The version it concerned, for the audit record. */
  readonly version?: KeyVersion;
  /** A version that was made, for the event. */
  readonly made?: { readonly key: Key; readonly version: KeyVersion };
  /** The algorithm of a wrap or unwrap, for the audit record. */
  readonly algorithm?: string;
}
