import { DIAGNOSTIC_SETTINGS, TOPIC_SUBSCRIPTIONS } from '../resource-manager/reads.ts';
import type { Resource } from '../resource-manager/store.ts';
import type { Table } from './run.ts';

/** A table of Resource Graph, with the resources that it has. */
export interface GraphTable {
  readonly table: Table<Resource>;
  readonly has: (resource: Resource) => boolean;
}

/** What a column holds that is not in the resource itself. */
export interface About {
  readonly tenantId: string;
}

/** The tables that the project's queries read. The columns are those recorded (`recordings/resource-graph`), in their order. */
export function graphTables({ tenantId }: About): Readonly<Record<string, GraphTable>> {
  const table: Table<Resource> = {
    columns: {
      type: 'string',
      id: 'string',
      sku: 'object',
      name: 'string',
      kind: 'string',
      plan: 'object',
      tags: 'object',
      location: 'string',
      properties: 'object',
      resourceGroup: 'string',
      subscriptionId: 'string',
      managedBy: 'string',
      identity: 'object',
      zones: 'object',
      tenantId: 'string',
    },
    valueOf(resource, column) {
      switch (column) {
        // Recorded: in lower case, where Resource Manager writes capitals.
        case 'type':
          return resource.type.toLowerCase();
        case 'resourceGroup':
          return groupOf(resource.id);
        case 'subscriptionId':
          return subscriptionOf(resource.id);
        case 'tenantId':
          return tenantId;
        default:
          return Reflect.get(resource, column);
      }
    },
  };
  const startsWith = (resource: Resource, provider: string): boolean =>
    resource.type.toLowerCase().startsWith(`${provider}/`);
  const isAuthorization = (resource: Resource): boolean => startsWith(resource, 'microsoft.authorization');
  // What is part of another resource, or an extension of it, has no row either. @see https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources
  const isPart = (resource: Resource): boolean =>
    [DIAGNOSTIC_SETTINGS, TOPIC_SUBSCRIPTIONS].some((type) => type.toLowerCase() === resource.type.toLowerCase());
  const isContainer = (resource: Resource): boolean => startsWith(resource, 'microsoft.resources');
  return {
    // Assignments, definitions and locks of Resource Manager are no rows of this table.
    resources: { table, has: (resource) => !isAuthorization(resource) && !isPart(resource) && !isContainer(resource) },
    // https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources#authorizationresources
    authorizationresources: { table, has: (resource) => /\/role(assignments|definitions)$/i.test(resource.type) },
    resourcecontainers: { table, has: isContainer },
  };
}

/** The subscription of an id, in lower case; empty for one above all subscriptions. */
export const subscriptionOf = (id: string): string => /^\/subscriptions\/([^/]+)/i.exec(id)?.[1]?.toLowerCase() ?? '';

/** The resource group of an id, in lower case, as recorded; empty where it has none. */
export const groupOf = (id: string): string =>
  /^\/subscriptions\/[^/]+\/resourcegroups\/([^/]+)/i.exec(id)?.[1]?.toLowerCase() ?? '';
