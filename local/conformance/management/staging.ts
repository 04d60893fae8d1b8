import { z } from 'zod';
import type { LocalAzureOptions } from '../../azure/azure.ts';
import { resourcePath } from '../../azure/resource-manager/ids.ts';
import type { Resource } from '../../azure/resource-manager/store.ts';
import type { Fault, SeedIdentity, SeedVault } from '../../azure/types.ts';
import type { Exchange } from '../recordings.ts';

/** What the local Azure has to hold so that it can give a recorded answer. */
export interface ManagementStaging {
  readonly resources: readonly Resource[];
  readonly vaults: readonly SeedVault[];
  /** Who asks, unless a role of theirs decides. */
  readonly caller: SeedIdentity;
  /** Names of management groups above the subscription. */
  readonly managementGroups: readonly string[];
  readonly emptyPage: boolean;
  readonly tenantId: string | undefined;
  readonly fault: Fault | undefined;
}

const shown = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  properties: z.record(z.string(), z.unknown()),
});
const list = z.object({ value: z.array(z.unknown()), nextLink: z.string().optional() });
const output = z.object({ properties: z.object({ output: shown }) });
const refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Whoever asked was let in: with the role Owner at the root, unless the answer shows who it was. */
const owner: SeedIdentity = {
  ...{ name: 'recorded-client', kind: 'application', grants: [] },
  roles: [{ role: 'Owner', scope: '/' }],
};
const OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

/** The resources that an answer shows, as they were; those of an operation too. */
export function resourcesShown({ answer }: Exchange): readonly z.infer<typeof shown>[] {
  const items = list.safeParse(answer.body).data?.value ?? [answer.body];
  return items.flatMap((item) => shown.safeParse(item).data ?? output.safeParse(item).data?.properties.output ?? []);
}

/** The state of things before a recorded request, as far as its answer tells. */
export function managementStaging(exchange: Exchange): ManagementStaging {
  const { answer, url } = exchange;
  const all = resourcesShown(exchange);
  const vaults = all.filter(({ type }) => type === 'Microsoft.KeyVault/vaults').map(vaultOf);
  const page = list.safeParse(answer.body).data;
  const isEmptyPage = page !== undefined && page.value.length === 0 && page.nextLink !== undefined;
  const { subscriptionId = '' } = resourcePath(url.pathname);
  return {
    resources: [
      ...all.filter(({ type }) => type !== 'Microsoft.KeyVault/vaults').map(resourceOf),
      ...associated(exchange),
    ],
    vaults: isEmptyPage ? [{ name: 'behind-the-page', subscriptionId, resourceGroup: 'zz-behind' }] : vaults,
    ...callerOf(exchange, all),
    managementGroups: managementGroupsIn(all),
    emptyPage: isEmptyPage,
    tenantId: z.looseObject({ identity: z.object({ tenantId: z.string() }) }).safeParse(all[0]).data?.identity.tenantId,
    fault: faultOf(exchange),
  };
}

/** Seeds of one exchange as options of a local Azure. */
export function managementOptions(staging: ManagementStaging, subscriptionIds: readonly string[]): LocalAzureOptions {
  const { resources, vaults, caller, managementGroups, emptyPage, tenantId } = staging;
  return {
    ...{ resources, vaults },
    identities: [caller],
    subscriptions: subscriptionIds.map((subscriptionId) => ({ subscriptionId, managementGroups })),
    // The first poll of an operation said Succeeded in 91 of 91 recorded cases.
    behaviours: { emptyPages: emptyPage ? 1 : 0, setChangeMs: 0 },
    ...(tenantId === undefined ? {} : { tenantId }),
  };
}

/** Whatever way the request or a list spelled it, a resource is stored under its own id. */
function resourceOf(item: z.infer<typeof shown>): Resource {
  const { id, name, type, properties, ...rest } = item;
  const isDefinition = type === 'Microsoft.Authorization/roleDefinitions';
  const own = isDefinition ? `/providers/Microsoft.Authorization/roleDefinitions/${name}` : id;
  return { ...rest, id: own, name, type, properties };
}

