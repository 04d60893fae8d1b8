import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind, rolesOf } from './kind.ts';

export const accessRefused = incidentKind(
  {
    id: 'access-refused',
    severity: 'error',
    audience: 'on-call',
    tells: 'A use of a key was refused although the key is usable: an identity has lost its access.',
    ...BY_A_PERSON,
  },
  (id: KeyId, by: Actor, at: Date, operation: string, status: number) => ({
    subject: keyOf(id),
    since: at,
    summary: `${operation} of ${spell(id)} was refused with ${status} although the key is usable: an identity has lost its access.`,
    who: by,
    commands: rolesOf(by),
  }),
);
