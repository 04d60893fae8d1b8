import type { EventDelivery } from '../event-delivery.ts';
import type { FaultPlan } from '../faults.ts';
import { type IdentityRegister, identityNamed, registerIdentity } from '../identities.ts';
import { resourceIdOf } from '../key-vault/audit-record.ts';
import type { Vault } from '../key-vault/store.ts';
import type { Chance } from '../random.ts';
import { createResourceGraph } from '../resource-graph/resource-graph.ts';
import type {
  Behaviours,
  Grant,
  Identity,
  LoggedManagementRequest,
  SeedRole,
  SeedSubscription,
  WireRequest,
  WireResponse,
} from '../types.ts';
import { activityEvent } from './activity-log.ts';
import { putAssignment, putBuiltInRoles } from './assignments.ts';
import { createDirectory } from './authorization.ts';
import { keyChanged, type SetPace } from './auto-rotation.ts';
import type { Subscription, World } from './call.ts';
import { handle } from './handler.ts';
import { createOperations } from './operations.ts';
import { createSchedule } from './schedule.ts';
import { createResources, type Resource, type Resources } from './store.ts';
import { createBudgets } from './throttling.ts';

/** What a local Resource Manager shares with the vaults beside it. */
export interface Surroundings {
  readonly register: IdentityRegister;
  readonly faults: FaultPlan;
  readonly behaviours: Readonly<Behaviours>;
  readonly chance: Chance;
  readonly tenantId: string;
  vaults(): Iterable<Vault>;
  setServed(vault: Vault, isServed: boolean): void;
  /** Told of each answer as it leaves. */
  answered(request: WireRequest, response: WireResponse): void;
  /** Told of what the Activity Log has of each write. */
  activity(event: EventDelivery): void;
}

/** The local Resource Manager: what tests and demo do with it. */
export interface ResourceManager {
  /** Serves one request to `management.azure.com`. Rejects with `ConnectionBroken` for a planned break. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** As of the last request or `settle`. Changes take effect at once. */
  readonly resources: Resources;
  readonly world: World;
  /** Every request that was served, in that order. */
  readonly log: LoggedManagementRequest[];
  /** What an identity may do in a vault by its roles. */
  grantsByRoles(identity: Identity, vault: Vault): readonly Grant[];
  /** Gives the id of the assignment, by which it can be removed from the resources. Throws where there is no such identity or built-in role. */
  assignRole(identity: string, role: SeedRole): string;
  /** From the next plan of the set on, in place of the behaviours. Throws where there is no such set. */
  paceSet(id: string, pace: SetPace): void;
  /** Told of each change of what a vault holds of a key. */
  keyChanged(vault: Vault, name: string, nowMs: number): void;
  /** Does what is due by the process's `Date`: changes that go on after their 202. */
  settle(): void;
}

/** Makes a local Resource Manager with these resources beside the vaults. */
export function createResourceManager(
  { register, faults, behaviours, chance, tenantId, vaults, setServed, answered, activity }: Surroundings,
  seeds: { readonly resources: readonly Resource[]; readonly subscriptions: readonly SeedSubscription[] },
): ResourceManager {
  const resources = createResources();
  putBuiltInRoles(resources);
  for (const resource of seeds.resources) resources.put(resource);
  const seeded = new Map(
    seeds.subscriptions.map((seed): [string, Subscription] => [
      seed.subscriptionId.toLowerCase(),
      subscriptionOf(seed),
    ]),
  );
  const directory = createDirectory(resources, (id) => seeded.get(id.toLowerCase())?.managementGroups ?? []);
  const log: LoggedManagementRequest[] = [];
  let vaultRevision = 0;
  const seen = {
    vaultRevision: () => vaultRevision,
    ...{ resources, directory, behaviours, chance, tenantId, vaults },
    granted: () =>
      [...register.byName.values()].map((identity) => ({ identity, grants: register.grants.get(identity.name) ?? [] })),
    subscriptions() {
      const ids = new Set([...seeded.keys(), ...resources.subscriptionIds]);
      for (const { subscriptionId } of vaults()) ids.add(subscriptionId.toLowerCase());
      return [...ids].map((subscriptionId) => seeded.get(subscriptionId) ?? subscriptionOf({ subscriptionId }));
    },
  };
  const world: World = {
    ...seen,
    operations: createOperations(chance.ids),
    schedule: createSchedule(),
    setPaces: new Map(),
    deletedVaults: new Map(),
    deletedPrincipals: new Set(),
    setServed(vault, isServed) {
      setServed(vault, isServed);
      vaultRevision += 1;
    },
    vaultsChanged() {
      vaultRevision += 1;
    },
    setGrants: ({ name }, grants) => void register.grants.set(name, grants),
    graph: createResourceGraph(seen),
    managedIdentity: (name, oid) => [...register.byName.values()].find((one) => one.oid === oid) ?? made(name, { oid }),
    newManagedIdentity: (name) => made(name, {}),
  };
  function made(name: string, known: { readonly oid?: string }): Identity {
    let free = name;
    for (let number = 2; register.byName.has(free); number += 1) free = `${name}-${number}`;
    return registerIdentity(register, { name: free, kind: 'managed-identity', ...known, grants: [] }, chance.random);
  }
  const budgets = createBudgets();
  return {
    handle: (request) =>
      handle(
        {
          ...{ world, register, faults, budgets },
          served(asked, logged, response) {
            log.push(logged);
            answered(asked, response);
          },
          ended(written) {
            const event = activityEvent(written, world);
            if (event !== undefined) activity(event);
          },
        },
        request,
      ),
    resources,
    world,
    log,
    grantsByRoles: (identity, vault) =>
      vault.accessModel === 'rbac' ? directory.dataGrants(identity, resourceIdOf(vault), vault.name) : [],
    assignRole: (name, role) => putAssignment(resources, identityNamed(register, name), role, chance.random),
    paceSet(id, pace) {
      if (resources.get(id) === undefined) throw new Error(`The local Azure has no resource ${id}.`);
      world.setPaces.set(id.toLowerCase(), pace);
    },
    keyChanged(vault, name, nowMs) {
      const key = vault.keys.get(name.toLowerCase());
      if (key !== undefined) keyChanged(world, vault, key, nowMs);
    },
    settle: () => world.schedule.settle(Date.now()),
  };
}

function subscriptionOf({ subscriptionId, displayName, managementGroups = [] }: SeedSubscription): Subscription {
  return {
    subscriptionId,
    displayName: displayName ?? subscriptionId,
    managementGroups: managementGroups.map((name) => `/providers/Microsoft.Management/managementGroups/${name}`),
  };
}
