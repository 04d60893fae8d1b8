/** A guardian over vaults with keys, and disk encryption sets that follow them. Ids are made up. */
import { setMembers } from '../../../local/azure/resource-manager/set-members.ts';
import type { Resource } from '../../../local/azure/resource-manager/store.ts';
import type { SeedIdentity, SeedKey } from '../../../local/azure/types.ts';
import type { Incident } from '../../../shared/domain/incident.ts';
import type { WatchedSet } from '../../../shared/domain/propagation.ts';
import { MINUTE_MS } from '../../../shared/domain/time.ts';
import { readIncidents } from '../../../shared/incidents/store.ts';
import { rowOfSet } from '../../../shared/propagation/sets.ts';
import { managing } from '../../local/azure/resource-manager/managed.ts';
import { createWorld, SUBSCRIPTION, type World, type WorldOptions } from '../../simulation/world.ts';

export const VAULT = 'prod-disks';
export const [V1, V2] = ['1'.repeat(32), '2'.repeat(32)] as const;
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-disks`;
export const VAULT_ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/${VAULT}`;
export const setIdOf = (name: string): string => `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/${name}`;
export const urlOf = (key: string, version: string, host = `${VAULT}.vault.azure.net`): string =>
  `https://${host}/keys/${key}/${version}`;
const UPDATE = '?api-version=2024-03-02';

/** A key of one version that can wrap and unwrap. */
const keyOf = (name: string): SeedKey => ({
  name,
  versions: [{ version: V1, created: BORN, updated: BORN, keyOps: ['wrapKey', 'unwrapKey'] }],
});
/** 1 January 2025, in Unix seconds. */
const BORN = 1_735_689_600;

/** The object id of the n-th set, from 0. */
const objectIdOf = (at: number): string => `d15cd15c-0000-4000-8000-${String(at).padStart(12, '0')}`;

/** A set to begin with. */
export interface SeedSet {
  readonly name: string;
  /** Default `disk-a`. */
  readonly key?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Whether a disk of a running machine is under it. Default true. */
  readonly hasDisk?: boolean;
}

function resourcesOf(
  { name, key = 'disk-a', properties = {}, hasDisk = true }: SeedSet,
  at: number,
): readonly Resource[] {
  const machineId = `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm-${name}`;
  const located = { location: 'westeurope' };
  const set: Resource = {
    ...{ id: setIdOf(name), name, type: 'Microsoft.Compute/diskEncryptionSets', ...located },
    identity: { type: 'SystemAssigned', principalId: objectIdOf(at), tenantId: '5f0c1c9e-2b7d-4c53-8b0e-6d1f8a4e7c20' },
    properties: {
      activeKey: { keyUrl: urlOf(key, V1) },
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      rotationToLatestKeyVersionEnabled: true,
      provisioningState: 'Succeeded',
      ...properties,
    },
  };
  if (!hasDisk) return [set];
  return [
    set,
    {
      ...{ id: `${GROUP}/providers/Microsoft.Compute/disks/os-${name}`, name: `os-${name}`, ...located },
      type: 'Microsoft.Compute/disks',
      managedBy: machineId,
      properties: {
        encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: setIdOf(name) },
        diskState: 'Attached',
        provisioningState: 'Succeeded',
      },
    },
    {
      ...{ id: machineId, name: `vm-${name}`, type: 'Microsoft.Compute/virtualMachines', ...located },
      properties: {
        provisioningState: 'Succeeded',
        extended: { instanceView: { powerState: { code: 'PowerState/running' } } },
      },
    },
  ];
}

const identityOf = ({ name }: SeedSet, at: number): SeedIdentity => ({
  ...{ name, kind: 'managed-identity', oid: objectIdOf(at), grants: [] },
  roles: [{ role: 'Key Vault Crypto Service Encryption User', scope: VAULT_ID }],
});

/** A scale set of which a set encrypts the disks: those are no resources. */
export const scaleSetUnder = (name: string): Resource => ({
  ...{ id: `${GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-${name}`, name: `vmss-${name}` },
  ...{ type: 'Microsoft.Compute/virtualMachineScaleSets', location: 'westeurope' },
  properties: {
    virtualMachineProfile: {
      storageProfile: { osDisk: { managedDisk: { diskEncryptionSet: { id: setIdOf(name) } } } },
    },
  },
});

