import type { Hold } from '../../domain/hold.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { incidentKind, withItsState } from './kind.ts';

export const rotationOverdue = incidentKind(
  {
    id: 'rotation-overdue',
    severity: 'warning',
    audience: 'operators',
    tells: 'A key is to be rotated by its schedule, and is not.',
    ...withItsState('when its newest version is in time again'),
  },
  notRotated,
);

/**
 * What an incident says of a key that is to be rotated and is not, with the commands by which a person rotates it.
 *
 * @param hold the hold that is against it; `undefined` where something else is
 */
export function notRotated(id: KeyId, since: Date, summary: string, hold: Hold | undefined) {
  const commands = [
    ...(hold === undefined ? [] : [`key-guardian hold release ${hold.id}  # first, once whoever set it agrees`]),
    `key-guardian rotate ${spell(id)} --yes  # then: it is refused while anything is against it`,
    `az keyvault key rotate --vault-name ${id.vault} --name ${id.key}  # only if the guardian does not answer, not if it refuses: nothing is checked`,
  ];
  return { subject: keyOf(id), since, summary, commands };
}
