import { randomUUID } from 'node:crypto';
import type { AlertNeeds, Channel } from './alerts/channel.ts';
import { type Heartbeat, heartbeatTo } from './alerts/heartbeat.ts';
import { type Configured, configured, configuredChannels } from './alerts/registry.ts';
import { apiOptions, withRunnableCommands } from './alerts/runnable.ts';
import { documents } from './azure/documents.ts';
import { publisher } from './azure/event-grid.ts';
import { keyVaultReads, keyVaultWrites } from './azure/key-vault.ts';
import { trailTable, workspaceOf } from './azure/log-analytics.ts';
import { currentOutside, type Outside } from './azure/outside.ts';
import { messagesIn, queue } from './azure/queues.ts';
import { resourceGraph } from './azure/resource-graph.ts';
import { resourceManagerReads } from './azure/resource-manager.ts';
import { resourceManagerWrites } from './azure/resource-manager-writes.ts';
import { keyVaultSigner, noSigner } from './azure/signer.ts';
import { type StorageClients, type StorageSettings, storageClients } from './azure/storage-clients.ts';
import { streams } from './azure/streams.ts';
import { table } from './azure/tables.ts';
import { tokenOf } from './azure/tokens.ts';
import { misconfiguredSettings, type Settings, settingsOfProcess } from './config.ts';
import type { Policy } from './domain/policy.ts';
import { vaultObject } from './domain/vault-object.ts';
import { NotConfigured, SettingsInvalid } from './errors.ts';
import { graphOf } from './estate/graph.ts';
import type { OwnNames } from './incidents/own-names.ts';
import { kept } from './kept.ts';
import { type CheckCaller, callerCheck } from './people/token.ts';
import { readPolicy } from './policy-file.ts';
import type { Ports } from './ports.ts';
import { messagesOf, queueNames } from './register/messages.ts';
import { createScope } from './register/scope.ts';
import { typedTables } from './register/tables.ts';
import type { DeadLetterQueue } from './senses/dead-letters-left.ts';
import { TRAIL_STREAM } from './trail/columns.ts';
import { createTrail } from './trail/trail.ts';

/** The guardian's settings and ports. */
export interface Guardian extends Pick<Configured<Channel>, 'misconfigured'> {
  readonly ports: Ports;
  readonly settings: Settings;
  /** Sends heartbeats outside Azure; `undefined` where that has no settings. */
  readonly heartbeat: Heartbeat | undefined;
  /** Checks who sends a request of a person. Throws `NotConfigured` where the API has no settings. */
  readonly checkCaller: CheckCaller;
  /** Faults of settings that it runs without. */
  readonly misconfiguredSettings: readonly string[];
  /** The queues of what failed five times. */
  readonly deadLetterQueues: readonly DeadLetterQueue[];
}

let composed: { readonly outside: Outside; readonly guardian: Guardian } | undefined;

/**
 * The guardian of this process, made at the first call. Only this module knows the adapters. Throws `SettingsInvalid` with
 * every fault of a setting that the guardian cannot run without; operators are alerted of any other fault.
 */
export function compose(): Guardian {
  const outside = currentOutside();
  if (composed?.outside === outside) return composed.guardian;
  const settings = settingsOfProcess();
  const channels = configuredChannels(settings, alertNeeds(settings, outside));
  const heartbeats = configured([() => heartbeatTo(settings, outside)]);
  // A connection string is for one's own machine only.
  const where = settings.RegisterStorage === undefined ? 'azure' : 'own-machine';
  const { KEY_GUARDIAN_API_URL: url, KEY_GUARDIAN_API_CLIENT_ID: clientId } = settings;
  const options = where === 'azure' && url !== undefined && clientId !== undefined ? apiOptions(url, clientId) : [];
  const runnable = channels.made.map((channel) => withRunnableCommands(channel, where, options));
  const guardian = {
    settings,
    checkCaller: checkCallerOf(settings, outside),
    misconfiguredSettings: misconfiguredSettings(),
    ports: portsOf(settings, outside, runnable),
    misconfigured: [...channels.misconfigured, ...heartbeats.misconfigured],
    heartbeat: heartbeats.made[0],
    deadLetterQueues: deadLetterQueuesOf(storageClients(storageOf('RegisterStorage', settings, outside))),
  };
  composed = { outside, guardian };
  return guardian;
}

/** As `compose`, with what the surveys found within the last minute. Throws `StorageUnreachable` where it was never read. */
export async function composeNow(): Promise<Guardian> {
  const guardian = compose();
  await guardian.ports.scope.refresh();
  return guardian;
}

