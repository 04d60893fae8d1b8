import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { versionOf } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind, rolesOf } from './kind.ts';

export const ownActUnexplained = incidentKind(
  {
    id: 'own-act-unexplained',
    severity: 'critical',
    audience: 'on-call',
    tells: "The guardian's own identity wrote to a key, and the trail has no intent for that write.",
    ...BY_A_PERSON,
  },
  (id: KeyId & { readonly version?: string | undefined }, operation: string, by: Actor, at: Date) => ({
    subject: versionOf(id, id.version),
    since: at,
    summary: `${operation} of ${spell(id)} under the guardian's own identity is not in its trail: somebody else uses that identity. Take its rights away.`,
    who: by,
    commands: rolesOf(by),
  }),
);
