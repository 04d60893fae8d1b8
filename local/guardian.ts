import hostJson from '../host.json' with { type: 'json' };
import { commandLine } from '../shared/alerts/runnable.ts';
import { acceptBaseline } from '../shared/approvals/accept-baseline.ts';
import { proposeBaseline } from '../shared/approvals/propose-baseline.ts';
import { type Outside, setOutside } from '../shared/azure/outside.ts';
import { compose, type Guardian } from '../shared/compose.ts';
import { guardedVaults, policy as policySchema } from '../shared/domain/policy.ts';
import { createLocalAzure, type LocalAzure } from './azure/azure.ts';
import type { EventDelivery } from './azure/event-delivery.ts';
import { TOPIC } from './azure/event-grid/topic.ts';
import { OWN_VAULT, SIGNING_KEY } from './azure/guardian-identities.ts';
import { LOGIN_HOST } from './azure/issuer.ts';
import { resourceIdOf } from './azure/key-vault/audit-record.ts';
import { INGESTION_HOST, RULE_ID } from './azure/monitor/monitor.ts';
import { AUDIT_TABLE } from './azure/monitor/tables.ts';
import type { Resource } from './azure/resource-manager/store.ts';
import { listenOnTls } from './azure/tls.ts';
import type { Behaviours, SeedVault } from './azure/types.ts';
import type { Estate } from './estate.ts';
import { folderOptions, POLICY_FILE } from './guardian-folder.ts';
import { identitiesFor, withRoles } from './guardian-roles.ts';
import { type Host, type HostOptions, startHost } from './host/host.ts';
import { endingWithInstance, fetchEndingWithInstance } from './host/instance.ts';
import { type ApiAddress, TRAIL_FILE } from './outside-client.ts';
import { type OwnFolder, takeFolder } from './own-folder.ts';
import { LOCAL_AUDIT_SECONDS } from './pace.ts';
import { diagnosticSettingResource, groupId, vaultEventResources } from './resources.ts';
import { stopAll } from './stop-all.ts';
import { type LocalStorage, startStorage } from './storage.ts';

const AUDIT_HUB = 'key-vault-audit';

/** How a local guardian runs. */
export interface LocalOptions {
  readonly estate: Estate;
  /** Where `azure.json`, the authority's certificate, the policy and the addresses of the API and of the trail are written. */
  readonly folder: string;
  /** Time between two passes over a vault, in seconds; 2 to 300. */
  readonly sweepSeconds: number;
  readonly behaviours?: Partial<Behaviours>;
  /** For what the local Azure leaves to chance. Default: by chance. */
  readonly seed?: number;
  /** Further settings of channels and of the heartbeat, by their names. */
  readonly alertSettings?: Readonly<Record<string, string>>;
  /** Alerts also go to this webhook. */
  readonly webhook?: { readonly url: string; readonly secret: string };
  /** False: everything but the guardian itself, so that a run shows what happens without it. Default true. */
  readonly guarded?: boolean;
  /** True: a workspace takes the trail, and the audit events of guarded vaults, in place of an Event Hub. Default false. */
  readonly workspace?: boolean;
  readonly log?: (line: string) => void;
  /** Gets each alert of the channel `console`, and the level of its record. Default: writes it to standard output. */
  readonly write?: (text: string, level: string) => void;
}

