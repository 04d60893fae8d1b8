/**
 * What the app is compared with: the same Azure clients and the same registrations, with nothing behind them. Bundled by
 * over-bare-bundle.ts; a test holds its clients to those of `shared/azure`, the measurement its registrations to the app's.
 */
import { app } from '@azure/functions';

export {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  RestError,
} from '@azure/core-rest-pipeline';
export { odata, TableClient } from '@azure/data-tables';
export { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
export { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
export { ContainerClient } from '@azure/storage-blob';
export { QueueClient } from '@azure/storage-queue';
export { createRemoteJWKSet, jwtVerify } from 'jose';

/** Loaded when they are first used, as in the app. */
export async function monitor() {
  const { LogsIngestionClient } = await import('@azure/monitor-ingestion');
  const { LogsQueryClient } = await import('@azure/monitor-query-logs');
  return { LogsIngestionClient, LogsQueryClient };
}

/** As these two are. */
export async function eventGrid() {
  const { EventGridPublisherClient } = await import('@azure/eventgrid');
  return { EventGridPublisherClient };
}

const handler = async (): Promise<void> => {};
const connection = 'RegisterStorage';

app.eventGrid('activity-log', { handler });
app.storageQueue('alert', { queueName: 'alerts', connection, handler });
app.eventHub('audit-log-westeurope', {
  connection: 'AuditLog_westeurope',
  eventHubName: 'key-vault-audit',
  cardinality: 'many',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 60 },
  },
  handler,
  ...{ dataType: 'binary' },
});
for (const queue of ['sweeps', 'inspections', 'alerts', 'surveys'])
  app.storageQueue(`dead-lettered-${queue}`, { queueName: `${queue}-poison`, connection, handler });
app.timer('heartbeat', { schedule: '0 */5 * * * *', handler });
app.storageQueue('inspect', { queueName: 'inspections', connection, handler });
app.eventGrid('key-vault-event', { handler });
app.http('people', {
  route: 'people/{*path}',
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: async () => ({}),
});
app.timer('sentry', { schedule: '*/30 * * * * *', runOnStartup: true, handler });
app.storageQueue('survey', { queueName: 'surveys', connection, handler });
app.storageQueue('sweep', { queueName: 'sweeps', connection, handler });
