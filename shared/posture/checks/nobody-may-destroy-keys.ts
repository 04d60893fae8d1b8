import type { VaultCheck } from '../check.ts';
import type { VaultFacts } from '../facts.ts';
import { type Act, grantersOf, type Holder, holdersOf, unknownRoles } from '../rights.ts';

const DESTRUCTIVE = ['delete', 'disable', 'purge'] as const satisfies readonly Act[];

/** Somebody with what they may do to the keys of a vault. `grant`: can give it to themselves. */
export interface Destroyer extends Holder {
  readonly acts: readonly ((typeof DESTRUCTIVE)[number] | 'grant')[];
}

/**
 * Who may delete, disable or purge keys of a vault, or give themselves the right: each once for each way in which they hold it.
 * Without the assignments only access policies are known.
 */
export function destroyersOf({ vault, assigned }: VaultFacts): readonly Destroyer[] {
  const rights = assigned.kind === 'known' ? assigned.value : { assignments: [], roles: new Map<string, never>() };
  const found = new Map<string, Destroyer>();
  const add = (holder: Holder, act: Destroyer['acts'][number]): void => {
    const id = `${holder.principalId} ${holder.through} ${holder.from} ${holder.key ?? ''}`;
    found.set(id, { ...holder, acts: [...(found.get(id)?.acts ?? []), act] });
  };
  for (const act of DESTRUCTIVE) for (const holder of holdersOf(vault, rights, act)) add(holder, act);
  for (const holder of grantersOf(vault, rights)) add(holder, 'grant');
  return [...found.values()];
}

export const nobodyMayDestroyKeys: VaultCheck = {
  id: 'nobody-may-destroy-keys',
  on: 'vault',
  demand:
    'Nobody holds for good the right to delete, disable or purge keys that something uses, or to give it to themselves.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/general/rbac-guide',
  check(facts) {
    const { vault, assigned } = facts;
    const destroyers = destroyersOf(facts);
    const unread =
      assigned.kind === 'unknown'
        ? [assigned]
        : unknownRoles(vault, assigned.value).length > 0
          ? [{ kind: 'unknown', because: 'the definition of a role that is assigned there could not be read' } as const]
          : [];
    if (destroyers.length === 0) return unread;
    return [
      ...unread,
      {
        kind: 'finding',
        says: `${countOf(destroyers)} may ${spellActs(destroyers)}.`,
        commands: [
          `az role assignment list --include-inherited --scope $(az keyvault show --name ${vault.name} --query id --output tsv)`,
        ],
      },
    ];
  },
};

function countOf(destroyers: readonly Destroyer[]): string {
  const groups = new Set(destroyers.filter(isGroup).map(({ principalId }) => principalId)).size;
  const others = new Set(destroyers.filter((each) => !isGroup(each)).map(({ principalId }) => principalId)).size;
  const parts = [
    ...(others === 0 ? [] : [others === 1 ? 'one person or application' : `${others} people or applications`]),
    ...(groups === 0
      ? []
      : [groups === 1 ? 'one group, whose members are not read,' : `${groups} groups, whose members are not read,`]),
  ].join(' and ');
  return parts.slice(0, 1).toUpperCase() + parts.slice(1);
}

const isGroup = ({ principalType }: Holder): boolean => principalType?.endsWith('Group') === true;

const ACT_WORDS = {
  delete: 'delete keys',
  disable: 'disable keys',
  purge: 'purge keys',
  grant: 'give themselves that right',
} as const;

function spellActs(destroyers: readonly Destroyer[]): string {
  const acts = Object.entries(ACT_WORDS).flatMap(([act, words]) =>
    destroyers.some((each) => each.acts.some((one) => one === act)) ? [words] : [],
  );
  return acts.length < 2 ? acts.join('') : `${acts.slice(0, -1).join(', ')} or ${acts.at(-1)}`;
}
