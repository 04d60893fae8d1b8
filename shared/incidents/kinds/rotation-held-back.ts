import type { Hanging } from '../../domain/hanging.ts';
import type { Hold } from '../../domain/hold.ts';
import type { KeyId } from '../../domain/key.ts';
import { deadlineOf } from '../draft.ts';
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
  (id: KeyId, since: Date, summary: string, expiresOn: Date, hangs: Hanging, hold: Hold | undefined, now: Date) => ({
    ...notRotated(id, since, summary, hold),
    hangs,
    ...(expiresOn > now ? { stopsOn: expiresOn } : {}),
    deadline: deadlineOf(hangs, expiresOn),
  }),
);
