import { app } from '@azure/functions';
import { composeNow } from '../shared/compose.ts';
import { auditRegions } from '../shared/config.ts';
import { auditLogSettings, inspectionsFromAuditLog } from '../shared/senses/audit-log.ts';
import { queueSensed } from '../shared/senses/queue-sensed.ts';

/** Queues inspections for what `AuditEvent` records report. Throws only where the queue or the quarantine cannot be written, or the policy cannot be used: then the batch is delivered again, without end. */
export async function auditLog(messages: unknown): Promise<void> {
  const { ports } = await composeNow();
  const batch = Array.isArray(messages) ? messages : [messages];
  await queueSensed(inspectionsFromAuditLog(batch, auditLogSettings(ports)), 'audit-log', ports);
}

// An Event Hub must be in the region of its vaults, and a trigger has one connection: so there is one function for each region.
for (const { name, connection, hub } of auditRegions()) {
  const options = {
    connection,
    eventHubName: hub,
    cardinality: 'many',
    // Not in the library's types. With any other type the host parses each message, and the original bytes are lost.
    dataType: 'binary',
    retry: {
      strategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 1 },
      maximumInterval: { seconds: 60 },
    },
    handler: auditLog,
  } as const;
  app.eventHub(name, options);
}
