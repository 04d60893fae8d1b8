import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind, rolesOf } from './kind.ts';

export const purgeAttempted = incidentKind(
  {
    id: 'purge-attempted',
    severity: 'critical',
    audience: 'on-call',
    tells: 'Somebody tried to purge a key and was refused.',
    ...BY_A_PERSON,
  },
  (id: KeyId, by: Actor, at: Date, status: number) => ({
    subject: keyOf(id),
    since: at,
    summary: `Somebody tried to purge ${spell(id)} and was refused with ${status}: nothing was purged. Only a key that is deleted can be purged: its own alert says what fails.`,
    who: by,
    commands: [
      `az keyvault show --name ${id.vault} --query properties.enablePurgeProtection  # true: nobody can purge it`,
      ...rolesOf(by, id.vault),
    ],
  }),
);
