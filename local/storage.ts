import { createRequire } from 'node:module';

/** One local storage account: blobs, queues and tables by their real protocols, kept in memory. */
export interface LocalStorage {
  /** Of the account `devstoreaccount1` with the key every emulator has; the ports are free ones of the loopback address. */
  readonly connectionString: string;
  /** Closes all connections; what was stored is gone. */
  stop(): Promise<void>;
}

/** What of Azurite's inner modules is used. They are no public API: its version is pinned in package.json. */
interface AzuriteServer {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}
interface ServerModule {
  readonly default: new (configuration: unknown) => AzuriteServer;
}
interface ConfigurationModule {
  readonly default: new (...values: readonly unknown[]) => unknown;
}
interface ChunkStoreModule {
  readonly MemoryExtentChunkStore: new (sizeLimitBytes?: number) => unknown;
}

// The well-known account and key of the emulator, published for this use.
// https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const host = '127.0.0.1';
const ANY_FREE_PORT = 0;
const KEEP_ALIVE_SECONDS = 5;
const noAccessLog = [false, undefined] as const;
const noDebugLog = [false, undefined] as const;
const strictHeaders = false;
const skipApiVersionCheck = true;
const noCertificate = ['', '', ''] as const;
const noOauth = undefined;
const accountInPath = true;
const inMemory = true;

/**
 * Starts Azurite in this process, on free ports of the loopback address, in memory, without logs and telemetry. It
 * follows the process's `Date` (see clock.ts). Each call gives an account of its own.
 *
 * @see https://learn.microsoft.com/azure/storage/common/storage-use-azurite
 */
export async function startStorage(): Promise<LocalStorage> {
  const servers = makeServers();
  await Promise.all(Object.values(servers).map((server) => server.start()));
  const endpoint = (server: AzuriteServer): string => `${server.getHttpServerAddress()}/${account}`;
  return {
    connectionString: [
      'DefaultEndpointsProtocol=http',
      `AccountName=${account}`,
      `AccountKey=${accountKey}`,
      `BlobEndpoint=${endpoint(servers.blob)}`,
      `QueueEndpoint=${endpoint(servers.queue)}`,
      `TableEndpoint=${endpoint(servers.table)}`,
    ].join(';'),
    stop: async () => {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}

// Azurite is CommonJS without types, and its default exports read differently under Node and under vitest: `require`
// reads them alike.
function makeServers(): { readonly blob: AzuriteServer; readonly queue: AzuriteServer; readonly table: AzuriteServer } {
  const require = createRequire(import.meta.url);
  const blobServer: ServerModule = require('azurite/dist/src/blob/BlobServer.js');
  const blobConfiguration: ConfigurationModule = require('azurite/dist/src/blob/BlobConfiguration.js');
  const queueServer: ServerModule = require('azurite/dist/src/queue/QueueServer.js');
  const queueConfiguration: ConfigurationModule = require('azurite/dist/src/queue/QueueConfiguration.js');
  const tableServer: ServerModule = require('azurite/dist/src/table/TableServer.js');
  const tableConfiguration: ConfigurationModule = require('azurite/dist/src/table/TableConfiguration.js');
  const chunkStores: ChunkStoreModule = require('azurite/dist/src/common/persistence/MemoryExtentStore.js');

  const address = [host, ANY_FREE_PORT, KEEP_ALIVE_SECONDS] as const;
  const noFiles = ['', '', []] as const;
  const security = [strictHeaders, skipApiVersionCheck, ...noCertificate, noOauth, accountInPath, inMemory] as const;
  const chunks = new chunkStores.MemoryExtentChunkStore();
  return {
    blob: new blobServer.default(
      new blobConfiguration.default(...address, ...noFiles, ...noAccessLog, ...noDebugLog, ...security, chunks),
    ),
    queue: new queueServer.default(
      new queueConfiguration.default(...address, ...noFiles, ...noAccessLog, ...noDebugLog, ...security, chunks),
    ),
    // The table's configuration takes the debug switch before the access log.
    table: new tableServer.default(
      new tableConfiguration.default(...address, '', false, ...noAccessLog, undefined, ...security),
    ),
  };
}
