import { keyVaultWrites } from '../../shared/azure/key-vault.ts';
import { keyFactsOf } from '../../shared/domain/actions/registry.ts';
import { type KeySubject, keyOf } from '../../shared/domain/subject.ts';
import { answeredOutcome } from '../../shared/guard/act.ts';
import type { Inspected } from '../../shared/guard/inspect.ts';
import { endRestore, type Planned, planRestore, type Said } from '../../shared/guard/keys/restore.ts';
import type { Restorer } from '../../shared/guard/keys/take-back.ts';
import type { World } from './world.ts';

type Of = Pick<World, 'azure' | 'ports'>;

/** Who restores, as an identity of the world, and nothing is taken back. */
export const restorer = ({ azure }: Of, identity: 'owner' | 'attacker' | 'disk' = 'owner'): Restorer => ({
  who: { oid: azure.identities.get(identity)?.oid ?? '' },
  alsoApproved: false,
  version: undefined,
});

/** Makes the planned writes under the rights of an identity, as the command line does. */
export async function writeAs({ azure }: Of, identity: string, { intents }: Planned): Promise<readonly Said[]> {
  const writes = (vault: string) =>
    keyVaultWrites({
      url: `https://${vault}.vault.azure.net`,
      credential: azure.credential(identity),
      httpClient: azure.httpClient,
    });
  const said: Said[] = [];
  for (const { id, action } of intents) {
    if (action.kind === 'update-set') throw new Error('Nobody asks a person to change a set.');
    const outcome = answeredOutcome(await keyFactsOf(action).send({ writes }, id));
    said.push({ intent: id, kind: outcome.kind, ...('because' in outcome ? { because: outcome.because } : {}) });
  }
  return said;
}

/** `owner` restores a key: once planned, written, and ended. */
export async function restoreByOwner(
  world: Of,
  vault: string,
  key: string,
  more: Partial<Restorer> = {},
): Promise<Inspected> {
  const subject: KeySubject = keyOf({ vault, key });
  const owner = { ...restorer(world), ...more };
  const planned = await planRestore(subject, owner, world.ports);
  if (planned.kind !== 'planned') return planned;
  return endRestore(subject, planned.id, await writeAs(world, 'owner', planned), owner, world.ports);
}
