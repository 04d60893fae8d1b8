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
  (id: KeyId, since: Date, says: string) => ({
    subject: keyOf(id),
    since,
    summary: says,
    commands: rotateCommands(id),
  }),
);

/** The commands by which a person rotates a key. */
export const rotateCommands = (id: KeyId): string[] => [
  `key-guardian rotate ${spell(id)} --yes`,
  `az keyvault key rotate --vault-name ${id.vault} --name ${id.key}`,
];
