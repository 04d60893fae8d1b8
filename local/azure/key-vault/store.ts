import type { Random } from '../random.ts';
import type {
  KeyOperation,
  KeyState,
  RotationPolicy,
  SeedKey,
  SeedVault,
  SeedVersion,
  VersionState,
} from '../types.ts';
import { type KeyType, lazyMaterial, type Material } from './material.ts';
import { type Budget, createBudget } from './throttling.ts';

/** One version of a key. Times are whole Unix seconds. */
export interface KeyVersion {
  readonly id: string;
  enabled: boolean;
  nbf: number | undefined;
  exp: number | undefined;
  readonly created: number;
  updated: number;
  readonly type: KeyType;
  keyOps: readonly KeyOperation[];
  /** Undefined where it never had any; `{}` where it was written so. */
  tags: Readonly<Record<string, string>> | undefined;
  readonly material: Material;
  /** Whether a secure environment may be given it, by its release policy. */
  readonly exportable: boolean;
  releasePolicy: ReleasePolicy | undefined;
}

/** Who may be given the key: `data` is base64url. @see https://learn.microsoft.com/azure/key-vault/keys/policy-grammar */
export interface ReleasePolicy {
  readonly contentType: string;
  readonly data: string;
  readonly immutable: boolean;
}

/** Where a key is between its making and its purge. Moments are in ms since 1970. */
export type Lifecycle =
  | { readonly kind: 'present'; readonly settledAt: number; readonly writesSettledAt: number }
  | {
      readonly kind: 'deleted';
      readonly settledAt: number;
      readonly deletedDate: number;
      readonly scheduledPurgeDate: number;
    }
  | { readonly kind: 'purged'; readonly nameFreeAt: number };

/** A key in the store, whatever has become of it. */
export interface Key {
  readonly name: string;
  readonly managed: boolean;
  /** Oldest first; the last is current. Never empty. */
  readonly versions: KeyVersion[];
  /** The same by their random ids, in which order lists give them. Undefined until asked for. */
  versionsById: readonly KeyVersion[] | undefined;
  lifecycle: Lifecycle;
}

/** A vault with its keys and what it has spent of its budget. */
export interface Vault {
  readonly name: string;
  /** Without a port, as in `kid`. */
  readonly origin: string;
  readonly region: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly tenantId: string;
  accessModel: 'rbac' | 'access-policy';
  /** Whether it had access policies until it came under Azure RBAC: they count for nothing. */
  policiesVoid: boolean;
  readonly softDeleteDays: number;
  purgeProtection: boolean;
  /** Whether Event Grid delivers its events: a deletion ends that for good. */
  hasEventSubscriptions: boolean;
  /** What Resource Manager shows of it beside what follows from the rest. */
  properties: Readonly<Record<string, unknown>>;
  tags: Readonly<Record<string, string>>;
  /** When it was made, in ms since 1970. */
  readonly madeMs: number;
  /** By name in lower case: the service compares names without case. */
  readonly keys: Map<string, Key>;
  /** By name in lower case: they outlive the key. */
  readonly rotationPolicies: Map<string, RotationPolicy>;
  /** Names in upper case, in order. Undefined until asked for. */
  sortedNames: readonly string[] | undefined;
  readonly budget: Budget;
  /** When the last write on a key was let in, in ms since 1970, by its name in lower case. */
  readonly writtenAt: Map<string, number>;
  /** Whether this is the copy in the paired region, which serves reads alone. */
  readonly failedOver: boolean;
}

/** A key as a caller finds it at a moment. */
export type Sight =
  | { readonly kind: 'none' }
  | { readonly kind: 'present'; readonly key: Key; readonly current: KeyVersion }
  | { readonly kind: 'recovering'; readonly key: Key; readonly current: KeyVersion }
  | {
      readonly kind: 'deleting' | 'deleted';
      readonly key: Key;
      readonly current: KeyVersion;
      readonly deletedDate: number;
      readonly scheduledPurgeDate: number;
    }
  | { readonly kind: 'purging' };