/** A guardian over a local Azure, all in this process. */
export interface LocalGuardian {
  readonly azure: LocalAzure;
  readonly guardian: Guardian;
  /** `undefined` where it runs unguarded. */
  readonly host: Host | undefined;
  readonly vaultUrl: (vault: string) => string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts storage, the local Azure with its TLS port, and the guardian; takes a baseline of every vault and accepts it.
 * When it returns, `azure.json` is there, and one that was left behind has been gone since the start. When it has stopped,
 * or could not start, nothing of it is left in its folder. One a process: what is outside is set before `functions/` is
 * imported. Throws `GuardianRunsAlready` where another process has the folder.
 */
export async function startLocalGuardian(options: LocalOptions): Promise<LocalGuardian> {
  const stops: (() => unknown)[] = [];
  try {
    return { ...(await started(options, stops)), stop: () => stopAll(stops) };
  } catch (error) {
    throw await stopAll(stops).then(
      () => error,
      (more: unknown) => new AggregateError([error, more], 'The local guardian could not start, nor end well.'),
    );
  }
}

/** @param stops takes what stops each part, in the order in which they are started */
async function started(options: LocalOptions, stops: (() => unknown)[]): Promise<Omit<LocalGuardian, 'stop'>> {
  const { estate } = options;
  const policy = policySchema.parse(estate.policy);
  const folder = await takeFolder(options.folder);
  stops.push(folder.release);
  // What one left behind that was killed leads nowhere: whoever waits for the file is to find ours.
  await folder.remove('azure.json');
  const register = await startStorage();
  stops.push(register.stop);
  const trail = await startStorage();
  stops.push(trail.stop);
  const azure = createLocalAzure({
    vaults: [...estate.vaults, ...throwAways(estate), ownVault],
    resources: estate.resources ?? [],
    subscriptions: estate.subscriptions ?? [],
    identities: [...withRoles(identitiesFor(policy), estate.vaults, policy), ...estate.identities],
    behaviours: { auditDelayMs: LOCAL_AUDIT_SECONDS * 1_000, ...options.behaviours },
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  // As a deployment does where the policy names the channel.
  azure.topic.grant('watcher');
  if (options.workspace === true) prepareWorkspace(azure, guardedVaults(policy));
  for (const resource of wiring(azure, guardedVaults(policy), options)) azure.resourceManager.resources.put(resource);
  const listener = await listenOnTls(azure);
  stops.push(listener.close);
  const policyFile = await folder.write(POLICY_FILE, JSON.stringify(estate.policy, null, 2));
  const settings = settingsOf(options, policyFile, { register, trail }, azure);
  Object.assign(process.env, settings);
  const outside: Outside = {
    vaultHttpClient: endingWithInstance(azure.httpClient),
    resourceManagerHttpClient: endingWithInstance(azure.httpClient),
    monitorHttpClient: endingWithInstance(azure.httpClient),
    eventGridHttpClient: endingWithInstance(azure.httpClient),
    aroundStorage: endingWithInstance,
    credential: (identity) => azure.credential(identity === 'storage' ? 'watcher' : identity),
    now: () => new Date(),
    fetch: (address, request) =>
      new URL(address).hostname === LOGIN_HOST ? fromIssuer(azure, address) : fetchEndingWithInstance(address, request),
  };
  setOutside(outside);
  const guardian = compose();
  await baselines(guardedVaults(policy), azure, guardian);
  const host = options.guarded === false ? undefined : await startHost(hostOptions(options, settings, outside));
  if (host !== undefined) stops.push(host.stop, ...connect(azure, host, options));
  const vaultUrl = (vault: string): string => `https://${vault}.vault.azure.net:${listener.port}`;
  const api = host && {
    url: host.url,
    clientId: API_CLIENT_ID,
    tokenUrl: `https://${LOGIN_HOST}:${listener.port}/${azure.tenantId}/oauth2/v2.0/token`,
  };
  await describe(estate, azure, { ca: listener.caCertificatePem, vaultUrl, api, trail }, folder);
  return { azure, guardian, host, vaultUrl };
}

/** A subscription of the guardian's own, where nobody who operates disks has a role. */
const OWN_SUBSCRIPTION = '6c1a5a3e-0f5d-4f7c-9a55-3d0b6e2f8a00';
const THROW_AWAY = 'throw-away';
/** The empty vault that `prove` may play on: no policy names it. None where the estate has a vault of that name. */
const throwAways = ({ vaults }: Estate): readonly SeedVault[] =>
  vaults.some(({ name }) => name.toLowerCase() === THROW_AWAY)
    ? []
    : [{ name: THROW_AWAY, subscriptionId: OWN_SUBSCRIPTION, purgeProtection: false }];

const ownVault: SeedVault = {
  name: OWN_VAULT,
  subscriptionId: OWN_SUBSCRIPTION,
  resourceGroup: 'rg-key-guardian',
  keys: [{ name: SIGNING_KEY, versions: [{ kty: 'RSA', keySize: 3072, keyOps: ['sign', 'verify'] }] }],
};

/** Application id of the guardian's app registration, made up. */
const API_CLIENT_ID = 'a9900000-0000-4000-8000-000000000001';

/** A document of the local issuer, which has no port of its own name. */
async function fromIssuer(azure: LocalAzure, url: string): Promise<Response> {
  const { status, headers, body } = await azure.handle({ method: 'GET', url, headers: {}, body: '' });
  return new Response(body, { status, headers });
}

const hostOptions = (
  { log, folder, write = (text) => void process.stdout.write(`${text}\n`) }: LocalOptions,
  settings: Readonly<Record<string, string>>,
  outside: Outside,
): HostOptions => ({
  entry: () => import('../functions/index.ts'),
  settings,
  hostJson,
  // Another `Outside` is composed anew: an instance that begins knows nothing of the one before it.
  onInstanceEnd: () => setOutside({ ...outside }),
  ...(log === undefined ? {} : { log }),
  onRecord: ({ functionName, level, message }) =>
    functionName === 'alert' ? write(withFolder(message, folder), level) : log?.(message),
});

/** An alert with its commands as they are to be typed here: the app knows of no folder. */
const withFolder = (text: string, folder: string): string =>
  text.replaceAll(commandLine(), commandLine(...folderOptions(folder)));

/** The app's settings, as a deployment would give them. */
function settingsOf(
  { estate, sweepSeconds, webhook, alertSettings, workspace = false }: LocalOptions,
  policyFile: string,
  storage: { readonly register: LocalStorage; readonly trail: LocalStorage },
  { identities, tenantId }: LocalAzure,
): Readonly<Record<string, string>> {
  return {
    RegisterStorage: storage.register.connectionString,
    TrailStorage: storage.trail.connectionString,
    KEY_GUARDIAN_POLICY: policyFile,
    KEY_GUARDIAN_SWEEP_SECONDS: String(sweepSeconds),
    KEY_GUARDIAN_WATCHER_OBJECT_ID: identities.get('watcher')?.oid ?? '',
    KEY_GUARDIAN_KEEPER_OBJECT_ID: identities.get('keeper')?.oid ?? '',
    ...(workspace
      ? {
          KEY_GUARDIAN_TRAIL_ENDPOINT: `https://${INGESTION_HOST}`,
          KEY_GUARDIAN_TRAIL_RULE: RULE_ID,
          KEY_GUARDIAN_WORKSPACES: LOCAL_WORKSPACE,
        }
      : {
          KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope',
          KEY_GUARDIAN_AUDIT_HUB: AUDIT_HUB,
          AuditLog_westeurope: 'local',
        }),
    KEY_GUARDIAN_AUDIT_DESTINATIONS: workspace ? WORKSPACE_ID : HUB_RULE_ID,
    KEY_GUARDIAN_APP_RESOURCE: APP_ID,
    ...(policySchema.parse(estate.policy).channels.includes('event-grid')
      ? { KEY_GUARDIAN_EVENT_GRID_TOPIC: TOPIC }
      : {}),
    ...alertSettings,
    KEY_GUARDIAN_TENANT_ID: tenantId,
    KEY_GUARDIAN_API_CLIENT_ID: API_CLIENT_ID,
    KEY_GUARDIAN_SIGNING_KEY: `https://${OWN_VAULT}.vault.azure.net/keys/${SIGNING_KEY}`,
    ...(webhook === undefined
      ? {}
      : { KEY_GUARDIAN_WEBHOOK_URL: webhook.url, KEY_GUARDIAN_WEBHOOK_SECRET: webhook.secret }),
  };
}

/** The workspace of the local guardian, by its id. */
export const LOCAL_WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';

const OWN_GROUP = groupId(OWN_SUBSCRIPTION, 'rg-key-guardian');
const APP_ID = `${OWN_GROUP}/providers/Microsoft.Web/sites/key-guardian`;
const WORKSPACE_ID = `${OWN_GROUP}/providers/Microsoft.OperationalInsights/workspaces/key-guardian-logs`;
const HUB_RULE_ID = `${OWN_GROUP}/providers/Microsoft.EventHub/namespaces/key-guardian-westeurope/authorizationRules/diagnostic-settings`;

/** The diagnostic setting and the event subscription of each guarded vault, as `guarded.bicep` makes them. */
function wiring(
  { resourceManager }: LocalAzure,
  vaults: readonly string[],
  { workspace = false }: LocalOptions,
): readonly Resource[] {
  const logsTo = workspace ? { workspaceId: WORKSPACE_ID } : { hubRuleId: HUB_RULE_ID, hubName: AUDIT_HUB };
  return [...resourceManager.world.vaults()]
    .filter(({ name }) => vaults.includes(name.toLowerCase()))
    .flatMap((vault) => {
      const place = { group: groupId(vault.subscriptionId, vault.resourceGroup), name: `${vault.name}-events` };
      const id = resourceIdOf(vault);
      return [
        diagnosticSettingResource(id, 'key-guardian', logsTo),
        ...vaultEventResources(place, id, {
          name: 'key-guardian',
          functionId: `${APP_ID}/functions/key-vault-event`,
          eventType: 'Microsoft.KeyVault.KeyNewVersionCreated',
        }),
      ];
    });
}

/** What a deployment makes: the table of the trail, the watcher's rights, and a diagnostic setting of each guarded vault. An owner may query anyway. */
function prepareWorkspace({ monitor }: LocalAzure, vaults: readonly string[]): void {
  monitor.workspace(LOCAL_WORKSPACE).addTable(AUDIT_TABLE);
  monitor.grant('watcher', { kind: 'send' });
  for (const name of ['watcher', 'owner']) monitor.grant(name, { kind: 'query', workspace: LOCAL_WORKSPACE });
  for (const vault of vaults) monitor.sendLogs(vault, { workspace: LOCAL_WORKSPACE, table: 'AZKVAuditLogs' });
}

/** Audit records to the Event Hub where no workspace takes them, events to Event Grid's endpoint: as a diagnostic setting and subscriptions would. */
function connect(
  azure: LocalAzure,
  host: Host,
  { log = () => {}, workspace = false }: LocalOptions,
): readonly (() => void)[] {
  const hub = workspace ? undefined : host.eventHub(AUDIT_HUB, 'AuditLog_westeurope');
  const failed = (what: string) => (error: unknown) =>
    log(`${what} could not be delivered: ${error instanceof Error ? error.message : String(error)}`);
  const postedTo =
    (functionName: string) =>
    ({ headers, body }: EventDelivery): void =>
      void fetch(host.eventGridUrl(functionName), { method: 'POST', headers, body }).catch(failed('an event'));
  return [
    ...(hub === undefined
      ? []
      : [azure.onAuditRecords((_, body) => void hub.send([JSON.stringify(body)]).catch(failed('audit records')))]),
    azure.onEvent(postedTo('key-vault-event')),
    azure.onActivity(postedTo('activity-log')),
  ];
}

/** In Azure a person looks and accepts; here the estate is our own. */
async function baselines(vaults: readonly string[], azure: LocalAzure, { ports }: Guardian): Promise<void> {
  const owner = azure.identities.get('owner');
  const by = { oid: owner?.oid ?? 'owner', ...(owner?.upn === undefined ? {} : { name: owner.upn }) };
  for (const vault of vaults)
    await acceptBaseline(vault, await proposeBaseline(vault, ports), { needed: [], retired: [] }, by, ports);
}

/** Tells other programs where everything is: what `azure.json` says. The guardian's own tokens are in no file, nor is what signs its alerts. */
async function describe(
  estate: Estate,
  azure: LocalAzure,
  where: {
    readonly ca: string;
    readonly vaultUrl: LocalGuardian['vaultUrl'];
    /** `undefined` where it runs unguarded. */
    readonly api: ApiAddress | undefined;
    readonly trail: LocalStorage;
  },
  folder: OwnFolder,
): Promise<void> {
  const caFile = await folder.write('ca.pem', where.ca);
  if (where.api !== undefined) await folder.write('guardian-api.json', JSON.stringify(where.api, null, 2));
  const { connectionString } = where.trail;
  await folder.write(TRAIL_FILE, JSON.stringify({ connectionString }, null, 2));
  const about = {
    vaults: [...estate.vaults, ...throwAways(estate)].map(({ name }) => ({ name, url: where.vaultUrl(name) })),
    caFile,
    identities: estate.identities.map(({ name }) => ({ name, token: azure.identities.get(name)?.token ?? '' })),
  };
  await folder.write('azure.json', JSON.stringify(about, null, 2));
}
