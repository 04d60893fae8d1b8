import type { GuardOf } from './guarded.ts';
import { keyGuard } from './keys/guard.ts';
import { setGuard } from './sets/guard.ts';

const guards: readonly GuardOf[] = [keyGuard(), setGuard];

/** The guard of a subject: the first that takes subjects of its kind. */
export const guardOf: GuardOf = (subject) =>
  guards.map((guardFor) => guardFor(subject)).find((guard) => guard !== undefined);