/** `nowMs` decides what has settled and what its retention has ended for. */
export function sightOf(vault: Vault, name: string, nowMs: number): Sight {
  const key = vault.keys.get(name.toLowerCase());
  const current = key?.versions.at(-1);
  if (key === undefined || current === undefined) return { kind: 'none' };
  const { lifecycle } = key;
  switch (lifecycle.kind) {
    case 'present':
      return { kind: nowMs < lifecycle.settledAt ? 'recovering' : 'present', key, current };
    case 'deleted': {
      const { deletedDate, scheduledPurgeDate, settledAt } = lifecycle;
      // The service purges by itself when the retention ends: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
      if (nowMs >= scheduledPurgeDate * 1000) return { kind: 'none' };
      return { kind: nowMs < settledAt ? 'deleting' : 'deleted', key, current, deletedDate, scheduledPurgeDate };
    }
    case 'purged':
      return nowMs < lifecycle.nameFreeAt ? { kind: 'purging' } : { kind: 'none' };
    default:
      return lifecycle satisfies never;
  }
}

/** Whether versions of a key that is read again after its recovery cannot be made or changed yet. */
export function isClosedToWrites({ lifecycle }: Key, nowMs: number): boolean {
  return lifecycle.kind === 'present' && nowMs < lifecycle.writesSettledAt;
}

/** Puts a key in; one of that name is replaced. */
export function addKeyToVault(vault: Vault, key: Key): void {
  vault.keys.set(key.name.toLowerCase(), key);
  vault.sortedNames = undefined;
}

/** Names of all keys, deleted ones too, in upper case and in order: the order of lists, recorded in a `$skiptoken` of 2018. */
export function sortedNames(vault: Vault): readonly string[] {
  vault.sortedNames ??= [...vault.keys.keys()].map((name) => name.toUpperCase()).sort();
  return vault.sortedNames;
}

/** Adds a version, which is the current one from now on. */
export function addVersionToKey(key: Key, version: KeyVersion): void {
  key.versions.push(version);
  key.versionsById = undefined;
}

/** By id, which is random: age has nothing to do with the order. */
export function versionsById(key: Key): readonly KeyVersion[] {
  key.versionsById ??= [...key.versions].sort((a, b) => (a.id < b.id ? -1 : 1));
  return key.versionsById;
}

/** What lies beneath a seed that leaves things out. */
export interface VaultDefaults {
  readonly tenantId: string;
  readonly random: Random;
}

/** The subscription and the group of a vault, also where its seed leaves them out. */
export const placeOf = ({
  subscriptionId,
  resourceGroup,
}: SeedVault): Pick<Vault, 'subscriptionId' | 'resourceGroup'> => ({
  subscriptionId: subscriptionId ?? '6c1a5a3e-0f5d-4f7c-9a55-3d0b6e2f8a01',
  resourceGroup: resourceGroup ?? 'rg-keys',
});

/** Makes a vault with its keys. Dates that the seed leaves out are now. */
export function vaultFromSeed(seed: SeedVault, defaults: VaultDefaults): Vault {
  const softDeleteDays = seed.softDeleteDays ?? 90;
  const vault: Vault = {
    name: seed.name,
    origin: `https://${seed.name.toLowerCase()}.vault.azure.net`,
    region: seed.region ?? 'westeurope',
    ...placeOf(seed),
    tenantId: seed.tenantId ?? defaults.tenantId,
    accessModel: seed.accessModel ?? 'rbac',
    policiesVoid: false,
    hasEventSubscriptions: true,
    softDeleteDays,
    // There is no purge protection without soft delete: https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
    purgeProtection: softDeleteDays > 0 && (seed.purgeProtection ?? true),
    properties: seed.properties ?? {},
    tags: seed.tags ?? {},
    madeMs: Date.now(),
    keys: new Map(),
    rotationPolicies: new Map(
      Object.entries(seed.rotationPolicies ?? {}).map(([name, policy]) => [name.toLowerCase(), policy]),
    ),
    sortedNames: undefined,
    budget: createBudget(1),
    writtenAt: new Map(),
    failedOver: false,
  };
  for (const key of seed.keys ?? []) addKeyToVault(vault, keyFromSeed(key, softDeleteDays, defaults.random));
  return vault;
}

