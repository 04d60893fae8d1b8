import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const purgeAttempted = incidentKind(
  {
    id: 'purge-attempted',
    severity: 'critical',
    tells: 'Somebody tried to purge a key and was refused.',
    ends: { kind: 'by-a-person' },
  },
  (id: KeyId, by: Actor, at: Date, status: number) => ({
    subject: id,
    since: at,
    summary: `Somebody tried to purge ${spell(id)} and was refused with ${status}.`,
    judgement: 'left to people',
    who: by,
  }),
);
