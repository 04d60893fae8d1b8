import { app, type EventGridEvent } from '@azure/functions';
import { composeNow } from '../shared/compose.ts';
import { inspectionsFromKeyVaultEvent } from '../shared/senses/key-vault-event.ts';
import { queueSensed } from '../shared/senses/queue-sensed.ts';

/** Queues an inspection for each new key version. Throws when the queue is unreachable or the policy cannot be used, so that Event Grid delivers again. */
export async function keyVaultEvent(event: EventGridEvent): Promise<void> {
  const { ports } = await composeNow();
  await queueSensed(inspectionsFromKeyVaultEvent(event, ports.policy, ports.now()), 'key-vault-event', ports);
}

app.eventGrid('key-vault-event', { handler: keyVaultEvent });
