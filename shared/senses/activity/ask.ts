import type { AccessMessage } from '../../domain/activity.ts';
import type { Ports } from '../../ports.ts';

/** Vaults in one message at most. */
const CHUNK_VAULTS = 16;
/** Between two messages, in seconds: an assignment for a whole subscription touches every vault in it. */
const APART_SECONDS = 20;

/** Has vaults read, a few at once. */
export async function askVaults(
  vaults: AccessMessage['vaults'],
  changed: AccessMessage['changed'],
  { queues }: Ports,
): Promise<void> {
  for (let from = 0; from < vaults.length; from += CHUNK_VAULTS) {
    const some = vaults.slice(from, from + CHUNK_VAULTS);
    const asked: AccessMessage = {
      kind: 'read-access',
      vaults: some,
      sets: [],
      identities: [],
      ...(changed && { changed }),
    };
    await queues.surveys.send(asked, (from / CHUNK_VAULTS) * APART_SECONDS);
  }
}
