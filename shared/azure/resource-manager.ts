import * as z from 'zod';
import {
  accessPolicies,
  type ManagedKey,
  type ManagementAnswer,
  type ResourceManagerReads,
  resourceIdentity,
} from '../domain/resource-manager.ts';
import { MANAGEMENT, type ManagementConnection, managementClient } from './management-client.ts';
import { failureOf, refusalOf, unreadable } from './management-refusals.ts';

/** The api-version of each read. Of Key Vault's, those before 2026-02-01 end in February 2027. */
const SUBSCRIPTIONS = '2022-12-01';
const LOCKS = '2020-05-01';
const KEYS = '2026-02-01';
/** Of disk encryption sets, of the write as well. */
export const SETS = '2024-03-02';
const VAULTS = '2026-02-01';
const ROLES = '2022-04-01';
const IDENTITIES = '2023-01-31';
/** A preview for years: the stable version before it has no categories. */
const DIAGNOSTIC_SETTINGS = '2021-05-01-preview';
const EVENT_GRID = '2025-02-15';

/** The most pages of one list: a list that goes on has a link that leads nowhere. */
const MOST_PAGES = 10_000;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const lowerCased = z.string().transform((value) => value.toLowerCase());
const page = z.object({ value: z.array(z.unknown()), nextLink: z.string().nullish() });
const seconds = z
  .number()
  .nullish()
  .transform((value) => (value == null ? undefined : new Date(value * 1_000)));

const subscription = z.object({
  subscriptionId: lowerCased,
  displayName: z.string(),
  tenantId: text,
  state: text,
});
const lock = z.object({ id: lowerCased, properties: z.object({ level: z.string() }) });
const key = z.object({
  name: lowerCased,
  properties: z.object({
    attributes: z.object({ enabled: z.boolean(), nbf: seconds, exp: seconds, created: seconds, updated: seconds }),
  }),
});
const set = z.object({
  id: lowerCased,
  name: z.string(),
  location: text,
  identity: resourceIdentity.nullish(),
  properties: z.object({
    encryptionType: text,
    activeKey: z.object({ keyUrl: text }).nullish(),
    previousKeys: z.array(z.object({ keyUrl: z.string().nullish() })).nullish(),
    rotationToLatestKeyVersionEnabled: z.boolean().nullish(),
    lastKeyRotationTimestamp: text,
    autoKeyRotationError: z.object({ code: text, message: text }).nullish(),
    federatedClientId: text,
    provisioningState: text,
  }),
});

