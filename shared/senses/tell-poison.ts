import { NO_VAULT } from '../domain/audit-record.ts';
import { endIncidents, openIncident } from '../incidents/book.ts';
import { poisonLeft } from '../incidents/kinds/poison-left.ts';
import type { Ports } from '../ports.ts';

/** A queue of what failed five times. */
export interface PoisonQueue {
  readonly name: string;
  /** About how many messages it holds, hidden ones too. */
  readonly messages: () => Promise<number>;
}

/**
 * Tells of poison that stays where it is. A function takes it at once and sets it aside; but the host gives none a
 * message that is not base64, fails by itself on one that is nested very deep, and gives none a message for the sixth time.
 */
export async function tellPoison(queues: readonly PoisonQueue[], ports: Ports): Promise<void> {
  const counts = await Promise.all(queues.map(async ({ name, messages }) => ({ name, count: await messages() })));
  const holding = counts.filter(({ count }) => count > 0).map(({ name }) => name);
  if (holding.length > 0) return openIncident(poisonLeft.draft(holding, ports.now()), ports);
  await endIncidents({ vault: NO_VAULT }, ({ kind }) => kind === poisonLeft.id, 'they are empty again', ports);
}
