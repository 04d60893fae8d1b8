import type { Caller } from '../domain/caller.ts';
import { type Policy, policyOf } from '../domain/policy.ts';
import { MINUTE_MS } from '../domain/time.ts';

/** How old the token may be with which somebody approves, in ms: a token that was stolen earlier is worth nothing. */
const FRESH_MS = 10 * MINUTE_MS;

/** What a request needs, from the least to the most. */
export const rights = {
  read: 'a role of the guardian, `KeyGuardian.Reader` or `KeyGuardian.Operator`; applications too',
  ask: 'the role `KeyGuardian.Operator`; applications too',
  steer: 'the role `KeyGuardian.Operator`, as a person',
  approve:
    'a role of the guardian, as a person whom the policy names among the `approvers` of the vault, with a token that is less than 10 minutes old',
} as const;
export type Right = keyof typeof rights;

const isNamed = (ids: readonly string[], oid: string): boolean =>
  ids.some((id) => id.toLowerCase() === oid.toLowerCase());

/**
 * Why a caller may not do what needs a right; `undefined` where they may.
 *
 * @param vault the vault it is about; `undefined` where it is about none, so that nobody may approve it
 */
export function refusal(
  caller: Caller,
  needs: Right,
  vault: string | undefined,
  policy: Policy,
  now: Date,
): string | undefined {
  const { kind, who, roles, guest } = caller;
  const isOperator = roles.includes('KeyGuardian.Operator');
  if (!isOperator && !roles.includes('KeyGuardian.Reader')) return 'Your token has no role of the guardian.';
  if (guest && !policy.vaults.some(({ approvers }) => isNamed(approvers, who.oid)))
    return 'You are a guest in this tenant, and the policy does not name you among the approvers of any vault.';
  switch (needs) {
    case 'read':
      return undefined;
    case 'ask':
      return isOperator ? undefined : NOT_OPERATOR;
    case 'steer':
      return kind === 'application' ? NOT_A_PERSON : isOperator ? undefined : NOT_OPERATOR;
    case 'approve':
      return kind === 'application' ? NOT_A_PERSON : approverRefusal(caller, vault, policy, now);
    default:
      return needs satisfies never;
  }
}

const NOT_OPERATOR = 'This needs the role KeyGuardian.Operator.';
const NOT_A_PERSON = 'Only a person may do this: this token is an application’s.';

function approverRefusal(
  { who, groups, guest, issuedAt }: Caller,
  vault: string | undefined,
  policy: Policy,
  now: Date,
): string | undefined {
  const approvers = (vault === undefined ? undefined : policyOf(policy, vault))?.approvers ?? [];
  const byGroup = !guest && groups?.some((group) => isNamed(approvers, group));
  if (!isNamed(approvers, who.oid) && byGroup !== true)
    return `The policy does not name you among the approvers of ${vault ?? 'this'}${groups === undefined ? ', and your token lists no groups since you are in too many: have yourself named by object id, or let the token list the groups of the application alone' : ''}.`;
  if (now.getTime() - issuedAt.getTime() > FRESH_MS)
    return 'Your token is older than 10 minutes: sign in again (az logout, az login), then repeat this.';
  return undefined;
}
