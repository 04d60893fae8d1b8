import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { BY_A_PERSON, kindOfReasons, type ReasonFacts, rolesOf } from './kind.ts';

const reasons = {
  'backed-up': { severity: 'warning', ...BY_A_PERSON },
  'unknown-user': { severity: 'error', ...BY_A_PERSON },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

export const unexpectedUse = kindOfReasons(
  {
    id: 'unexpected-use',
    audience: 'on-call',
    tells: 'Somebody took a backup of a key, or used it without being one of its known users.',
    reasons,
  },
  (reason: keyof typeof reasons, id: KeyId, by: Actor, at: Date, operation: string) => ({
    subject: keyOf(id),
    since: at,
    summary:
      reason === 'backed-up'
        ? `Key ${spell(id)} was backed up: a copy can be restored elsewhere and never be revoked.`
        : `${operation} of ${spell(id)} by somebody who is not a known user of it: somebody who reads what it protects, or a new user, which policy.json can name among knownUsers.`,
    who: by,
    commands:
      reason === 'backed-up'
        ? [
            `az keyvault key rotate --vault-name ${id.vault} --name ${id.key}  # if nobody meant it`,
            ...rolesOf(by, id.vault),
          ]
        : rolesOf(by, id.vault),
  }),
);