/** Throws where the seed has no version, a name or version id that the service could not have given, or a deletion that such a vault does not keep. */
export function keyFromSeed(seed: SeedKey, softDeleteDays: number, random: Random): Key {
  const ids = (seed.versions ?? []).flatMap(({ version }) => version ?? []);
  const wrongId = ids.find((id) => !/^[0-9a-f]{32}$/.test(id));
  if (wrongId !== undefined)
    throw new Error(`${wrongId} is no version id: those are 32 lower-case hexadecimal digits.`);
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(seed.name)) throw new Error(`${seed.name} is no name of a key.`);
  if (seed.versions?.length === 0)
    throw new Error(`A key has at least one version, but ${seed.name} was seeded with none.`);
  if (seed.deletedDate !== undefined && softDeleteDays === 0)
    throw new Error(`A vault without soft delete keeps no deleted ${seed.name}.`);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const versions = (seed.versions ?? [{}]).map((version) => versionFromSeed(version, nowSeconds, random));
  return {
    name: seed.name,
    managed: seed.managed ?? false,
    versions,
    versionsById: undefined,
    lifecycle: lifecycleFromSeed(seed.deletedDate, softDeleteDays),
  };
}

function lifecycleFromSeed(deletedDate: number | undefined, softDeleteDays: number): Lifecycle {
  if (deletedDate === undefined) return { kind: 'present', settledAt: 0, writesSettledAt: 0 };
  return { kind: 'deleted', settledAt: 0, deletedDate, scheduledPurgeDate: deletedDate + softDeleteDays * 86_400 };
}

function versionFromSeed(seed: SeedVersion, nowSeconds: number, random: Random): KeyVersion {
  const created = seed.created ?? nowSeconds;
  const type = keyTypeOf(seed.kty ?? 'RSA', seed.keySize, seed.crv);
  return {
    id: seed.version ?? random.hex(32),
    enabled: seed.enabled ?? true,
    nbf: seed.nbf,
    exp: seed.exp,
    created,
    updated: seed.updated ?? created,
    type,
    keyOps: seed.keyOps ?? defaultOperations(type),
    tags: seed.tags,
    material: lazyMaterial(type, seed.publicPart, seed.privateKey),
    exportable: false,
    releasePolicy: undefined,
  };
}

/** RSA without a size makes 2048 bits, EC without a curve P-256, as recorded. */
export function keyTypeOf(kty: KeyType['kty'], keySize: number | undefined, crv: string | undefined): KeyType {
  switch (kty) {
    case 'RSA':
    case 'RSA-HSM':
      return { kty, keySize: keySize === 3072 || keySize === 4096 ? keySize : 2048 };
    case 'EC':
    case 'EC-HSM':
      return { kty, crv: crv === 'P-384' || crv === 'P-521' || crv === 'P-256K' ? crv : 'P-256' };
    default:
      return kty satisfies never;
  }
}

/** In the order recorded. */
export function defaultOperations(type: KeyType): readonly KeyOperation[] {
  return 'crv' in type ? ['sign', 'verify'] : ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];
}

/** The vault's truth about a key, with no regard to what a caller would be shown while it settles. */
export function keyState(vault: Vault, name: string, nowMs: number): KeyState {
  const sight = sightOf(vault, name, nowMs);
  switch (sight.kind) {
    case 'none':
    case 'purging':
      return { kind: 'none' };
    case 'present':
    case 'recovering':
      return { kind: 'present', settled: sight.kind === 'present', versions: sight.key.versions.map(versionState) };
    case 'deleting':
    case 'deleted': {
      const { deletedDate, scheduledPurgeDate } = sight;
      const versions = sight.key.versions.map(versionState);
      return { kind: 'deleted', settled: sight.kind === 'deleted', deletedDate, scheduledPurgeDate, versions };
    }
    default:
      return sight satisfies never;
  }
}

function versionState(version: KeyVersion): VersionState {
  const { id, enabled, nbf, exp, created, updated, keyOps, type } = version;
  return { version: id, enabled, nbf, exp, created, updated, keyOps, kty: type.kty };
}
