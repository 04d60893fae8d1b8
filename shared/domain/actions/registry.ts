import * as z from 'zod';
import type { ActionFacts } from './action.ts';
import { recoverKey, recoverKeyFacts } from './recover-key.ts';
import { restoreVersion, restoreVersionFacts } from './restore-version.ts';
import { rotateKey, rotateKeyFacts } from './rotate-key.ts';
import { setRotationPolicy, setRotationPolicyFacts } from './set-rotation-policy.ts';

/** A change that the guardian may make. It is data, so that it can be recorded before it is sent, withheld, and compared in a test. */
export const action = z.discriminatedUnion('kind', [recoverKey, restoreVersion, rotateKey, setRotationPolicy]);
export type Action = z.infer<typeof action>;
/** A change that restores what was approved. */
export type Undo = Extract<Action, { kind: 'recover-key' | 'restore-version' }>;

/** The facts of an action. */
export function factsOf(given: Action): ActionFacts {
  switch (given.kind) {
    case 'recover-key':
      return recoverKeyFacts(given);
    case 'restore-version':
      return restoreVersionFacts(given);
    case 'rotate-key':
      return rotateKeyFacts(given);
    case 'set-rotation-policy':
      return setRotationPolicyFacts(given);
    default:
      return given satisfies never;
  }
}
