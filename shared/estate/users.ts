import { escaped } from '../domain/escaped.ts';
import { resourceName } from '../domain/resource-manager.ts';
import { type VaultObject, vaultObject } from '../domain/vault-object.ts';
import type { Callers, EstateSet, EstateUser } from './estate.ts';
import type { GraphRow } from './rows.ts';

/** A user of keys as its own row shows it: what hangs on it comes from other rows. */
export type NamedUser = Omit<EstateSet, 'holds'> | Omit<Exclude<EstateUser, EstateSet>, 'holds'>;

const ENCRYPTIONS = new Map<string, EstateSet['encryption']>([
  ['encryptionatrestwithcustomerkey', 'customer-key'],
  ['encryptionatrestwithplatformandcustomerkeys', 'platform-and-customer-keys'],
  ['confidentialvmencryptedwithcustomerkey', 'confidential'],
]);

/** A disk encryption set: its active key, then the previous ones, which disks need until all of them were rotated. */
export function setOf(row: GraphRow<'sets'>): NamedUser {
  const previous = (row.previousKeys ?? []).map(({ keyUrl }) => keyUrl ?? undefined);
  const { keys, unknown } = keysAt([row.keyUrl, ...previous]);
  const callers = callersOf(row.identity, undefined, row.federatedClientId);
  const autoRotation = row.autoRotation === true;
  return {
    kind: 'disk-encryption-set',
    id: row.id.toLowerCase(),
    name: row.name,
    subscriptionId: row.subscriptionId.toLowerCase(),
    location: row.location?.toLowerCase(),
    encryption: ENCRYPTIONS.get(row.encryptionType?.toLowerCase() ?? ''),
    autoRotation,
    rotationError:
      row.errorCode === undefined ? undefined : { code: row.errorCode, message: row.errorMessage ?? 'no message' },
    // Without one Resource Manager leaves the member out, and nothing else of the set shows it.
    hasIdentity: (row.identity?.type ?? 'None').toLowerCase() !== 'none',
    keys,
    follows: autoRotation || keys[0]?.version === undefined,
    callers: callers.callers,
    unknown: [...unknown, ...callers.unknown],
  };
}

/** A storage account. One that names no version takes a new one within a day; until then it needs the one it has. */
export function storageAccountOf(row: GraphRow<'storage-accounts'>): NamedUser {
  const pinned = row.keyVersion;
  const vault = row.vaultUri?.replace(/\/+$/, '');
  const named = vault === undefined || row.keyName === undefined ? undefined : `${vault}/keys/${row.keyName}`;
  const url = pinned === undefined ? (row.currentKeyUrl ?? named) : `${named}/${pinned}`;
  return { kind: 'storage-account', ...userAt(row, url), follows: pinned === undefined };
}

/** A SQL server, by the key of its transparent data encryption. */
export function sqlServerOf(row: GraphRow<'sql-servers'>): NamedUser {
  const user = userAt(row, row.keyUrl);
  return { kind: 'sql-server', ...user, follows: user.keys[0]?.version === undefined };
}

/** What a user of one key has, whatever its kind. */
function userAt(row: GraphRow<'storage-accounts'> | GraphRow<'sql-servers'>, keyUrl: string | undefined) {
  const { keys, unknown } = keysAt([keyUrl]);
  const { callers, unknown: unknownCallers } = callersOf(row.identity, row.userIdentity, row.federatedClientId);
  return { id: row.id.toLowerCase(), name: row.name, keys, callers, unknown: [...unknown, ...unknownCallers] };
}

/** Azure Disk Encryption, one user for each key that wraps its secrets. Nobody confirmed who calls the vault for it. */
export const diskEncryptionOf = (id: string, keys: readonly VaultObject[]): NamedUser => ({
  kind: 'azure-disk-encryption',
  id,
  name: 'Azure Disk Encryption',
  keys,
  follows: false,
  callers: { objectIds: [], applicationId: undefined },
  unknown: [],
});

interface KeysRead {
  readonly keys: readonly VaultObject[];
  readonly unknown: readonly string[];
}

function keysAt([active, ...previous]: readonly (string | undefined)[]): KeysRead {
  if (active === undefined) return { keys: [], unknown: ['Resource Graph does not show its key.'] };
  const urls = [active, ...previous.filter((url) => url !== undefined)];
  const read = urls.map((url) => ({ url, object: vaultObject(url) }));
  return {
    keys: read.flatMap(({ object }) => (object?.kind === 'key' ? [object] : [])),
    unknown: read.flatMap(({ url, object }) =>
      object?.kind === 'key' ? [] : [`The URL of its key names no key of a vault: ${escaped(url)}`],
    ),
  };
}

type Identity = GraphRow<'sets'>['identity'];

/**
 * Who calls the vault for a resource: the application of another tenant, or the identity that it names, or those it has.
 *
 * @param chosen the id of the user-assigned identity that the resource names for its key
 */
function callersOf(
  identity: Identity,
  chosen: string | undefined,
  federatedClientId: string | undefined,
): { readonly callers: Callers; readonly unknown: readonly string[] } {
  if (federatedClientId !== undefined && federatedClientId.toLowerCase() !== 'none')
    return { callers: { objectIds: [], applicationId: federatedClientId.toLowerCase() }, unknown: [] };
  const assigned = Object.entries(identity?.userAssignedIdentities ?? {})
    .map(([id, each]) => ({ id: id.toLowerCase(), principalId: each?.principalId?.toLowerCase() }))
    .filter(({ id }) => chosen === undefined || id === chosen.toLowerCase());
  const own = chosen === undefined ? identity?.principalId?.toLowerCase() : undefined;
  const unnamed = assigned.filter(({ principalId }) => principalId === undefined).map(({ id }) => id);
  if (chosen !== undefined && assigned.length === 0) unnamed.push(chosen.toLowerCase());
  return {
    callers: {
      objectIds: [own, ...assigned.map(({ principalId }) => principalId)].filter((id) => id !== undefined),
      applicationId: undefined,
    },
    unknown: unnamed.map((id) => `The object id of its identity ${resourceName(id)} is not shown.`),
  };
}
