import type { KeyId } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { incidentKind, withItsState } from './kind.ts';
import { rotateCommands } from './rotation-overdue.ts';

export const rotationHeldBack = incidentKind(
  {
    id: 'rotation-held-back',
    severity: 'critical',
    audience: 'on-call',
    tells: 'The newest version of a key expires within seven days, or has expired, and the key is not rotated.',
    ...withItsState('when its newest version is in time again'),
  },
  (id: KeyId, since: Date, says: string) => ({
    subject: keyOf(id),
    since,
    summary: says,
    commands: rotateCommands(id),
  }),
);