const vaultProperties = z.looseObject({
  tenantId: z.string(),
  enableSoftDelete: z.boolean().optional(),
  softDeleteRetentionInDays: z.number().optional(),
  enableRbacAuthorization: z.boolean().optional(),
  enablePurgeProtection: z.boolean().optional(),
});

function vaultOf(item: z.infer<typeof shown>): SeedVault {
  const { subscriptionId = '', resourceGroup = '' } = resourcePath(item.id);
  const { vaultUri: _, provisioningState: __, ...properties } = vaultProperties.parse(item.properties);
  const { location, tags } = z
    .looseObject({ location: z.string(), tags: z.record(z.string(), z.string()) })
    .parse(item);
  return {
    name: item.name,
    region: location,
    subscriptionId,
    resourceGroup,
    tenantId: properties.tenantId,
    accessModel: properties.enableRbacAuthorization === true ? 'rbac' : 'access-policy',
    softDeleteDays: properties.enableSoftDelete === true ? (properties.softDeleteRetentionInDays ?? 90) : 0,
    purgeProtection: properties.enablePurgeProtection === true,
    // Old vaults have no such member.
    properties: { softDeleteRetentionInDays: undefined, ...properties },
    tags,
  };
}

/** What is under a set is told by ids alone: disks and snapshots of those names. */
function associated({ url, answer }: Exchange): readonly Resource[] {
  const { path, type = '' } = resourcePath(url.pathname);
  if (!type.toLowerCase().endsWith('/associatedresources')) return [];
  const setId = path.slice(0, path.lastIndexOf('/'));
  const ids = z.object({ value: z.array(z.string()) }).safeParse(answer.body).data?.value ?? [];
  const set = { id: setId, name: resourcePath(setId).name ?? '', type: 'Microsoft.Compute/diskEncryptionSets' };
  return [
    { ...set, location: 'westeurope', properties: { provisioningState: 'Succeeded' } },
    ...ids.map((id) => {
      const { name = '', type: of = '' } = resourcePath(id);
      const properties = { encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: setId } };
      return {
        id: id.replace(name, name.toLowerCase()),
        name: name.toLowerCase(),
        type: of,
        location: 'westeurope',
        properties,
      };
    }),
  ];
}

function callerOf({ answer }: Exchange, all: readonly z.infer<typeof shown>[]): Pick<ManagementStaging, 'caller'> {
  const { code, message = '' } = refused.safeParse(answer.body).data?.error ?? {};
  if (code === 'AuthorizationFailed') {
    const [, upn = '', oid = ''] = /The client '([^']+)' with object id '([^']+)'/.exec(message) ?? [];
    return { caller: { name: 'recorded-client', kind: 'user', upn, oid, grants: [] } };
  }
  // A list of role assignments shows the caller's own: one of the owners asked.
  const mine = all.find(({ properties }) => String(properties.roleDefinitionId).endsWith(OWNER));
  if (mine === undefined) return { caller: owner };
  return { caller: { name: 'recorded-client', kind: 'user', oid: String(mine.properties.principalId), grants: [] } };
}

const managementGroupsIn = (all: readonly z.infer<typeof shown>[]): readonly string[] => [
  ...new Set(all.flatMap(({ properties }) => /\/managementGroups\/([^/]+)$/.exec(String(properties.scope))?.[1] ?? [])),
];

function faultOf({ answer }: Exchange): Fault | undefined {
  const { code, message = '' } = refused.safeParse(answer.body).data?.error ?? {};
  if (code !== 'ResourceRequestsThrottled') return undefined;
  const seconds = Number(/after '(\d+)' seconds/.exec(message)?.[1]);
  return { match: { path: '/' }, answer: { kind: 'throttled', retryAfterSeconds: seconds } };
}
