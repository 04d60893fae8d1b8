import type { AccessMessage } from '../../domain/activity.ts';
import { guardedVaults } from '../../domain/policy.ts';
import { inTurns } from '../../in-turns.ts';
import type { Ports } from '../../ports.ts';
import { readUntilGood } from './ask.ts';
import { readIdentity } from './read-identity.ts';
import { readVault } from './read-vault.ts';

/** Reads of Resource Manager at the same time. */
const AT_ONCE = 4;

/**
 * Reads at Resource Manager what a write may have changed, alerts people of what it cut off, and ends what is good again. What is
 * not good is read again every five minutes. Throws where something could not be read: then the message is delivered again, and
 * after that its row in the schedule has it read.
 */
export async function readAccess(message: AccessMessage, ports: Ports): Promise<void> {
  await ports.scope.refresh();
  const { changed } = message;
  const nothing: AccessMessage = { ...message, vaults: [], sets: [], identities: [] };
  const guarded = guardedVaults(ports.policy);
  const readSet = (id: string) => (): Promise<void> =>
    readUntilGood({ ...nothing, sets: [id] }, () => readIdentity(id, guarded, changed, ports), ports);
  const steps = [
    ...message.vaults.map(
      (vault) => () =>
        readUntilGood(
          { ...nothing, vaults: [vault] },
          async ({ vaults: [known = vault] }) => {
            if (!guarded.includes(known.name)) return true;
            return readVault(known, changed, ports);
          },
          ports,
        ),
    ),
    ...message.sets.map(readSet),
    ...message.identities.map(
      (identity) => () =>
        readUntilGood(
          { ...nothing, identities: [identity] },
          async () => {
            await inTurns(AT_ONCE, (await setsWith(identity, ports)).map(readSet), (step) => step());
            return true;
          },
          ports,
        ),
    ),
  ];
  await inTurns(AT_ONCE, steps, (step) => step());
}

/** The sets that have a user-assigned identity, as Resource Graph shows them: each is read after that. */
async function setsWith(identity: string, { graph, scope }: Ports): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const rows of graph.rows('sets', Object.keys(scope.state?.subscriptions ?? {})))
    for (const { id, identity: its } of rows)
      if (Object.keys(its?.userAssignedIdentities ?? {}).some((one) => one.toLowerCase() === identity))
        found.push(id.toLowerCase());
  return found;
}
