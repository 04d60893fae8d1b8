import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const accessRefused = incidentKind(
  {
    id: 'access-refused',
    severity: 'error',
    tells: 'A use of a key was refused although the key is usable.',
    ends: { kind: 'by-a-person' },
  },
  (id: KeyId, by: Actor, at: Date, operation: string, status: number) => ({
    subject: id,
    since: at,
    summary: `${operation} of ${spell(id)} was refused with ${status} although the key is usable: an identity has lost its access.`,
    judgement: 'left to people',
    who: by,
  }),
);
