import type { HttpClient } from '@azure/core-rest-pipeline';
import { createLocalAzure, type LocalAzure, type LocalAzureOptions } from '../../local/azure/azure.ts';
import type { SeedVault } from '../../local/azure/types.ts';
import { identitiesFor } from '../../local/guardian-roles.ts';
import { keyVaultReads, keyVaultWrites } from '../../shared/azure/key-vault.ts';
import { resourceManagerReads } from '../../shared/azure/resource-manager.ts';
import { resourceManagerWrites } from '../../shared/azure/resource-manager-writes.ts';
import { type Policy, policy as policySchema } from '../../shared/domain/policy.ts';
import type { Ports } from '../../shared/ports.ts';
import { fakeGraph, subscriptionRow } from '../fakes/graph.ts';
import { overMemory, type Queues } from './over-memory.ts';

export interface CompositionOptions {
  readonly vaults: readonly SeedVault[];
  readonly policy: unknown;
  /** Waited for before each call of storage takes effect. Default: nothing. */
  readonly beforeStorage?: () => Promise<void>;
  /** What the local Azure has besides: resources, further identities, behaviours. */
  readonly more?: AzureMore;
  /** Put around the local Azure's own HTTP client. Default: that client as it is. */
  readonly httpClient?: (served: HttpClient) => HttpClient;
}

/** What a local Azure of the bench has besides vaults and the guardian's identities. */
export type AzureMore = Partial<Pick<LocalAzureOptions, 'resources' | 'identities' | 'behaviours'>>;

/** A guardian over a local Azure, both in this process, with storage in memory and its queues turned by hand. */
export interface Composition {
  readonly azure: LocalAzure;
  readonly ports: Ports;
  readonly policy: Policy;
  readonly queues: Queues;
}

/** The local Azure with the guardian's identities and nobody else's but `attacker`'s, who may do anything. */
export function benchAzure(vaults: readonly SeedVault[], policy: Policy, more: AzureMore = {}): LocalAzure {
  return createLocalAzure({
    vaults,
    identities: [
      ...identitiesFor(policy),
      { name: 'attacker', kind: 'user', grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }] },
      ...(more.identities ?? []),
    ],
    resources: more.resources ?? [],
    behaviours: { settleMs: 0, emptyPages: 0, ...more.behaviours },
    seed: 1,
  });
}

/** Composes a guardian for one measurement. No baseline is taken. */
export function composition(options: CompositionOptions): Composition {
  const policy = policySchema.parse(options.policy);
  const azure = benchAzure(options.vaults, policy, options.more);
  const httpClient = options.httpClient?.(azure.httpClient) ?? azure.httpClient;
  const connection = (vault: string, identity: 'watcher' | 'keeper') => ({
    url: `https://${vault}.vault.azure.net`,
    credential: azure.credential(identity),
    httpClient,
  });
  const { ports, queues } = overMemory({
    policy,
    beforeStorage: options.beforeStorage,
    reads: kept((vault) => keyVaultReads(connection(vault, 'watcher'))),
    writes: kept((vault) => keyVaultWrites(connection(vault, 'keeper'))),
    resourceManager: resourceManagerReads({
      credential: azure.credential('surveyor'),
      identity: 'surveyor',
      httpClient: azure.httpClient,
    }),
    resourceManagerWrites: resourceManagerWrites({
      credential: azure.credential('keeper'),
      identity: 'keeper',
      httpClient: azure.httpClient,
    }),
    graph: fakeGraph(() => ({ subscriptions: [subscriptionRow('11111111-1111-4111-8111-111111111111')] })),
    ownObjectIds: ['watcher', 'keeper'].flatMap((name) => azure.identities.get(name)?.oid ?? []),
  });
  return { azure, ports, policy, queues };
}

/** One client a vault and identity, as `compose` keeps them: each new one pays a 401 for its challenge. */
function kept<T>(make: (vault: string) => T): (vault: string) => T {
  const made = new Map<string, T>();
  return (vault) => {
    const known = made.get(vault) ?? make(vault);
    made.set(vault, known);
    return known;
  };
}
