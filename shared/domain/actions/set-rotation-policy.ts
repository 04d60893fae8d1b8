import * as z from 'zod';
import { keyId, spell } from '../key.ts';
import { wantedPolicy } from '../rotation-policy.ts';
import { keyOf } from '../subject.ts';
import type { ActionFacts } from './action.ts';

/** Sets the rotation policy of a key. */
export const setRotationPolicy = z.object({
  kind: z.literal('set-rotation-policy'),
  ...keyId.shape,
  policy: wantedPolicy,
});

/**
 * The facts of setting a rotation policy. No version shows it: where nobody reads the policy back, what came of it stays
 * unknown.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key-rotation-policy/update-key-rotation-policy
 */
export const setRotationPolicyFacts = ({ vault, key, policy }: z.infer<typeof setRotationPolicy>): ActionFacts => ({
  subject: keyOf({ vault, key }),
  says: `set the rotation policy of ${spell({ vault, key })}: every ${policy.rotate.period}${policy.expiresIn === undefined ? '' : `, expiring after ${policy.expiresIn}`}`,
  loggedAs: 'KeyRotationPolicySet',
  showsAtOnce: false,
  send: ({ writes }, requestId) => writes(vault).setRotationPolicy(key, policy, requestId),
  isShown: () => false,
});
