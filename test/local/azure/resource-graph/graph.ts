import type { HttpClient } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { createLocalAzure } from '../../../../local/azure/azure.ts';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import type { Behaviours, SeedRole, SeedVault } from '../../../../local/azure/types.ts';

/** The subscription of every resource here that names no other. */
export const SUBSCRIPTION = '11111111-0000-4000-8000-000000000001';

/** A resource of a group `rg-one` in that subscription. */
export function resource(type: string, name: string, more: Partial<Resource> & { readonly group?: string } = {}) {
  const { group = 'rg-one', ...members } = more;
  const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/${type}/${name}`;
  return { id, name, type, location: 'westeurope', properties: {}, ...members };
}

/** Disks `disk-0000`, `disk-0001` and so on. */
export const disks = (count: number): readonly Resource[] =>
  Array.from({ length: count }, (_, at) => resource('Microsoft.Compute/disks', `disk-${String(at).padStart(4, '0')}`));

const bodySchema = z.object({
  totalRecords: z.number().optional(),
  count: z.number().optional(),
  data: z
    .array(z.looseObject({ id: z.string().default('') }))
    .or(z.looseObject({}))
    .optional(),
  resultTruncated: z.string().optional(),
  $skipToken: z.string().optional(),
  error: z.looseObject({ code: z.string(), details: z.array(z.looseObject({ code: z.string() })) }).optional(),
});

/** A local Azure with these resources and what asks its Resource Graph. Whoever asks may read everything, unless told otherwise. */
export function localGraph(
  resources: readonly Resource[],
  {
    behaviours = {},
    vaults = [],
    roles = [{ role: 'Reader', scope: '/' }],
    managementGroups = [],
  }: {
    readonly behaviours?: Partial<Behaviours>;
    readonly vaults?: readonly SeedVault[];
    /** Of whoever asks. */
    readonly roles?: readonly SeedRole[];
    /** Above the subscription. */
    readonly managementGroups?: readonly string[];
  } = {},
) {
  const azure = createLocalAzure({
    vaults,
    resources,
    subscriptions: managementGroups.length === 0 ? [] : [{ subscriptionId: SUBSCRIPTION, managementGroups }],
    identities: [
      { name: 'asker', kind: 'application', roles, grants: [] },
      { name: 'stranger', kind: 'application', grants: [] },
    ],
    seed: 7,
    behaviours,
  });
  const send = async (
    content: unknown,
    { apiVersion = '2024-04-01', as = 'asker' }: { readonly apiVersion?: string; readonly as?: string } = {},
  ) => {
    const response = await azure.handle({
      method: 'POST',
      url: `https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=${apiVersion}`,
      headers: { authorization: `Bearer ${azure.token(as, { audience: 'https://management.azure.com' })}` },
      body: typeof content === 'string' ? content : JSON.stringify(content),
    });
    const json = bodySchema.parse(JSON.parse(response.body));
    return { ...response, json, rows: Array.isArray(json.data) ? json.data : [] };
  };
  const rows = async (query: string, subscriptions: readonly string[] = [SUBSCRIPTION]) =>
    (await send({ query, subscriptions })).rows;
  const httpClient: HttpClient = azure.httpClient;
  return { azure, resources: azure.resourceManager.resources, httpClient, send, rows };
}
