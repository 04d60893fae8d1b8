import type { KeyRotationPolicyProperties } from '@azure/keyvault-keys';
import { asJson, type RotationPolicy, type WantedPolicy } from '../domain/rotation-policy.ts';

/** A rotation policy as the client gives it. A key without one is answered with a policy that rotates nothing. */
export function rotationPolicyOf({ expiresIn, lifetimeActions = [] }: KeyRotationPolicyProperties): RotationPolicy {
  // The service spells it "rotate" as well as "Rotate".
  const rotate = lifetimeActions.find(({ action }) => action.toLowerCase() === 'rotate');
  const trigger = rotate && triggerOf(rotate);
  return { ...(trigger === undefined ? {} : { rotate: trigger }), ...(expiresIn ? { expiresIn } : {}) };
}

function triggerOf(action: {
  readonly timeAfterCreate?: string;
  readonly timeBeforeExpiry?: string;
}): RotationPolicy['rotate'] {
  const { timeAfterCreate, timeBeforeExpiry } = action;
  if (timeAfterCreate) return { when: 'after-creation', period: timeAfterCreate };
  return timeBeforeExpiry ? { when: 'before-expiry', period: timeBeforeExpiry } : undefined;
}

/** A rotation policy as the client takes it. */
export function propertiesOf(wanted: WantedPolicy): KeyRotationPolicyProperties {
  const { lifetimeActions, attributes } = asJson(wanted);
  return {
    lifetimeActions: lifetimeActions.map(({ trigger, action }) => ({ ...trigger, action: action.type })),
    ...(attributes.expiryTime === undefined ? {} : { expiresIn: attributes.expiryTime }),
  };
}
