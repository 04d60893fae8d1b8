import type { AccessMessage } from '../../domain/activity.ts';
import { guardedVaults } from '../../domain/policy.ts';
import { type Subject, vaultSubject } from '../../domain/subject.ts';
import { inTurns } from '../../in-turns.ts';
import type { Ports } from '../../ports.ts';
import { entry } from '../../trail/entries.ts';
import type { Found } from './found.ts';
import { readIdentity } from './read-identity.ts';
import { readVault } from './read-vault.ts';

/** Reads of Resource Manager at the same time. */
const AT_ONCE = 4;
/** What was found is read again after so long, in seconds, until it is good again: the event that says so may be lost. */
export const AGAIN_SECONDS = 300;

/**
 * Reads at Resource Manager what a write may have changed, alerts people of what it cut off, and ends what is good again. What is
 * found is read again every five minutes. Throws where something could not be read: then the message is delivered again.
 */
export async function readAccess(message: AccessMessage, ports: Ports): Promise<void> {
  await ports.scope.refresh();
  const again: { vaults: AccessMessage['vaults']; sets: string[] } = { vaults: [], sets: [] };
  const guarded = guardedVaults(ports.policy);
  const follows = ({ lasts, wasKnown }: Found): boolean => lasts && (message.again === true || !wasKnown);
  const sets = [...new Set([...message.sets, ...(await setsWith(message.identities, ports))])];
  const steps = [
    ...message.vaults
      .filter(({ name }) => guarded.includes(name))
      .map((vault) => async () => {
        await record(vaultSubject(vault.name), message, ports);
        if (follows(await readVault(vault, message.changed, ports))) again.vaults.push(vault);
      }),
    ...sets.map((id) => async () => {
      if (follows(await readIdentity(id, guarded, message.changed, ports))) again.sets.push(id);
    }),
  ];
  await inTurns(AT_ONCE, steps, (step) => step());
  if (again.vaults.length + again.sets.length === 0) return;
  await ports.queues.surveys.send(
    {
      kind: 'read-access',
      ...again,
      identities: [],
      again: true,
      ...(message.changed && { changed: message.changed }),
    },
    AGAIN_SECONDS,
  );
}

/** The sets that have one of these user-assigned identities, as Resource Graph shows them: each is read after that. */
async function setsWith(identities: readonly string[], { graph, scope }: Ports): Promise<readonly string[]> {
  if (identities.length === 0) return [];
  const found: string[] = [];
  for await (const rows of graph.rows('sets', Object.keys(scope.state?.subscriptions ?? {})))
    for (const { id, identity } of rows)
      if (Object.keys(identity?.userAssignedIdentities ?? {}).some((one) => identities.includes(one.toLowerCase())))
        found.push(id.toLowerCase());
  return found;
}

/** Records the write that led here, where one did and this is the first reading after it. */
async function record(subject: Subject, { changed, again }: AccessMessage, ports: Ports): Promise<void> {
  if (changed === undefined || again === true) return;
  const { by, at, event } = changed;
  const hints = { ids: [event], senses: ['activity-log'], count: 1 };
  const detail = { sense: 'activity-log', sensedAt: ports.now(), says: { kind: 'written', by, at } };
  await ports.trail.append([entry('hint', subject, detail, ports, { who: by, happenedAt: at, hints })]);
}