/** What the channels reach outside the process, under the identity that runs the app. */
export const alertNeeds = (
  { KEY_GUARDIAN_WATCHER_CLIENT_ID: clientId }: Pick<Settings, 'KEY_GUARDIAN_WATCHER_CLIENT_ID'>,
  outside: Outside,
): AlertNeeds => {
  const credential = outside.credential('watcher', clientId);
  return {
    fetch: outside.fetch,
    now: outside.now,
    publish: publisher({ credential, httpClient: outside.eventGridHttpClient, now: outside.now }),
    token: tokenOf(credential, "the guardian's identity watcher"),
  };
};

/** The ports of one set of settings. Sends no request. Throws `SettingsInvalid` where an endpoint of an account is missing. */
export function portsOf(settings: Settings, outside: Outside, channels: readonly Channel[]): Ports {
  const register = storageClients(storageOf('RegisterStorage', settings, outside));
  const trailStorage = storageClients(storageOf('TrailStorage', settings, outside));
  const { now, aroundStorage: around = (port) => port } = outside;
  const tableOf = (name: string) => around(table(register.table(name)));
  const trailStreams = around(streams(trailStorage.container('trail')));
  const signer = signerOf(settings, outside);
  const tables = typedTables(tableOf, signer ?? noSigner);
  let file: Policy | undefined;
  // Read on first use: people can be alerted also while the policy cannot be used.
  const policyFile = (): Policy => {
    file ??= readPolicy(settings.KEY_GUARDIAN_POLICY);
    return file;
  };
  const scope = createScope(policyFile, tables, now);
  return {
    get policy() {
      return scope.policy;
    },
    scope,
    now,
    newId: randomUUID,
    ...vaultPorts(settings, outside),
    ...managementPorts(settings, outside),
    channels,
    tables,
    queues: queuesOf(register, around),
    trail: createTrail({
      streams: trailStreams,
      spool: tableOf('spool'),
      signingKey: signer?.current,
      now,
      newId: randomUUID,
    }),
    streams: trailStreams,
    ...monitorPorts(settings, outside),
    quarantine: around(documents(register.container('quarantine'))),
    settings: {
      sweepEverySeconds: settings.KEY_GUARDIAN_SWEEP_SECONDS,
      ownObjectIds: [settings.KEY_GUARDIAN_WATCHER_OBJECT_ID, settings.KEY_GUARDIAN_KEEPER_OBJECT_ID].flatMap((id) =>
        id === undefined ? [] : [id.toLowerCase()],
      ),
      objectIds: {
        watcher: settings.KEY_GUARDIAN_WATCHER_OBJECT_ID?.toLowerCase(),
        keeper: settings.KEY_GUARDIAN_KEEPER_OBJECT_ID?.toLowerCase(),
      },
      auditDestinations: settings.KEY_GUARDIAN_AUDIT_DESTINATIONS,
      auditHub: settings.KEY_GUARDIAN_AUDIT_HUB,
      appId: settings.KEY_GUARDIAN_APP_RESOURCE,
      names: ownNames(settings),
    },
  };
}

/** What commands of incidents call the guardian's own resources, by its settings. */
function ownNames(settings: Settings): OwnNames {
  const hostIn = (address: string | undefined): string | undefined =>
    address === undefined ? undefined : new URL(address).hostname.split('.')[0];
  return {
    app: settings.KEY_GUARDIAN_APP_RESOURCE,
    register: hostIn(settings.RegisterStorage__tableServiceUri),
    trail: hostIn(settings.TrailStorage__blobServiceUri),
    vault: vaultObject(settings.KEY_GUARDIAN_SIGNING_KEY ?? '')?.vault,
    'signing-key': settings.KEY_GUARDIAN_SIGNING_KEY,
    watcher: settings.KEY_GUARDIAN_WATCHER_OBJECT_ID,
    keeper: settings.KEY_GUARDIAN_KEEPER_OBJECT_ID,
    surveyor: settings.KEY_GUARDIAN_SURVEYOR_CLIENT_ID,
  };
}

/** What is asked of Azure Monitor, under the watcher's identity. */
function monitorPorts(settings: Settings, outside: Outside): Pick<Ports, 'trailTable' | 'workspaces'> {
  const { KEY_GUARDIAN_TRAIL_ENDPOINT: endpoint, KEY_GUARDIAN_TRAIL_RULE: rule } = settings;
  const connection = {
    credential: outside.credential('watcher', settings.KEY_GUARDIAN_WATCHER_CLIENT_ID),
    httpClient: outside.monitorHttpClient,
  };
  const address = endpoint === undefined || rule === undefined ? undefined : { endpoint, rule, stream: TRAIL_STREAM };
  return {
    ...(address === undefined ? {} : { trailTable: trailTable(address, connection) }),
    workspaces: [...new Set(settings.KEY_GUARDIAN_WORKSPACES.map((id) => id.toLowerCase()))].map((id) =>
      workspaceOf(id, connection),
    ),
  };
}

