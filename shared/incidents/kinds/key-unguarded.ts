import { vaultSubject } from '../../domain/subject.ts';
import { incidentKind, withItsState } from './kind.ts';

/** Keys that one incident names at most. */
const NAMED = 10;

/** What is known of the vault: whether the policy names it, and whether a survey found it. */
interface Known {
  readonly isNamed: boolean;
  readonly isFound: boolean;
}

function toDo({ isNamed, isFound }: Known): string {
  if (isNamed) return 'A pattern of the policy leaves it out.';
  return isFound
    ? 'Name the vault in the policy, or its subscription.'
    : 'No survey finds the vault: it is gone, or lies in a subscription that the guardian cannot read.';
}

export const keyUnguarded = incidentKind(
  {
    id: 'key-unguarded',
    severity: 'warning',
    audience: 'operators',
    tells: 'Something needs a key that nothing guards: whoever disables or deletes it is not noticed.',
    ...withItsState('when a survey finds the key guarded, or not used any more'),
  },
  (vault: string, keys: readonly { readonly key: string; readonly hangs: string }[], known: Known, since: Date) => ({
    subject: vaultSubject(vault),
    since,
    summary: `${keys.length === 1 ? 'A key is' : `${keys.length} keys are`} in use and not guarded: ${[
      ...keys.slice(0, NAMED).map(({ key, hangs }) => `${vault}/${key} (${hangs})`),
      ...(keys.length > NAMED ? [`and ${keys.length - NAMED} more`] : []),
    ].join('; ')}. ${toDo(known)}`,
  }),
);
