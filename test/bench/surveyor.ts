import { policy as policySchema } from '../../shared/domain/policy.ts';
import type { Graph } from '../../shared/estate/graph.ts';
import type { Ports } from '../../shared/ports.ts';
import { type OverMemory, overMemory } from './over-memory.ts';

const nothing = (of: string): never => {
  throw new Error(`A survey calls no vault and reads no single set, and was to read ${of}.`);
};

/** A guardian that surveys. Storage is in memory, and no vault can be reached. */
export function surveyor(
  subscriptions: readonly string[],
  of: { readonly graph: Graph } & Pick<OverMemory, 'uses' | 'beforeStorage'>,
): Ports {
  const policy = policySchema.parse({ vaults: [{ name: 'named' }], subscriptions });
  const resourceManager = {
    ...{ diskEncryptionSet: nothing, vault: nothing, deletedVaults: nothing, roleAssignments: nothing },
    ...{ roleDefinition: nothing, userAssignedIdentity: nothing, diagnosticSettings: nothing },
    ...{ systemTopics: nothing, eventSubscriptions: nothing },
  };
  const not = { reads: nothing, writes: nothing, resourceManager, resourceManagerWrites: { pointSet: nothing } };
  return overMemory({ policy, ownObjectIds: [], ...not, ...of }).ports;
}
