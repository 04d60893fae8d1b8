import type { Rotation } from '../domain/propagation.ts';
import type { KeyRecord } from '../domain/register.ts';
import type { DiskEncryptionSet } from '../domain/resource-manager.ts';
import { subscriptionIn } from '../domain/survey.ts';
import { utc } from '../domain/time.ts';
import { vaultObject } from '../domain/vault-object.ts';
import { GraphRefused, GraphRowsUnreadable } from '../errors.ts';
import type { EstateSet } from '../estate/estate.ts';
import { estateReader } from '../estate/estate-of.ts';
import { setOf } from '../estate/users.ts';
import type { Ports } from '../ports.ts';
import type { Said } from '../posture/check.ts';
import { setMayUseKey } from '../posture/checks/set-may-use-key.ts';
import { known, unknown, type VaultFacts } from '../posture/facts.ts';
import { isForConfidential } from './verdict.ts';

/** Why a set does not follow, as far as it can be read. */
export interface Causes {
  /** What is wrong, in sentences. */
  readonly found: readonly string[];
  /** What could not be read, each the end of a sentence: none of it counts as absent. */
  readonly unknown: readonly string[];
  /** What a person can type. */
  readonly commands: readonly string[];
}

/** What decides whether a set can follow. */
export interface Situation {
  readonly set: DiskEncryptionSet;
  readonly rotation: Rotation;
  /** What the register knows of the key; `undefined` where its row cannot be read. */
  readonly record: KeyRecord | undefined;
  /** The vault of the key, or why it could not be read. */
  readonly vault: VaultFacts | { readonly because: string };
  readonly now: Date;
}

/** What keeps a set from following: what kind of set it is, its identity, its rights on the vault, the vault's network, the state of the key. Pure. */
export function causesOf({ set, rotation, record, vault, now }: Situation): Causes {
  const facts = 'kind' in vault ? vault : undefined;
  const rights = rightsOf(set, facts, now);
  const keys = record === undefined ? undefined : keyFaults(set, rotation, record, now);
  return {
    found: [
      ...takesNone(set, rotation),
      // When its disks fail for that is said by another alert.
      ...rights.flatMap((each) => (each.kind === 'finding' ? [each.says.replace(': its disks fail.', '.')] : [])),
      ...(keys?.faults ?? []),
    ],
    unknown: [
      ...rights.flatMap((each) => (each.kind === 'unknown' && facts !== undefined ? [each.because] : [])),
      ...('because' in vault ? [vault.because] : []),
      ...(facts !== undefined && facts.vault.network !== 'public'
        ? [
            `the vault ${facts.vault.name} takes no requests from everywhere, and whether it takes those of the set is not shown`,
          ]
        : []),
      ...(keys?.unknown ?? ['the row of its key in the register cannot be read']),
    ],
    commands: rights.flatMap((each) => (each.kind === 'finding' ? (each.commands ?? []) : [])),
  };
}

/** What of the set itself keeps it on the version that it has. */
function takesNone(set: DiskEncryptionSet, { version }: Rotation): readonly string[] {
  if (isForConfidential(set)) return ['It is for confidential machines: Azure rotates none of their sets.'];
  const pinned = vaultObject(set.keyUrl ?? '')?.version;
  return set.autoRotation === true || pinned === undefined || pinned === version
    ? []
    : [`It is pinned to version ${pinned}: it takes no new version by itself.`];
}

function rightsOf(set: DiskEncryptionSet, vault: VaultFacts | undefined, now: Date): readonly Said[] {
  const user = setOf({ ...set, previousKeys: (set.previousKeys ?? []).map((each) => ({ ...each })) });
  if (user.kind !== 'disk-encryption-set') return [];
  const nothing = { disks: 0, unattached: 0, snapshots: 0, images: 0, machines: new Map() };
  const estateSet: EstateSet = { ...user, holds: nothing };
  return setMayUseKey.check({ kind: 'set', set: estateSet, vault }, now);
}

/** What is wrong with the version that the set is to follow, and with the one that it has: it needs both. */
function keyFaults(
  set: DiskEncryptionSet,
  rotation: Rotation,
  record: KeyRecord,
  now: Date,
): { readonly faults: readonly string[]; readonly unknown: readonly string[] } {
  const { absentSince, versions } = record.observed;
  if (absentSince !== undefined)
    return { faults: [`The key has been missing since ${utc(absentSince)}.`], unknown: [] };
  const active = vaultObject(set.keyUrl ?? '')?.version;
  const needed = [...new Set([rotation.version, ...(active === undefined ? [] : [active])])];
  const faults = needed.flatMap((version) => {
    const last = versions[version];
    if (last === undefined) return [];
    const { enabled, notBefore, expiresOn } = last;
    return [
      ...(enabled ? [] : [`Version ${version} is disabled.`]),
      ...(expiresOn !== undefined && expiresOn <= now ? [`Version ${version} expired on ${utc(expiresOn)}.`] : []),
      ...(notBefore !== undefined && notBefore > now
        ? [`Version ${version} cannot be used before ${utc(notBefore)}.`]
        : []),
    ];
  });
  const unseen = needed.filter((version) => versions[version] === undefined);
  return { faults, unknown: unseen.map((version) => `no sweep has read version ${version}`) };
}

/** The vault of a key with who may use its keys, as Resource Graph shows it now: it may lag behind by minutes, and no verdict rests on it. */
export async function vaultFacts(name: string, { graph, scope }: Ports): Promise<Situation['vault']> {
  const subscription = subscriptionIn(scope.surveyed.vaults.get(name)?.id ?? '');
  if (subscription === undefined) return { because: `no survey has read the vault ${name}` };
  const reader = estateReader();
  const refused: string[] = [];
  for (const query of ['vaults', 'role-definitions', 'role-assignments'] as const) {
    try {
      for await (const rows of graph.rows(query, [subscription])) reader.add(query, rows);
    } catch (error) {
      if (!(error instanceof GraphRefused || error instanceof GraphRowsUnreadable)) throw error;
      refused.push(error.message.replace(/\.$/, ''));
    }
  }
  const { vaults, assignments, roles } = reader.estate();
  const vault = vaults.get(name);
  if (vault === undefined) return { because: refused[0] ?? `Resource Graph does not show the vault ${name}` };
  const [because] = refused;
  return {
    kind: 'vault',
    vault,
    locks: unknown('locks are not read'),
    diagnosticSettings: unknown('diagnostic settings are not read'),
    assigned: because === undefined ? known({ assignments, roles }) : unknown(because),
  };
}
