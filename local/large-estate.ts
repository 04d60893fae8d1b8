import type { Resource } from './azure/resource-manager/store.ts';
import type { SeedKey, SeedVault } from './azure/types.ts';
import { LOCAL_TENANT, versionId } from './estate-resources.ts';
import { diskEncryptionSetResource, groupId, machineResource, type Place, setIdOnDisks } from './resources.ts';

/** How much there is of each. */
export interface LargeEstateSize {
  readonly subscriptions: number;
  readonly vaults: number;
  /** In all vaults together. */
  readonly keys: number;
  readonly sets: number;
  readonly disks: number;
  readonly machines: number;
}

/** Vaults and what hangs on their keys. */
export interface LargeEstate {
  /** In lower case. */
  readonly subscriptionIds: readonly string[];
  readonly vaults: readonly SeedVault[];
  readonly resources: readonly Resource[];
}

/**
 * An estate of any size, the same each time: keys spread over vaults, sets over keys, disks over sets and machines. Ids are in
 * order, as Resource Graph gives them. A disk is a number until somebody asks for what it has, so that hundreds of thousands
 * fit beside what is measured; so Resource Graph alone can show disks, and nothing copies one.
 */
export function largeEstate(size: LargeEstateSize): LargeEstate {
  const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
  const subscriptionIds = numbers(size.subscriptions).map(
    (at) => `5ab5c217-0000-4000-8000-${String(at).padStart(12, '0')}`,
  );
  const subscriptionOf = (at: number): string => subscriptionIds[at % subscriptionIds.length] ?? '';
  const place = (kind: string, at: number): Place => ({
    group: groupId(subscriptionOf(at), `rg-${padded(at % GROUPS)}`),
    name: `${kind}-${padded(at)}`,
  });
  const vaultOf = (key: number): string => `kv-${padded(key % size.vaults)}`;
  const keyUrlOf = (set: number): string => {
    const key = set % size.keys;
    return `https://${vaultOf(key)}.vault.azure.net/keys/key-${padded(key)}/${versionId(vaultOf(key), 'key', key)}`;
  };
  const sets = numbers(size.sets).map((at) =>
    diskEncryptionSetResource(place('des', at), {
      keyUrl: keyUrlOf(at),
      principalId: `d15cd15c-1111-4000-8000-${String(at).padStart(12, '0')}`,
      tenantId: LOCAL_TENANT,
      more: { rotationToLatestKeyVersionEnabled: true },
    }),
  );
  const setIds = numbers(size.sets).map((at) => setIdOnDisks(place('des', at)));
  const machines = numbers(size.machines).map((at) =>
    machineResource(place('vm', at), { encryptionAtHost: at % 2 === 0 }),
  );
  const keysByVault = Map.groupBy(
    numbers(size.keys).map((at): SeedKey & { readonly vault: string } => ({
      vault: vaultOf(at),
      name: `key-${padded(at)}`,
      versions: [{ version: versionId(vaultOf(at), 'key', at), keyOps: ['wrapKey', 'unwrapKey'] }],
    })),
    ({ vault }) => vault,
  );
  return {
    subscriptionIds,
    vaults: numbers(size.vaults).map((at) => ({
      name: `kv-${padded(at)}`,
      subscriptionId: subscriptionOf(at),
      keys: keysByVault.get(`kv-${padded(at)}`) ?? [],
    })),
    resources: [
      ...sets,
      ...machines,
      ...lazyDisks(numbers(size.disks), {
        placeOf: (at) => place('disk', at),
        setIdOf: (at) => setIds[at % setIds.length] ?? '',
        machineIdOf: (at) => machines[at % machines.length]?.id,
      }),
    ],
  };
}

const GROUPS = 100;
const padded = (number: number): string => String(number).padStart(6, '0');

/** Disks that keep nothing but their number: what they have is on their prototype. */
function lazyDisks(
  numbers: readonly number[],
  {
    placeOf,
    setIdOf,
    machineIdOf,
  }: {
    readonly placeOf: (at: number) => Place;
    readonly setIdOf: (at: number) => string;
    readonly machineIdOf: (at: number) => string | undefined;
  },
): readonly Resource[] {
  interface Numbered {
    at: number;
  }
  const type = 'Microsoft.Compute/disks';
  const prototype: Resource & ThisType<Numbered> = {
    get id() {
      const { group, name } = placeOf(this.at);
      // In lower case, so that the store's key for it is the same text.
      return `${group}/providers/${type}/${name}`.toLowerCase();
    },
    get name() {
      return placeOf(this.at).name;
    },
    type,
    location: 'westeurope',
    sku: { name: 'Premium_LRS', tier: 'Premium' },
    get managedBy() {
      return machineIdOf(this.at) ?? '';
    },
    get properties() {
      const diskEncryptionSetId = setIdOf(this.at);
      return {
        encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId },
        diskState: machineIdOf(this.at) === undefined ? 'Unattached' : 'Attached',
        provisioningState: 'Succeeded',
      };
    },
  };
  return numbers.map((at): Resource => Object.assign(Object.create(prototype), { at }));
}
