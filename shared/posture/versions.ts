import type { EstateUser } from '../estate/estate.ts';
import { type UsedKey, versionsNeeded } from '../estate/key-uses.ts';
import type { KeyState, VersionFacts } from './facts.ts';

/** A version that something needs, with whom. */
export interface NeededVersion {
  readonly version: string;
  /** `undefined`: the vault does not list it. */
  readonly facts: VersionFacts | undefined;
  readonly users: readonly EstateUser[];
}

/** The versions of a key that its users need: those that they name, and the newest for a user that names none. */
export function neededVersions(
  facts: UsedKey,
  { current, versions }: Extract<KeyState, { kind: 'present' }>,
): readonly NeededVersion[] {
  const needed = new Map<string, EstateUser[]>();
  for (const user of facts.users) {
    const named = versionsNeeded(user, facts);
    const these = named.length > 0 || current === undefined ? named : [current];
    for (const version of these) needed.set(version, [...(needed.get(version) ?? []), user]);
  }
  return [...needed].map(([version, users]) => ({ version, users, facts: versions.get(version) }));
}
