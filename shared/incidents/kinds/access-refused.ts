import type { HintSays } from '../../domain/hint.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { keyOf } from '../../domain/subject.ts';
import { later, MINUTE_MS } from '../../domain/time.ts';
import { DISKS_FAIL_AFTER_MINUTES } from '../draft.ts';
import { BY_A_PERSON, idOfVault, incidentKind, rolesOf } from './kind.ts';

type Refused = Extract<HintSays, { readonly kind: 'refused' }>;

export const accessRefused = incidentKind(
  {
    id: 'access-refused',
    severity: 'critical',
    audience: 'on-call',
    tells: 'A use of a key was refused although the key is usable: an identity has no access, or has lost it.',
    ...BY_A_PERSON,
  },
  (id: KeyId, { operation, by, at, status, byStranger }: Omit<Refused, 'kind'>) => ({
    subject: keyOf(id),
    since: at,
    summary: `${operation} of ${spell(id)} was refused with ${status} although the key is usable: ${
      byStranger
        ? 'the identity in the line "who" has no access, and is no known user of the key.'
        : 'the identity in the line "who" has no access any more.'
    }`,
    who: by,
    ...(byStranger ? { severity: 'error' as const } : { deadline: later(at, DISKS_FAIL_AFTER_MINUTES * MINUTE_MS) }),
    commands: [
      ...(by.oid === 'unknown' || byStranger
        ? []
        : [
            `az ad sp show --id ${shellWord(by.oid)} --query "{name:displayName,resource:alternativeNames}"  # first: whose it is`,
            `az role assignment create --assignee-object-id ${shellWord(by.oid)} --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope ${idOfVault(id.vault)}  # then, if that is a disk encryption set or its identity: gives the access back`,
          ]),
      ...(byStranger ? rolesOf(by, id.vault) : []),
    ],
  }),
);