const queuesOf = (register: StorageClients, around: NonNullable<Outside['aroundStorage']>): Ports['queues'] => ({
  sweeps: messagesOf(around(queue(register.queue('sweeps')))),
  inspections: messagesOf(around(queue(register.queue('inspections')))),
  alerts: messagesOf(around(queue(register.queue('alerts')))),
  surveys: messagesOf(around(queue(register.queue('surveys')))),
});

const deadLetterQueuesOf = (register: StorageClients): readonly DeadLetterQueue[] =>
  queueNames.map((queueName) => {
    const name = `${queueName}-poison`;
    return { name, messages: messagesIn(register.queue(name)) };
  });

/** The clients of vaults, one for each vault and identity, reused: the first request of a client is answered with a 401 challenge. */
function vaultPorts(settings: Settings, outside: Outside): Pick<Ports, 'reads' | 'writes'> {
  const connections = (name: 'watcher' | 'keeper', clientId: string | undefined) => {
    const credential = outside.credential(name, clientId);
    const identity = spelledIdentity(name, clientId);
    return (vault: string) => ({
      url: `https://${vault}.vault.azure.net`,
      credential,
      identity,
      httpClient: outside.vaultHttpClient,
    });
  };
  const watcher = connections('watcher', settings.KEY_GUARDIAN_WATCHER_CLIENT_ID);
  const keeper = connections('keeper', settings.KEY_GUARDIAN_KEEPER_CLIENT_ID);
  return {
    reads: kept((vault) => keyVaultReads(watcher(vault))),
    writes: kept((vault) => keyVaultWrites(keeper(vault))),
  };
}

const spelledIdentity = (name: string, clientId: string | undefined): string =>
  `the guardian's identity ${name}${clientId === undefined ? '' : ` (client id ${clientId})`}`;

/** Resource Graph and Resource Manager: asked by the surveyor, written to by the keeper. */
function managementPorts(
  { KEY_GUARDIAN_SURVEYOR_CLIENT_ID, KEY_GUARDIAN_KEEPER_CLIENT_ID }: Settings,
  outside: Outside,
): Pick<Ports, 'graph' | 'resourceManager' | 'resourceManagerWrites'> {
  const connection = (name: 'surveyor' | 'keeper', clientId: string | undefined) => ({
    credential: outside.credential(name, clientId),
    identity: spelledIdentity(name, clientId),
    httpClient: outside.resourceManagerHttpClient,
  });
  const surveyor = connection('surveyor', KEY_GUARDIAN_SURVEYOR_CLIENT_ID);
  return {
    graph: graphOf(resourceGraph({ ...surveyor, now: outside.now })),
    resourceManager: resourceManagerReads(surveyor),
    resourceManagerWrites: resourceManagerWrites(connection('keeper', KEY_GUARDIAN_KEEPER_CLIENT_ID)),
  };
}

function checkCallerOf(
  { KEY_GUARDIAN_TENANT_ID, KEY_GUARDIAN_API_CLIENT_ID }: Settings,
  outside: Outside,
): CheckCaller {
  if (KEY_GUARDIAN_TENANT_ID !== undefined && KEY_GUARDIAN_API_CLIENT_ID !== undefined)
    return callerCheck({ tenantId: KEY_GUARDIAN_TENANT_ID, clientId: KEY_GUARDIAN_API_CLIENT_ID, ...outside });
  const missing = { KEY_GUARDIAN_TENANT_ID, KEY_GUARDIAN_API_CLIENT_ID };
  const names = Object.entries(missing).flatMap(([name, value]) => (value === undefined ? [name] : []));
  return () => Promise.reject(new NotConfigured('The API for people', names));
}

/** The signer of the guardian's own key; `undefined` where none is set up. It signs as the watcher: no identity that writes to guarded vaults can sign. */
function signerOf({ KEY_GUARDIAN_SIGNING_KEY: id, ...settings }: Settings, outside: Outside) {
  if (id === undefined) return undefined;
  const { origin, pathname } = new URL(id);
  return keyVaultSigner(pathname.split('/')[2] ?? '', {
    url: origin,
    credential: outside.credential('watcher', settings.KEY_GUARDIAN_WATCHER_CLIENT_ID),
    httpClient: outside.vaultHttpClient,
  });
}

function storageOf(name: 'RegisterStorage' | 'TrailStorage', settings: Settings, outside: Outside): StorageSettings {
  const value = settings[name];
  if (value !== undefined) return { kind: 'connection-string', value };
  const blobUri = settings[`${name}__blobServiceUri`];
  const tableUri = name === 'RegisterStorage' ? settings.RegisterStorage__tableServiceUri : blobUri;
  const queueUri = name === 'RegisterStorage' ? settings.RegisterStorage__queueServiceUri : blobUri;
  if (blobUri === undefined || tableUri === undefined || queueUri === undefined) {
    throw new SettingsInvalid([`${name}: an endpoint of it is missing`]);
  }
  return { kind: 'identity', tableUri, queueUri, blobUri, credential: outside.credential('storage', undefined) };
}
