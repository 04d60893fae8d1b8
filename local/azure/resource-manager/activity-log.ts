import { type EventDelivery, eventDelivery } from '../event-delivery.ts';
import { issuerOf } from '../issuer.ts';
import type { Chance } from '../random.ts';
import type { Behaviours, Identity, WireRequest } from '../types.ts';
import type { Directory } from './authorization.ts';
import { resourcePath } from './ids.ts';

/** How a write ended, as the type of its event says it. */
export type ActivityEnding = 'Success' | 'Failure' | 'Cancel';

/** A write to Resource Manager that has ended. */
export interface Activity {
  readonly request: WireRequest;
  readonly identity: Identity;
  /** The permission that it needed, spelled as the caller wrote the type. */
  readonly action: string;
  /** The id of what was written, as the caller wrote it. */
  readonly path: string;
  /** Whether something was there before: only then the event has the request. */
  readonly isOfExisting: boolean;
  readonly ending: ActivityEnding;
  readonly endedMs: number;
}

const STATUS: Readonly<Record<ActivityEnding, string>> = {
  Success: 'Succeeded',
  Failure: 'Failed',
  Cancel: 'Canceled',
};

/**
 * What the subscription's own topic tells of a write. Who did it is in the claims; what changed is not in it. Undefined for
 * what is in no subscription. @see https://learn.microsoft.com/azure/event-grid/event-schema-subscriptions
 */
export function activityEvent(
  { request, identity, action, path, isOfExisting, ending, endedMs }: Activity,
  { directory, tenantId, chance, behaviours }: ActivityWorld,
): EventDelivery | undefined {
  const { subscriptionId, type = '' } = resourcePath(path);
  if (subscriptionId === undefined) return undefined;
  const [resourceProvider = ''] = type.split('/');
  const kind = request.method === 'DELETE' ? 'Delete' : request.method === 'POST' ? 'Action' : 'Write';
  const correlationId = chance.ids.uuid();
  const data = {
    authorization: { scope: path, action, evidence: evidenceOf(identity, action, path, directory) },
    claims: claimsOf(identity, request, tenantId),
    correlationId,
    ...(isOfExisting
      ? {
          httpRequest: {
            clientRequestId: request.headers['x-ms-client-request-id'] ?? chance.ids.uuid(),
            clientIpAddress: request.address ?? '127.0.0.1',
            method: request.method,
            url: request.url,
          },
        }
      : {}),
    ...{ resourceProvider, resourceUri: path, operationName: action, status: STATUS[ending], subscriptionId, tenantId },
  };
  const about = { id: chance.ids.uuid(), source: `/subscriptions/${subscriptionId}`, subject: path };
  const eventType = `Microsoft.Resources.Resource${kind}${ending}`;
  return eventDelivery({ ...about, type: eventType, timeMs: endedMs, data, dataVersion: '2' }, behaviours.eventSchema);
}

interface ActivityWorld {
  readonly directory: Directory;
  readonly tenantId: string;
  readonly chance: Chance;
  readonly behaviours: Readonly<Behaviours>;
}

/** By which role it was allowed; empty where it was not. */
function evidenceOf(identity: Identity, action: string, path: string, directory: Directory): unknown {
  const assignment = directory.allowing(identity, action, path);
  if (assignment === undefined) return {};
  const short = (id: string): string => id.slice(id.lastIndexOf('/') + 1).replaceAll('-', '');
  return {
    ...{ role: assignment.roleName, roleAssignmentScope: assignment.scope, roleAssignmentId: short(assignment.id) },
    roleDefinitionId: short(assignment.roleDefinitionId),
    principalId: assignment.principalId.replaceAll('-', ''),
    principalType: identity.kind === 'user' ? 'User' : 'ServicePrincipal',
  };
}

/** Names of claims are whole URIs here; an application has no name. */
function claimsOf({ kind, oid, appid, upn, name }: Identity, request: WireRequest, tenantId: string): unknown {
  return {
    aud: 'https://management.core.windows.net/',
    iss: issuerOf(tenantId),
    appid,
    appidacr: kind === 'user' ? '0' : '2',
    'http://schemas.microsoft.com/identity/claims/objectidentifier': oid,
    'http://schemas.microsoft.com/identity/claims/tenantid': tenantId,
    ...(kind === 'user'
      ? {
          ipaddr: request.address ?? '127.0.0.1',
          name,
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn': upn,
          'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': upn,
        }
      : {}),
    ver: '1.0',
  };
}
