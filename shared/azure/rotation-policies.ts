import { KeyClient } from '@azure/keyvault-keys';
import type { RotationPolicy } from '../domain/rotation-policy.ts';
import type { Answer } from '../domain/vault.ts';
import { answeredRead, clientParts, type KeyVaultConnection, TWO_QUICK_TRIES, vaultOf } from './key-vault.ts';

/** Reads the rotation policies of one vault's keys. */
export type RotationPolicies = (key: string) => Promise<Answer<RotationPolicy>>;

/** The rotation policies of one vault. A key without one is answered with a policy that rotates nothing. */
export function keyVaultRotationPolicies(connection: KeyVaultConnection): RotationPolicies {
  const { credential, options } = clientParts(connection, 'watcher', TWO_QUICK_TRIES);
  const client = new KeyClient(connection.url, credential, options);
  const vault = vaultOf(connection);
  return (key) =>
    answeredRead({ vault, doing: `reading the rotation policy of ${key}`, during: 'read' }, async () => {
      const { expiresIn, lifetimeActions = [] } = await client.getKeyRotationPolicy(key);
      // The service spells it "rotate" as well as "Rotate".
      const rotate = lifetimeActions.find(({ action }) => action.toLowerCase() === 'rotate');
      return { expiresIn: expiresIn || undefined, rotate: rotate && triggerOf(rotate) };
    });
}

function triggerOf(action: {
  readonly timeAfterCreate?: string;
  readonly timeBeforeExpiry?: string;
}): RotationPolicy['rotate'] {
  const { timeAfterCreate, timeBeforeExpiry } = action;
  if (timeAfterCreate) return { when: 'after-creation', period: timeAfterCreate };
  return timeBeforeExpiry ? { when: 'before-expiry', period: timeBeforeExpiry } : undefined;
}
