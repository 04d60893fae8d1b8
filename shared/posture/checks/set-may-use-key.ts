import { idOfVault } from '../../incidents/kinds/kind.ts';
import { addressed } from '../addressed.ts';
import type { Said, SetCheck } from '../check.ts';
import type { SetFacts, VaultFacts } from '../facts.ts';
import { type Act, holdersByRole, holdersOf, unknownRoles } from '../rights.ts';

/** What a set does with its key. */
const NEEDED = ['get', 'wrap', 'unwrap'] as const satisfies readonly Act[];

export const setMayUseKey: SetCheck = {
  id: 'set-may-use-key',
  on: 'set',
  demand: 'A disk encryption set has an identity that may get, wrap and unwrap with its key.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#full-control-of-your-keys',
  check({ set, vault }) {
    const [active] = set.keys;
    if (set.callers.applicationId !== undefined)
      return [
        { kind: 'unknown', because: `the application ${set.callers.applicationId} calls for it from another tenant` },
      ];
    if (!set.hasIdentity)
      return [
        {
          kind: 'finding',
          says: 'It has no identity, so that it cannot use its key: its disks fail.',
          commands: [`az disk-encryption-set identity assign ${addressed(set.id)} --system-assigned`],
        },
      ];
    if (active === undefined) return [{ kind: 'unknown', because: 'its key is not shown' }];
    // A Managed HSM has roles of its own, and is reported as one that cannot be guarded.
    if (active.at === 'managed-hsm') return [];
    if (vault === undefined) return [{ kind: 'unknown', because: `the vault ${active.vault} is not shown` }];
    if (set.callers.objectIds.length === 0)
      return [{ kind: 'unknown', because: 'the object id of its identity is not shown' }];
    return rightsOf(set, vault, active.name);
  },
};

/** Each identity of its own: it is not shown which of several the set uses, so that one is enough. */
function rightsOf(set: SetFacts['set'], { vault, assigned }: VaultFacts, key: string): readonly Said[] {
  if (assigned.kind === 'unknown' && vault.rbac) return [assigned];
  const rights = assigned.kind === 'known' ? assigned.value : { assignments: [], roles: new Map<string, never>() };
  const lacking = set.callers.objectIds.map((objectId) =>
    NEEDED.filter(
      (act) =>
        !holdersOf(vault, rights, act).some(
          (holder) => holder.principalId === objectId && (holder.key === undefined || holder.key === key),
        ),
    ),
  );
  const missing = lacking.toSorted((one, other) => one.length - other.length)[0] ?? NEEDED;
  if (missing.length === 0) return [];
  if (vault.rbac && unknownRoles(vault, rights).length > 0)
    return [{ kind: 'unknown', because: 'the definition of a role that is assigned there could not be read' }];
  if (
    vault.rbac &&
    holdersByRole(vault, rights, UNWRAP, true).some(({ principalType }) => principalType?.endsWith('Group'))
  )
    return [{ kind: 'unknown', because: 'a group holds the right, and its members are not read' }];
  const [objectId = ''] = set.callers.objectIds;
  return [
    {
      kind: 'finding',
      says: `Its identity ${objectId} is not allowed to ${missing.join(', ')} in the vault ${vault.name}: its disks fail.`,
      commands: [
        vault.rbac
          ? `az role assignment create --assignee-object-id ${objectId} --assignee-principal-type ServicePrincipal --role "Key Vault Crypto Service Encryption User" --scope ${idOfVault(vault.name)}`
          : `az keyvault set-policy --name ${vault.name} --object-id ${objectId} --key-permissions get wrapKey unwrapKey`,
      ],
    },
  ];
}

const UNWRAP = 'Microsoft.KeyVault/vaults/keys/unwrap/action';