/** What a test does to the sets of a world, and what the guardian says of them. */
export interface Rotating {
  readonly world: World;
  /** A new version of the key, noticed at once. Returns its name. */
  rotate(key?: string): Promise<string>;
  /** Changes a set as its owner. */
  patch(name: string, body: object): Promise<void>;
  remove(name: string): Promise<void>;
  /** Lets minutes pass, in steps of ten seconds. Each minute disks unwrap. */
  minutes(count: number): Promise<void>;
  watched(name: string): Promise<WatchedSet | undefined>;
  verdict(name: string): Promise<string | undefined>;
  /** Each with its reason and state. */
  incidents(name: string): Promise<readonly Incident[]>;
  /** The verdicts of a set in the trail, with their minutes. */
  recorded(name: string): Promise<readonly { readonly verdict: string; readonly minute: number }[]>;
  /** How often a set was read at Resource Manager. */
  reads(name: string): number;
}

/** A guardian that has swept and surveyed them. Each set follows after 20 minutes and is done after 30, unless told otherwise. */
export async function rotating(sets: readonly SeedSet[], more: Partial<WorldOptions> = {}): Promise<Rotating> {
  const { behaviours, identities = [], resources = [], ...rest } = more;
  const keys = ['disk-a', 'disk-b'].map((key) => keyOf(key));
  const place = { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-keys' };
  const world = await createWorld({
    vaults: [
      { name: VAULT, keys, ...place },
      { name: 'not-guarded', keys: [keyOf('disk-a')], ...place },
    ],
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    graph: 'of-the-azure',
    resources: [...sets.flatMap(resourcesOf), ...resources],
    identities: [
      ...sets.map(identityOf),
      { name: 'person', kind: 'user', grants: [], roles: [{ role: 'Owner', scope: `/subscriptions/${SUBSCRIPTION}` }] },
      ...identities,
    ],
    behaviours: {
      setFollowsAfterMs: { least: 20 * MINUTE_MS, longest: 20 * MINUTE_MS },
      rewrapMs: 10 * MINUTE_MS,
      ...behaviours,
    },
    ...rest,
  });
  await world.sentry();
  await world.pass(60, 10);
  world.azure.clearLog();
  const owner = managing(world.azure, 'person');
  const watched = async (name: string) => (await world.ports.tables.sets.get(...rowOfSet(setIdOf(name))))?.value;
  const send = async (method: string, name: string, body?: object): Promise<void> => {
    const { status } = await owner(method, `${setIdOf(name)}${UPDATE}`, body);
    if (status >= 400) throw new Error(`${method} of ${name} was answered with ${status}.`);
  };
  return {
    world,
    watched,
    async rotate(key = 'disk-a') {
      const made = await world.as('owner').rotate(VAULT, key);
      await world.wake(VAULT, key);
      return made.slice(made.lastIndexOf('/') + 1);
    },
    patch: (name, body) => send('PATCH', name, body),
    remove: (name) => send('DELETE', name),
    async minutes(count) {
      for (let passed = 0; passed < count * 60; passed += 10) {
        await world.pass(10, 10);
        // What is due in Resource Manager happens when it is due, and not when somebody asks.
        world.azure.deliverDue();
        if (passed % 60 === 0) await world.azure.disks.unwrapDue();
      }
    },
    verdict: async (name) => (await watched(name))?.verdict.kind,
    async incidents(name) {
      const subject = { kind: 'disk-encryption-set', id: setIdOf(name).toLowerCase() } as const;
      return (await readIncidents(world.ports, subject)).stored.map(({ value }) => value);
    },
    async recorded(name) {
      return (await world.trail()).flatMap(({ what, detail }) => {
        if (what !== 'verdict' || detail.set !== setIdOf(name).toLowerCase()) return [];
        const said = detail as { verdict: { kind: string }; minute: number };
        return [{ verdict: said.verdict.kind, minute: said.minute }];
      });
    },
    reads: (name) =>
      world.azure.resourceManager.log.filter(
        ({ identity, url }) => identity === 'surveyor' && url.toLowerCase().includes(`/diskencryptionsets/${name}?`),
      ).length,
  };
}

/** What Resource Manager shows of a set. */
export async function shownBy({ azure }: World, name: string) {
  const { json } = await managing(azure, 'person')('GET', `${setIdOf(name)}${UPDATE}`);
  return setMembers.parse(json).properties;
}
