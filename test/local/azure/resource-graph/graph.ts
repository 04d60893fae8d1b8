import type { Vault } from '../../../../local/azure/key-vault/store.ts';
import { seededRandom } from '../../../../local/azure/random.ts';
import { createResourceGraph, type GraphContext } from '../../../../local/azure/resource-graph/resource-graph.ts';
import type { Resource } from '../../../../local/azure/resource-manager/store.ts';
import type { Behaviours, Identity } from '../../../../local/azure/types.ts';
import { localAzure } from '../requests.ts';

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

/** A graph of these resources, and what asks it. Whoever asks may read everything, unless told otherwise. */
export function localGraph(
  resources: readonly Resource[],
  {
    behaviours = {},
    ...more
  }: Partial<Omit<GraphContext, 'behaviours'>> & { readonly behaviours?: Partial<Behaviours> } = {},
) {
  const azure = localAzure();
  const store = new Map(resources.map((one) => [one.id.toLowerCase(), one]));
  const graph = createResourceGraph({
    resources: store,
    vaults: new Map<string, Vault>(),
    accessPolicies: () => [],
    behaviours: Object.assign(azure.behaviours, behaviours),
    tenantId: azure.tenantId,
    mayDo: () => true,
    ids: seededRandom(1),
    ...more,
  });
  const caller = azure.identities.get('attacker');
  if (caller === undefined) throw new Error('There is nobody who could ask.');
  const send = (
    content: unknown,
    { apiVersion = '2024-04-01', as = caller }: { readonly apiVersion?: string; readonly as?: Identity } = {},
  ) => {
    const url = `https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=${apiVersion}`;
    const body = typeof content === 'string' ? content : JSON.stringify(content);
    const response = graph({ method: 'POST', url, headers: {}, body }, as);
    return { ...response, json: JSON.parse(response.body) };
  };
  const rows = (query: string, options: Readonly<Record<string, unknown>> = {}, subscriptions = [SUBSCRIPTION]) =>
    send({ query, options, subscriptions }).json.data;
  return { store, behaviours: azure.behaviours, caller, graph, send, rows };
}
