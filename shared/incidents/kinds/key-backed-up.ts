import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const keyBackedUp = incidentKind(
  {
    id: 'key-backed-up',
    severity: 'warning',
    tells: 'Somebody took a backup of a key.',
    ends: { kind: 'by-a-person' },
  },
  (id: KeyId, by: Actor, at: Date) => ({
    subject: id,
    since: at,
    summary: `Key ${spell(id)} was backed up: a copy can be restored elsewhere and never be revoked.`,
    judgement: 'left to people',
    who: by,
  }),
);
