import { type KeyId, type ObservedKey, versionNamed } from '../domain/key.ts';
import type { Rotation } from '../domain/propagation.ts';
import type { KeyRecord } from '../domain/register.ts';

/**
 * The rotation that an observation of a key shows for the first time, whoever made it; `undefined` where its newest version is
 * the one that was observed before, and of a key that was never observed. Pure.
 */
export function rotationShown({ vault, key }: KeyId, observed: ObservedKey, before: KeyRecord): Rotation | undefined {
  if (observed.kind !== 'present') return undefined;
  const last = before.observed.current;
  const lastCreated = last === undefined ? undefined : before.approved.versions[last]?.created;
  const current = versionNamed(observed, observed.current);
  if (lastCreated === undefined || current === undefined || current.created <= lastCreated) return undefined;
  return { vault, key, version: current.version, created: current.created };
}
