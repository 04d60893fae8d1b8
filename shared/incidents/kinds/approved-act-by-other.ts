import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const approvedActByOther = incidentKind(
  {
    id: 'approved-act-by-other',
    severity: 'critical',
    tells: 'An act was approved, but not for the person who did it.',
    ends: { kind: 'by-a-person' },
  },
  (
    id: KeyId & { readonly version?: string | undefined },
    operation: string,
    approval: string,
    by: Actor,
    at: Date,
  ) => ({
    subject: id,
    since: at,
    summary: `${operation} of ${spell(id)} was approved (${approval}), but not for who did it.`,
    judgement: 'left to people',
    who: by,
    command: `key-guardian restore ${spell(id)} --also-approved`,
  }),
);
