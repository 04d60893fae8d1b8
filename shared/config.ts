import * as z from 'zod';
import { SettingsInvalid } from './errors.ts';

const uri = z.url({ protocol: /^https$/, error: 'must be an https address' });
const guid = z.string().regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be a GUID');
const listed = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const resourceId = z
  .string()
  .regex(/^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/[^,]+$/i, 'must be the id of a resource')
  .transform((id) => id.toLowerCase());
const resourceIds = listed.pipe(z.array(resourceId)).default([]);

/** The settings of the alert channels. A channel whose settings are left out is not used. */
export const channelSettings = z.object({
  KEY_GUARDIAN_EVENT_GRID_TOPIC: z
    .string()
    .optional()
    .describe(
      'Endpoint of a custom topic of Event Grid that takes CloudEvents, `https://<topic>.<region>-1.eventgrid.azure.net/api/events`.',
    ),
  KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: z
    .string()
    .optional()
    .describe('Integration key of a PagerDuty service with the Events API v2; a secret.'),
  KEY_GUARDIAN_PAGERDUTY_URL: z
    .string()
    .optional()
    .describe("Address that takes such events; PagerDuty's own if left out. Other tools take them at theirs."),
  KEY_GUARDIAN_SLACK_URL: z
    .string()
    .optional()
    .describe('Address of an incoming webhook of Slack, or of another tool that takes its messages; a secret.'),
  KEY_GUARDIAN_TEAMS_AUDIENCE: z
    .string()
    .optional()
    .describe(
      'Audience of the token that the workflow asks for, `https://service.flow.microsoft.com/`; left out where anyone may trigger it.',
    ),
  KEY_GUARDIAN_TEAMS_URL: z
    .string()
    .optional()
    .describe('Address of a Teams workflow that posts to a channel when a webhook request is received; a secret.'),
  KEY_GUARDIAN_WEBHOOK_URL: z.string().optional().describe('Address of the signed webhook; a secret.'),
  KEY_GUARDIAN_WEBHOOK_SECRET: z.string().optional().describe('Secret that signs the webhook, at least 16 characters.'),
});
export type ChannelSettings = z.infer<typeof channelSettings>;

/** The settings of the heartbeat. Where they are left out it is only logged. */
export const heartbeatSettings = z.object({
  KEY_GUARDIAN_HEARTBEAT_URL: z
    .string()
    .optional()
    .describe('Address outside Azure that gets a signed heartbeat every five minutes; a secret.'),
  KEY_GUARDIAN_HEARTBEAT_SECRET: z
    .string()
    .optional()
    .describe('Secret that signs the heartbeat, at least 16 characters.'),
});
export type HeartbeatSettings = z.infer<typeof heartbeatSettings>;

/**
 * Every setting of the app, with its default and one sentence. `docs/configuration.md` is made from it; nothing else reads
 * the environment.
 */
