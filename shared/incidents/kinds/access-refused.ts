import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { keyOf } from '../../domain/subject.ts';
import { BY_A_PERSON, idOfVault, incidentKind } from './kind.ts';

export const accessRefused = incidentKind(
  {
    id: 'access-refused',
    severity: 'error',
    audience: 'on-call',
    tells: 'A use of a key was refused although the key is usable: an identity has no access, or has lost it.',
    ...BY_A_PERSON,
  },
  (id: KeyId, by: Actor, at: Date, operation: string, status: number) => ({
    subject: keyOf(id),
    since: at,
    summary: `${operation} of ${spell(id)} was refused with ${status} although the key is usable: the identity in the line "who" has no access. If it is that of a disk encryption set, it has lost it, and its disks fail within an hour.`,
    who: by,
    mayFail: true,
    commands: by.oid === 'unknown' ? [] : commandsFor(shellWord(by.oid), id),
  }),
);

const commandsFor = (oid: string, { vault }: KeyId): string[] => [
  `az ad sp show --id ${oid} --query "{name:displayName,resource:alternativeNames}"  # first: whose it is`,
  `az role assignment create --assignee-object-id ${oid} --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope ${idOfVault(vault)}  # then, if that is a disk encryption set or its identity: gives the access back`,
  `az keyvault set-policy --name ${vault} --object-id ${oid} --key-permissions get wrapKey unwrapKey  # or this, if the vault has access policies`,
];
