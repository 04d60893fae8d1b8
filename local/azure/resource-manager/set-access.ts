import { z } from 'zod';
import { isClosedToTrustedServices } from '../key-vault/network.ts';
import { authorize, countedGrants } from '../key-vault/permissions.ts';
import { type Key, type KeyVersion, sightOf, type Vault } from '../key-vault/store.ts';
import type { Grant, Identity } from '../types.ts';
import type { World } from './call.ts';
import { setMembers } from './set-members.ts';
import type { Resource } from './store.ts';
import { VAULTS } from './vaults.ts';

const userIdentity = z.object({ principalId: z.string() });

/** Who calls for a set: the application of another tenant where it names one, else its identity. Undefined where there is none that exists. */
export function callerOf(world: World, set: Resource): Identity | undefined {
  const { identity, properties } = setMembers.parse(set);
  if (identity === undefined) return undefined;
  const { federatedClientId } = properties;
  if (federatedClientId !== undefined && federatedClientId !== 'None')
    return world.granted().find(({ identity: { appid } }) => appid.toLowerCase() === federatedClientId.toLowerCase())
      ?.identity;
  const [user] = Object.values(identity.userAssignedIdentities ?? {});
  const oid = identity.principalId ?? userIdentity.safeParse(user).data?.principalId;
  return oid === undefined || world.deletedPrincipals.has(oid) ? undefined : world.managedIdentity(set.name, oid);
}

/** A key of the local Azure as the URL of a set names it. */
export interface SetKey {
  readonly vault: Vault;
  readonly key: Key;
  /** Undefined where the URL names none, or one that the key does not have. */
  readonly version: KeyVersion | undefined;
}

/** Undefined where no vault serves that host, or it shows no such key. */
export function keyAt(world: World, keyUrl: string, nowMs: number): SetKey | undefined {
  const { vault, name = '', version = '' } = partsOf(world, keyUrl);
  if (vault === undefined) return undefined;
  const sight = sightOf(vault, name, nowMs);
  if (sight.kind !== 'present') return undefined;
  const { key } = sight;
  return { vault, key, version: key.versions.find(({ id }) => id === version.toLowerCase()) };
}

function partsOf(world: World, keyUrl: string) {
  if (!URL.canParse(keyUrl)) return {};
  const { hostname, pathname } = new URL(keyUrl);
  const [, , name, version] = pathname.split('/');
  const vault = [...world.vaults()].find(({ origin }) => new URL(origin).hostname === hostname);
  return { vault, name, version };
}

/** An error as a set shows it of its rotation. */
export interface RotationError {
  readonly code: string;
  readonly message: string;
}

/**
 * Why a set cannot use a version of its key. Code and sentence of a lost identity are published; those of a refusal are what
 * a PUT of a set is told (https://github.com/hashicorp/terraform-provider-azurerm/issues/9177); the others are UNCONFIRMED.
 * @see https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/get
 */
export function refusalOf(
  world: World,
  set: Resource,
  keyUrl: string,
  use: 'wrapkey' | 'unwrapkey',
  nowMs: number,
): RotationError | undefined {
  const caller = callerOf(world, set);
  if (caller === undefined)
    return {
      code: 'ManagedServiceIdentityNotFound',
      message:
        'Auto-key rotation was disabled because an identity was not found. Please update the resource with correct identity to re-enable auto-key rotation.',
    };
  const { vault, name = '' } = partsOf(world, keyUrl);
  const forbidden = {
    code: 'KeyVaultAccessForbidden',
    message: `Unable to access key vault resource '${keyUrl}' to enable encryption at rest. Please grant get, wrap and unwrap key permissions to disk encryption set '${set.name}'. Please visit https://aka.ms/keyvaultaccessssecmk for more information.`,
  };
  if (vault === undefined || isClosedToTrustedServices(vault)) return forbidden;
  const grants = grantsIn(world, caller, vault);
  for (const operation of ['get', use] as const)
    if (authorize(vault, caller, grants, operation, name).kind === 'refused') return forbidden;
  const version = keyAt(world, keyUrl, nowMs)?.version;
  if (version === undefined) return { code: 'KeyVaultKeyNotFound', message: `Key '${keyUrl}' was not found.` };
  if (!version.enabled)
    return { code: 'KeyVaultKeyNotEnabled', message: `Key '${keyUrl}' must be in the enabled state.` };
  if (!version.keyOps.includes(use === 'wrapkey' ? 'wrapKey' : 'unwrapKey')) return forbidden;
  const seconds = nowMs / 1000;
  const isOver = version.exp !== undefined && seconds >= version.exp;
  const isEarly = version.nbf !== undefined && seconds < version.nbf;
  if (use === 'wrapkey' && (isOver || isEarly))
    return { code: 'KeyVaultKeyExpired', message: `Unable to access key '${keyUrl}'. Key is expired.` };
  return undefined;
}

/** What an identity may do in a vault: by grants of its own, and by roles where the vault is under Azure RBAC. */
function grantsIn({ granted, directory }: World, caller: Identity, vault: Vault): readonly Grant[] {
  const own = countedGrants(vault, granted().find(({ identity }) => identity.name === caller.name)?.grants ?? []);
  const id = `/subscriptions/${vault.subscriptionId}/resourceGroups/${vault.resourceGroup}/providers/${VAULTS}/${vault.name}`;
  return vault.accessModel === 'rbac' ? [...own, ...directory.dataGrants(caller, id, vault.name)] : own;
}