export const settingsSchema = z.object({
  RegisterStorage: z
    .string()
    .optional()
    .describe('Connection string of the storage account of register and queues; on your own machine only.'),
  RegisterStorage__tableServiceUri: uri.optional().describe('Table endpoint of that account, for a managed identity.'),
  RegisterStorage__queueServiceUri: uri.optional().describe('Queue endpoint of that account, for a managed identity.'),
  RegisterStorage__blobServiceUri: uri.optional().describe('Blob endpoint of that account, for what is quarantined.'),
  TrailStorage: z
    .string()
    .optional()
    .describe('Connection string of the storage account of the trail; on your own machine only.'),
  TrailStorage__blobServiceUri: uri.optional().describe('Blob endpoint of that account, for a managed identity.'),
  KEY_GUARDIAN_POLICY: z
    .string()
    .default('policy.json')
    .describe('Path of the policy file, relative to the folder of host.json.'),
  KEY_GUARDIAN_SWEEP_SECONDS: z.coerce
    .number()
    .int()
    .min(2)
    .max(300)
    .default(60)
    .describe('Time between two sweeps of a vault, in seconds.'),
  KEY_GUARDIAN_AUDIT_REGIONS: listed
    .default([])
    .describe('Regions with an Event Hub of audit records; each needs a connection `AuditLog_<region>`.'),
  KEY_GUARDIAN_AUDIT_HUB: z
    .string()
    .default('key-vault-audit')
    .describe('Name of the Event Hub of audit records, the same in each region.'),
  KEY_GUARDIAN_WATCHER_CLIENT_ID: guid.optional().describe('Client id of the identity that reads every vault.'),
  KEY_GUARDIAN_WATCHER_OBJECT_ID: guid
    .optional()
    .describe('Object id of that identity, by which audit records name it.'),
  KEY_GUARDIAN_KEEPER_CLIENT_ID: guid
    .optional()
    .describe('Client id of the identity that restores keys in vaults in `block`.'),
  KEY_GUARDIAN_KEEPER_OBJECT_ID: guid.optional().describe('Object id of that identity.'),
  KEY_GUARDIAN_SURVEYOR_CLIENT_ID: guid
    .optional()
    .describe('Client id of the identity that reads what hangs on keys, by Resource Graph.'),
  KEY_GUARDIAN_TENANT_ID: guid.optional().describe('Id of the tenant whose people steer the guardian by its API.'),
  KEY_GUARDIAN_API_CLIENT_ID: guid
    .optional()
    .describe("Application (client) id of the guardian's app registration, for which tokens of its API are."),
  KEY_GUARDIAN_API_URL: uri
    .optional()
    .describe('Address of the app, `https://<app>.azurewebsites.net`: alerts name it in their commands.'),
  KEY_GUARDIAN_SIGNING_KEY: z
    .url({ protocol: /^https$/, error: 'must be the https address of a key' })
    .regex(/^https:\/\/[^/]+\/keys\/[0-9a-zA-Z-]+$/, 'must be the address of a key without a version')
    .optional()
    .describe(
      "Address of the key of the guardian's own vault that signs approvals, holds and the seals of the trail, without a version: `https://<vault>.vault.azure.net/keys/<key>`.",
    ),
  KEY_GUARDIAN_TRAIL_ENDPOINT: uri
    .optional()
    .describe('Logs ingestion endpoint of the data collection rule that takes the records of the trail.'),
  KEY_GUARDIAN_TRAIL_RULE: z
    .string()
    .regex(/^dcr-[0-9a-f]{32}$/, 'must be the immutable id of a data collection rule')
    .optional()
    .describe('Immutable id of that rule. Left out, or without its endpoint, the trail goes to no workspace.'),
  KEY_GUARDIAN_WORKSPACES: listed
    .transform((ids) => ids.filter((id) => guid.safeParse(id).success))
    .default([])
    .describe('Ids (customer ids) of the workspaces that get the audit events of guarded vaults, divided by commas.'),
  KEY_GUARDIAN_AUDIT_DESTINATIONS: resourceIds.describe(
    'Resource ids, divided by commas, of the workspaces, and of the rules of Event Hubs namespaces, to one of which each guarded vault has to send its audit events: surveys find those that do not. Left out, no survey reads diagnostic settings.',
  ),
  KEY_GUARDIAN_APP_RESOURCE: resourceId
    .optional()
    .describe(
      'Resource id of the app, to whose function `key-vault-event` each guarded vault has to send its events: surveys find those that do not. Left out, no survey reads event subscriptions.',
    ),
  ...channelSettings.shape,
  ...heartbeatSettings.shape,
});
export type Settings = z.infer<typeof settingsSchema>;

/** What the settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of this process. Throws as `readSettings` does. */
export const settingsOfProcess = (): Settings => readSettings(process.env);

/**
 * The audit-log function of each configured region. It never throws: it is called while the functions register, where an
 * error would leave the host without functions and without a reason. A region that makes no valid name of a function, or
 * the name of another one, is left out; `misconfiguredSettings` names it.
 */
export function auditRegions(environment: Environment = process.env): readonly {
  readonly name: string;
  readonly connection: string;
  readonly hub: string;
}[] {
  const given = withoutEmpty(environment);
  // One by one: an object's parser would be compiled for this alone, at each cold start.
  const hub = settingsSchema.shape.KEY_GUARDIAN_AUDIT_HUB.parse(given.KEY_GUARDIAN_AUDIT_HUB);
  const regions = regionsIn(given);
  return regions
    .filter((region, at) => regionFault(region, at, regions) === undefined)
    .map((region) => ({ name: `audit-log-${region}`, connection: `AuditLog_${region}`, hub }));
}

const regionsIn = (given: Environment): readonly string[] =>
  settingsSchema.shape.KEY_GUARDIAN_AUDIT_REGIONS.parse(given.KEY_GUARDIAN_AUDIT_REGIONS);

