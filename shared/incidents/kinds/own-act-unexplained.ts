import type { Actor } from '../../domain/audit-record.ts';
import { type KeyId, spell } from '../../domain/key.ts';
import { shellWord } from '../../domain/shell-word.ts';
import { versionOf } from '../../domain/subject.ts';
import { BY_A_PERSON, idOfVault, incidentKind } from './kind.ts';

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
    summary: `${operation} of ${spell(id)} under the guardian's own identity is not in its trail: somebody else uses that identity. See what is wrong with the key, then take the rights of that identity on the vault away; until they are back, nothing is restored there.`,
    who: by,
    mayFail: true,
    commands: [
      `az keyvault key list-versions --vault-name ${id.vault} --name ${id.key} --output table  # what is wrong with it`,
      `az role assignment delete --assignee ${shellWord(by.oid)} --scope ${idOfVault(id.vault)}  # takes them away; "npm run connect" gives them back`,
      `az keyvault delete-policy --name ${id.vault} --object-id ${shellWord(by.oid)}  # or this, if the vault has access policies`,
    ],
  }),
);
