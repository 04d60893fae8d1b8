import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const useByUnknownUser = incidentKind(
  {
    id: 'use-by-unknown-user',
    severity: 'error',
    tells: 'Somebody who is not a known user of a key used it.',
    ends: { kind: 'by-a-person' },
  },
  (id: KeyId, by: Actor, at: Date, operation: string) => ({
    subject: id,
    since: at,
    summary: `${operation} of ${spell(id)} by somebody who is not a known user of it.`,
    judgement: 'left to people',
    who: by,
  }),
);