/** Why a region makes no function: its name is not valid, or it is given twice (names of functions have no case). */
function regionFault(region: string, at: number, regions: readonly string[]): string | undefined {
  if (!/^[0-9a-z-]{1,64}$/i.test(region))
    return `region ${at + 1} of ${regions.length} is no name of a region: write it as westeurope`;
  const first = regions.findIndex((other) => other.toLowerCase() === region.toLowerCase());
  return first === at ? undefined : `region ${at + 1} of ${regions.length} is the same as region ${first + 1}`;
}

/** Faults of settings that the app can run without: operators are alerted of them. None repeats a value, but for the name of a region. */
export function misconfiguredSettings(environment: Environment = process.env): readonly string[] {
  const given = withoutEmpty(environment);
  return [
    ...unknownSettings(given),
    ...misconfiguredRegions(given),
    ...missingConnections(given),
    ...misconfiguredWorkspaces(given),
  ];
}

/** Settings of the guardian's prefix that do not exist: a misspelt name, or one that only a later version knows. */
const unknownSettings = (given: Environment): readonly string[] =>
  Object.keys(given)
    .filter((name) => name.startsWith('KEY_GUARDIAN_') && !(name in settingsSchema.shape))
    .map((name) => `${name}: there is no such setting`);

const misconfiguredRegions = (given: Environment): readonly string[] =>
  regionsIn(given).flatMap((region, at, regions) => {
    const fault = regionFault(region, at, regions);
    return fault === undefined ? [] : [`KEY_GUARDIAN_AUDIT_REGIONS: ${fault}`];
  });

/** Workspaces that cannot be asked, and a table of the trail of which half is known. */
function misconfiguredWorkspaces(given: Environment): readonly string[] {
  const named = listed.parse(given.KEY_GUARDIAN_WORKSPACES ?? '');
  const faults = named.flatMap((id, at) =>
    guid.safeParse(id).success
      ? []
      : [`KEY_GUARDIAN_WORKSPACES: entry ${at + 1} of ${named.length} is no workspace id, which is a GUID`],
  );
  const [endpoint, rule] = ['KEY_GUARDIAN_TRAIL_ENDPOINT', 'KEY_GUARDIAN_TRAIL_RULE'];
  const isHalf = (given[endpoint] === undefined) !== (given[rule] === undefined);
  return isHalf ? [...faults, `${endpoint}, ${rule}: only one is set, so that the trail goes to no workspace`] : faults;
}

/** Regions without a connection. A connection is one setting, or several that begin with its name and two underscores, in any case. */
function missingConnections(given: Environment): readonly string[] {
  const names = Object.keys(given).map((name) => name.toLowerCase());
  return auditRegions(given)
    .map(({ connection }) => connection)
    .filter((connection) => {
      const wanted = connection.toLowerCase();
      return !names.some((name) => name === wanted || name.startsWith(`${wanted}__`));
    })
    .map((connection) => `${connection}: it is not there, so that no audit record of that region arrives`);
}

/** The environment without empty settings, which templates leave behind. */
const withoutEmpty = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

/** The settings of an environment. Throws `SettingsInvalid` with every fault, not the first. No fault repeats a value: it may be a secret. */
export function readSettings(environment: Environment): Settings {
  const given = withoutEmpty(environment);
  const parsed = settingsSchema.safeParse(given);
  const faults = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...storageFaults(given),
    ...identityFaults(given),
  ];
  if (!parsed.success || faults.length > 0) throw new SettingsInvalid(faults);
  return parsed.data;
}

/** Accounts that have neither a connection string nor the endpoints of all services that the app uses. */
function storageFaults(given: Environment): readonly string[] {
  const services = { RegisterStorage: ['table', 'queue', 'blob'], TrailStorage: ['blob'] };
  return Object.entries(services).flatMap(([account, used]) => {
    const missing = used
      .map((service) => `${account}__${service}ServiceUri`)
      .filter((name) => given[name] === undefined);
    return given[account] !== undefined || missing.length === 0 ? [] : [`${account}: set ${missing.join(', ')}`];
  });
}

/** Identities without an object id: without it, the guardian's own acts in the audit log cannot be compared with the trail. */
function identityFaults(given: Environment): readonly string[] {
  return ['WATCHER', 'KEEPER'].flatMap((identity) => {
    const objectId = `KEY_GUARDIAN_${identity}_OBJECT_ID`;
    return given[`KEY_GUARDIAN_${identity}_CLIENT_ID`] === undefined || given[objectId] !== undefined
      ? []
      : [`${objectId}: set it beside the client id`];
  });
}