const vault = z.object({
  id: lowerCased,
  name: z.string(),
  location: text,
  properties: z.object({
    enableRbacAuthorization: z.boolean().nullish(),
    enableSoftDelete: z.boolean().nullish(),
    softDeleteRetentionInDays: z.number().nullish(),
    enablePurgeProtection: z.boolean().nullish(),
    publicNetworkAccess: text,
    networkAcls: z.object({ bypass: text, defaultAction: text }).nullish(),
    accessPolicies,
  }),
});
const moment = text.transform((value) => {
  const at = new Date(value ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
});
const deletedVault = z.object({
  properties: z.object({
    vaultId: lowerCased,
    location: text,
    deletionDate: moment,
    scheduledPurgeDate: moment,
    purgeProtectionEnabled: z.boolean().nullish(),
  }),
});
const assignment = z.object({
  id: lowerCased,
  properties: z.object({
    principalId: z.string(),
    principalType: text,
    roleDefinitionId: lowerCased,
    scope: lowerCased,
    condition: text,
  }),
});
const actions = z.array(z.string()).nullish();
const role = z.object({
  id: lowerCased,
  properties: z.object({
    roleName: text,
    permissions: z.array(z.object({ actions, notActions: actions, dataActions: actions, notDataActions: actions })),
  }),
});

const lowerCasedText = text.transform((value) => value?.toLowerCase());
const diagnosticSetting = z.object({
  properties: z.object({
    workspaceId: lowerCasedText,
    eventHubAuthorizationRuleId: lowerCasedText,
    eventHubName: lowerCasedText,
    logs: z
      .array(z.object({ category: lowerCasedText, categoryGroup: lowerCasedText, enabled: z.boolean().nullish() }))
      .nullish(),
  }),
});
const systemTopic = z.object({ id: lowerCased, properties: z.object({ source: lowerCasedText }) });
const eventSubscription = z.object({
  properties: z.object({
    destination: z
      .object({
        endpointType: z.string(),
        properties: z.object({ resourceId: lowerCasedText }).nullish(),
      })
      .nullish(),
    filter: z.object({ includedEventTypes: z.array(z.string()).nullish() }).nullish(),
  }),
});

/** The reads of Azure Resource Manager. What cannot be read comes back as a refusal, never as missing or empty. */
export function resourceManagerReads(connection: ManagementConnection): ResourceManagerReads {
  const { endpoint = MANAGEMENT } = connection;
  const send = managementClient(connection);

  /** What one GET answers, by its schema. */
  async function got<Schema extends z.ZodType>(
    url: string,
    schema: Schema,
    doing: string,
  ): Promise<ManagementAnswer<z.infer<Schema>>> {
    try {
      const response = await send('GET', url);
      if (response.status !== 200) return refusalOf(response, doing);
      const parsed = schema.safeParse(JSON.parse(response.bodyAsText ?? ''));
      return parsed.success ? { kind: 'ok', value: parsed.data } : unreadable(doing, parsed.error);
    } catch (error) {
      return error instanceof SyntaxError ? unreadable(doing, error) : failureOf(error, doing);
    }
  }

  /** All items of a list. An empty page may have another behind it: only a page without a link is the last. */
  async function listed<Schema extends z.ZodType>(
    path: string,
    apiVersion: string,
    item: Schema,
    doing: string,
  ): Promise<ManagementAnswer<readonly z.infer<Schema>[]>> {
    const items: z.infer<Schema>[] = [];
    let url: string | undefined = `${endpoint}${path}?api-version=${apiVersion}`;
    for (let pages = 0; url !== undefined; pages += 1) {
      const answer: ManagementAnswer<z.infer<typeof page>> = await got(url, page, doing);
      if (answer.kind !== 'ok') return answer;
      const parsed = z.array(item).safeParse(answer.value.value);
      if (!parsed.success) return unreadable(doing, parsed.error);
      items.push(...parsed.data);
      url = answer.value.nextLink ?? undefined;
      // The link gets the token as well: it is followed to where the list came from, and nowhere else.
      if (pages >= MOST_PAGES || (url !== undefined && !isWithOrigin(url, endpoint)))
        return unreadable(doing, new Error('Its link to the next page leads nowhere.'));
    }
    return { kind: 'ok', value: items };
  }

  const keysAt = async (path: string, doing: string): Promise<ManagementAnswer<ReadonlyMap<string, ManagedKey>>> =>
    mapped(
      await listed(path, KEYS, key, doing),
      (keys) => new Map(keys.map(({ name, properties }) => [name, managedKey(properties)])),
    );

  return {
    subscriptions: () => listed('/subscriptions', SUBSCRIPTIONS, subscription, 'reading the subscriptions'),
    locks: async (subscriptionId) =>
      mapped(
        await listed(
          `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Authorization/locks`,
          LOCKS,
          lock,
          `reading the locks of ${subscriptionId}`,
        ),
        (locks) => locks.map(({ id, properties: { level } }) => ({ id, scope: scopeOf(id), level })),
      ),
    vaultKeys: (vaultId) => keysAt(`${vaultId}/keys`, `reading the keys of ${vaultId}`),
    vaultKeyVersions: (vaultId, name) =>
      keysAt(`${vaultId}/keys/${encodeURIComponent(name)}/versions`, `reading the versions of ${name} of ${vaultId}`),
    diskEncryptionSet: async (id) =>
      mapped(await got(`${endpoint}${id}?api-version=${SETS}`, set, `reading ${id}`), diskEncryptionSet),
    vault: async (id) =>
      mapped(await got(`${endpoint}${id}?api-version=${VAULTS}`, vault, `reading ${id}`), managedVault),
    deletedVaults: async (subscriptionId) =>
      mapped(
        await listed(
          `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.KeyVault/deletedVaults`,
          VAULTS,
          deletedVault,
          `reading the deleted vaults of ${subscriptionId}`,
        ),
        (vaults) =>
          vaults.map(
            ({ properties: { vaultId, location, deletionDate, scheduledPurgeDate, purgeProtectionEnabled } }) => ({
              ...{ vaultId, location, deletedOn: deletionDate, scheduledPurgeOn: scheduledPurgeDate },
              purgeProtection: purgeProtectionEnabled === true,
            }),
          ),
      ),
    roleAssignments: async (scope) =>
      mapped(
        await listed(
          `${scope}/providers/Microsoft.Authorization/roleAssignments`,
          ROLES,
          assignment,
          `reading the role assignments of ${scope}`,
        ),
        (assignments) => assignments.map(({ id, properties }) => ({ id, ...properties })),
      ),
    roleDefinition: async (id) =>
      mapped(
        await got(`${endpoint}${id}?api-version=${ROLES}`, role, `reading the role ${id}`),
        ({ id: roleId, properties }) => ({ id: roleId, ...properties }),
      ),
    userAssignedIdentity: (id) =>
      got(`${endpoint}${id}?api-version=${IDENTITIES}`, z.object({ id: lowerCased }), `reading ${id}`),
    diagnosticSettings: async (resourceId) =>
      mapped(
        await listed(
          `${resourceId}/providers/Microsoft.Insights/diagnosticSettings`,
          DIAGNOSTIC_SETTINGS,
          diagnosticSetting,
          `reading the diagnostic settings of ${resourceId}`,
        ),
        (settings) =>
          settings.map(({ properties: { logs, workspaceId, eventHubAuthorizationRuleId, eventHubName } }) => ({
            logs: (logs ?? []).flatMap(({ category, categoryGroup, enabled }) =>
              enabled === true ? [category, categoryGroup].filter((name) => name !== undefined) : [],
            ),
            ...{ workspaceId, hubRuleId: eventHubAuthorizationRuleId, hubName: eventHubName },
          })),
      ),
    systemTopics: async (subscriptionId) =>
      mapped(
        await listed(
          `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.EventGrid/systemTopics`,
          EVENT_GRID,
          systemTopic,
          `reading the system topics of ${subscriptionId}`,
        ),
        (topics) => topics.map(({ id, properties: { source } }) => ({ id, source })),
      ),
    eventSubscriptions: async (topicId) =>
      mapped(
        await listed(
          `${topicId}/eventSubscriptions`,
          EVENT_GRID,
          eventSubscription,
          `reading the event subscriptions of ${topicId}`,
        ),
        (subscriptions) =>
          subscriptions.map(({ properties: { destination, filter } }) => ({
            functionId:
              destination?.endpointType.toLowerCase() === 'azurefunction'
                ? destination.properties?.resourceId
                : undefined,
            eventTypes: filter?.includedEventTypes ?? undefined,
          })),
      ),
  };
}

function mapped<From, To>(answer: ManagementAnswer<From>, map: (value: From) => To): ManagementAnswer<To> {
  return answer.kind === 'ok' ? { kind: 'ok', value: map(answer.value) } : answer;
}

const isWithOrigin = (url: string, endpoint: string): boolean =>
  URL.canParse(url) && new URL(url).origin === new URL(endpoint).origin;

const scopeOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/providers/microsoft.authorization/')));

function managedKey({ attributes }: z.infer<typeof key>['properties']): ManagedKey {
  const { enabled, nbf, exp, created, updated } = attributes;
  return { enabled, notBefore: nbf, expiresOn: exp, createdOn: created, updatedOn: updated };
}

function managedVault({ id, name, location, properties }: z.infer<typeof vault>) {
  const { networkAcls, accessPolicies } = properties;
  return {
    ...{ id, name, location },
    subscriptionId: id.split('/')[2] ?? '',
    rbac: properties.enableRbacAuthorization ?? undefined,
    softDelete: properties.enableSoftDelete ?? undefined,
    retentionDays: properties.softDeleteRetentionInDays ?? undefined,
    purgeProtection: properties.enablePurgeProtection ?? undefined,
    publicNetworkAccess: properties.publicNetworkAccess,
    networkDefault: networkAcls?.defaultAction,
    networkBypass: networkAcls?.bypass,
    accessPolicies: accessPolicies ?? [],
  };
}

function diskEncryptionSet({ id, name, location, identity: by, properties }: z.infer<typeof set>) {
  const { encryptionType, activeKey, previousKeys, lastKeyRotationTimestamp, autoKeyRotationError } = properties;
  return {
    ...{ id, name, location, identity: by, encryptionType, previousKeys },
    subscriptionId: id.split('/')[2] ?? '',
    keyUrl: activeKey?.keyUrl,
    autoRotation: properties.rotationToLatestKeyVersionEnabled ?? undefined,
    rotatedAt: lastKeyRotationTimestamp,
    errorCode: autoKeyRotationError?.code,
    errorMessage: autoKeyRotationError?.message,
    federatedClientId: properties.federatedClientId,
    provisioningState: properties.provisioningState,
  };
}
