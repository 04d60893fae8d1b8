import { incidentKind, withItsState } from './kind.ts';
import { notRotated } from './rotation-overdue.ts';

export const rotationHeldBack = incidentKind(
  {
    id: 'rotation-held-back',
    severity: 'critical',
    audience: 'on-call',
    tells: 'The newest version of a key expires within seven days, or has expired, and the key is not rotated.',
    ...withItsState('when its newest version is in time again'),
  },
  notRotated,
);
