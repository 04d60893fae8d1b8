import type { ChangedBy } from '../../domain/activity.ts';
import { isEmpty } from '../../domain/key-use.ts';
import { type DiskEncryptionSet, resourceName } from '../../domain/resource-manager.ts';
import type { Subject } from '../../domain/subject.ts';
import { vaultObject } from '../../domain/vault-object.ts';
import { accessCut } from '../../incidents/kinds/access-cut.ts';
import { idOfVault } from '../../incidents/kinds/kind.ts';
import { endIncidents, openWhile } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { addressed } from '../../posture/addressed.ts';
import { hangsOn, openOf, usesOf, valueIn } from './found.ts';

/** A set whose identity is gone cannot use its key, and nothing else of it shows that. Returns whether it is good. */
export async function readIdentity(
  id: string,
  guarded: readonly string[],
  changed: ChangedBy | undefined,
  ports: Ports,
): Promise<boolean> {
  const subject: Subject = { kind: 'disk-encryption-set', id };
  const answer = await ports.resourceManager.diskEncryptionSet(id);
  if (answer.kind === 'missing') {
    await endIncidents(subject, openOf(accessCut), 'the set was deleted', ports);
    return true;
  }
  const set = valueIn(answer);
  const key = vaultObject(set.keyUrl ?? '');
  if (key?.kind !== 'key' || !guarded.includes(key.vault)) {
    await endIncidents(subject, openOf(accessCut), 'its key is not guarded', ports);
    return true;
  }
  const uses = await usesOf(key.vault, ports);
  const users = uses
    .flatMap(({ use }) => use.users.map((user) => ({ user, use })))
    .filter(({ user }) => user.id === id);
  const gone = await identityGone(set, ports);
  // What hangs on a set that no survey has found there is not known: the next survey says it.
  if (gone !== undefined && users.length === 0) return false;
  const cause = users.some(({ user, use }) => isEmpty(user, use) !== true) ? gone : undefined;
  const hangs = hangsOn(key.vault, uses, ports, new Set([id]));
  const draft = accessCut.draft('identity', {
    ...{ subject, since: changed?.at ?? ports.now(), by: changed?.by, hangs },
    causes:
      cause === undefined
        ? []
        : [`${set.name} ${cause}, so that it cannot use its key ${key.vault}/${key.name}: its disks fail.`],
    commands: [
      `az disk-encryption-set identity assign ${addressed(id)} --system-assigned  # first`,
      `az role assignment create --assignee-object-id $(az disk-encryption-set show ${addressed(id)} --query identity.principalId --output tsv) --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope ${idOfVault(key.vault)}  # then`,
    ],
  });
  await openWhile(cause !== undefined, draft, 'the set has an identity', ports);
  return cause === undefined;
}

/** Why a set has no identity that exists; `undefined` where it has one. One of another tenant is not ours to read. */
async function identityGone(
  { identity, federatedClientId }: DiskEncryptionSet,
  ports: Ports,
): Promise<string | undefined> {
  if (federatedClientId !== undefined && federatedClientId.toLowerCase() !== 'none') return undefined;
  if ((identity?.type ?? 'None').toLowerCase() === 'none') return 'has no identity';
  if (identity?.principalId != null) return undefined;
  const assigned = Object.keys(identity?.userAssignedIdentities ?? {});
  const answers = await Promise.all(assigned.map((id) => ports.resourceManager.userAssignedIdentity(id)));
  for (const answer of answers) if (answer.kind !== 'missing') valueIn(answer);
  return answers.length > 0 && answers.every(({ kind }) => kind === 'missing')
    ? `has an identity that was deleted (${assigned.map(resourceName).join(', ')})`
    : undefined;
}
