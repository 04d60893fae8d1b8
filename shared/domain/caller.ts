import type { Actor } from './audit-record.ts';

/** The app roles of the guardian's app registration. Who operates may read as well. */
export const appRoles = ['KeyGuardian.Reader', 'KeyGuardian.Operator'] as const;

/** Who sent a request, as a checked token names them. */
export interface Caller {
  /** `application`: a pipeline or a managed identity, with no person behind it. */
  readonly kind: 'person' | 'application';
  readonly who: Actor;
  readonly roles: readonly string[];
  /** Object ids of the person's groups; `undefined` where the token has too many to list them. */
  readonly groups: readonly string[] | undefined;
  /** Of another tenant, and invited into this one. */
  readonly guest: boolean;
  readonly issuedAt: Date;
}
