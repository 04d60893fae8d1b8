import * as z from 'zod';
import type { ActionFacts, Writers } from './action.ts';
import { recoverKey, recoverKeyFacts } from './recover-key.ts';
import { restoreVersion, restoreVersionFacts } from './restore-version.ts';
import { rotateKey, rotateKeyFacts } from './rotate-key.ts';
import { setRotationPolicy, setRotationPolicyFacts } from './set-rotation-policy.ts';
import { updateSet, updateSetFacts } from './update-set.ts';

/** A change that the guardian may make. It is data, so that it can be recorded before it is sent, withheld, and compared in a test. */
export const action = z.discriminatedUnion('kind', [
  recoverKey,
  restoreVersion,
  rotateKey,
  setRotationPolicy,
  updateSet,
]);
export type Action = z.infer<typeof action>;
/** A change that restores what was approved. */
export type Undo = Extract<Action, { kind: 'recover-key' | 'restore-version' }>;
/** A change of a key: a person may make it under their own rights as well. */
export type KeyAction = Exclude<Action, { kind: 'update-set' }>;

/** The facts of an action. */
export const factsOf = (given: Action): ActionFacts<Writers> =>
  given.kind === 'update-set' ? updateSetFacts(given) : keyFactsOf(given);

/** The facts of an action on a key. */
export function keyFactsOf(given: KeyAction): ActionFacts {
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
