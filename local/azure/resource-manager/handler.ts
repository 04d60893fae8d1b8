import { z } from 'zod';
import { ConnectionBroken } from '../connection-broken.ts';
import type { FaultPlan, FaultSubject } from '../faults.ts';
import { callerOf, type IdentityRegister, managementAudiences, mistakenCaller } from '../identities.ts';
import type { Identity, LoggedManagementRequest, WireRequest, WireResponse } from '../types.ts';
import type { Activity, ActivityEnding } from './activity-log.ts';
import type { Answer } from './answer.ts';
import { apiVersionsOf, managementApiVersions } from './api-versions.ts';
import type { Call, World } from './call.ts';
import {
  actionThrottled,
  authorizationFailed,
  busy,
  internalError,
  invalidApiVersion,
  missingApiVersion,
  noRegisteredProvider,
  notServed,
  scopeLocked,
  subscriptionNotFound,
  throttled,
} from './errors.ts';
import { malformedResponse, wireResponse } from './headers.ts';
import { isWithin, type ResourcePath, resourcePath } from './ids.ts';
import { LOCKS, vaultAt } from './reads.ts';
import { routeOf } from './routes.ts';
import { type Budgets, type Line, lineOf, type Taken } from './throttling.ts';
import { unauthorized } from './unauthorized.ts';

/** Where Resource Manager and Resource Graph are. */
export const MANAGEMENT_HOST = 'management.azure.com';

/** What the handler works on, and whom it tells. */
export interface HandlerContext {
  readonly world: World;
  readonly register: IdentityRegister;
  readonly faults: FaultPlan;
  readonly budgets: Budgets;
  /** Called once for each request that the service saw, after it was served. */
  served(request: WireRequest, logged: LoggedManagementRequest, response: WireResponse): void;
  /** Called once for each write that has ended, whether it was done or refused. */
  ended(activity: Activity): void;
}

/** What a request came to. */
interface Decided {
  readonly answer: Answer;
  readonly action: string | undefined;
  readonly taken: Taken | undefined;
}

/** Serves one request. Rejects with `ConnectionBroken` for a planned break. @see https://learn.microsoft.com/azure/azure-resource-manager/management/overview */
export async function handle(context: HandlerContext, request: WireRequest): Promise<WireResponse> {
  const { world, faults, register } = context;
  const url = new URL(request.url);
  const path = resourcePath(url.pathname);
  const bearer = callerOf(register, request.headers.authorization, managementAudiences);
  const subject: FaultSubject = {
    vault: undefined,
    key: undefined,
    operation: undefined,
    identity: bearer.kind === 'known' ? bearer.identity.name : undefined,
    method: request.method,
    path: path.path,
  };
  if (faults.take(subject, ['unreachable']) !== undefined) throw new ConnectionBroken('ECONNRESET', request.url);
  const receivedMs = Date.now();
  const slow = faults.take(subject, ['slow']);
  if (slow?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, slow.ms));

  const nowMs = Date.now();
  world.schedule.settle(nowMs);
  const isOfExisting = isThere(world, path.path);
  const planned = bearer.kind === 'known' ? faults.take(subject, ['unauthorized']) : undefined;
  const caller =
    bearer.kind === 'known' && planned?.kind === 'unauthorized'
      ? mistakenCaller(bearer.identity, planned.because)
      : bearer;
  const decided: Decided =
    caller.kind === 'known'
      ? answerKnown(context, { request, url, path, nowMs, identity: caller.identity }, subject)
      : { answer: unauthorized(caller, world.tenantId, nowMs), action: undefined, taken: undefined };
  const { answer, action, taken } = decided;
  const route = routeOf(request.method, path);
  const isOfProvider = caller.kind === 'known' && !answer.fromGateway;
  const headers = {
    request,
    ids: world.chance.ids,
    nowMs,
    region: 'westeurope',
    budget: taken && { line: lineFor(request.method, path), taken, isTenant: path.subscriptionId === undefined },
    resourceBudgets: isOfProvider ? route?.buckets : undefined,
    providerHeaders: (isOfProvider ? route?.headers : undefined) ?? {},
  };
  const malformed = caller.kind === 'known' ? faults.take(subject, ['malformed']) : undefined;
  const response =
    malformed?.kind === 'malformed' ? malformedResponse(malformed.body, headers) : wireResponse(answer, headers);
  const logged: LoggedManagementRequest = {
    at: new Date(receivedMs),
    identity: caller.kind === 'known' ? caller.identity.name : undefined,
    method: request.method,
    url: request.url,
    action,
    status: response.status,
    changed: answer.changed ?? false,
    clientRequestId: request.headers['x-ms-client-request-id'],
  };
  context.served(request, logged, response);
  if (caller.kind === 'known' && action !== undefined && WRITES.includes(request.method)) {
    const written = { request, identity: caller.identity, action, path: path.path, isOfExisting };
    tellOfEnd(answer, (ending, endedMs) => context.ended({ ...written, ending, endedMs }), nowMs);
  }
  if (faults.take(subject, ['lost-answer']) !== undefined) throw new ConnectionBroken('ECONNRESET', request.url);
  return response;
}

const WRITES: readonly string[] = ['PUT', 'PATCH', 'POST', 'DELETE'];

function isThere(world: World, path: string): boolean {
  return world.resources.get(path) !== undefined || vaultAt(world, path) !== undefined;
}

/** A write that goes on is told of when it has ended. One that was throttled or that nobody was let in for is not told of. */
function tellOfEnd(
  { status, operation }: Answer,
  ended: (ending: ActivityEnding, endedMs: number) => void,
  nowMs: number,
): void {
  if (status === 401 || status === 429) return;
  if (operation === undefined) ended(status < 400 ? 'Success' : 'Failure', nowMs);
  else operation.onEnd((endedMs, how) => ended(how === 'Succeeded' ? 'Success' : 'Cancel', endedMs));
}

/** A request whose caller is known. */
interface Known {
  readonly request: WireRequest;
  readonly url: URL;
  readonly path: ResourcePath;
  readonly nowMs: number;
  readonly identity: Identity;
}

/** The order is UNCONFIRMED but for the 401 before all else: api-version, budget, subscription, permission, and what the provider says. */
function answerKnown(context: HandlerContext, known: Known, subject: FaultSubject): Decided {
  const { world } = context;
  const { request, url, path, identity, nowMs } = known;
  const apiVersion = url.searchParams.get('api-version') ?? '';
  const route = routeOf(request.method, path);
  const { action, scope } = actionOf(request.method, path);
  const refused = (answer: Answer, taken?: Taken): Decided => ({ answer, action, taken });
  if (apiVersion === '') return refused(missingApiVersion());
  const taken = world.behaviours.throttling
    ? context.budgets.take(lineFor(request.method, path), path.subscriptionId ?? '', identity.oid, nowMs)
    : undefined;
  if (taken?.kind === 'throttled')
    return refused(throttled(path.subscriptionId ?? '', operationName(request.method, path), taken.seconds), taken);
  const planned = plannedAnswer(context, subject, { action, scope, identity });
  if (planned !== undefined) return refused(planned, taken);
  if (!isKnownSubscription(world, path)) return refused(subscriptionNotFound(path.subscriptionId ?? ''), taken);
  if (route?.isOpen?.(url, world, path) !== true && action !== undefined && !isListOfAll(path)) {
    if (!world.directory.isAllowed(identity, action, scope))
      return refused(authorizationFailed(identity, action, scope), taken);
  }
  const lock = lockOn(world, request.method, scope);
  if (lock !== undefined) return refused(scopeLocked(scope, lock, request.method === 'DELETE'), taken);
  const supported = path.type === undefined ? managementApiVersions : apiVersionsOf(path.type);
  if (supported !== undefined && !supported.includes(apiVersion))
    return refused(
      path.type === undefined
        ? invalidApiVersion(apiVersion, supported)
        : noRegisteredProvider(path.type, apiVersion, supported),
      taken,
    );
  if (route === undefined) return refused(notServed(request.method, path.path), taken);
  const call: Call = { ...path, world, method: request.method, identity, apiVersion, url, body: request.body, nowMs };
  return { answer: route.serve(call), action, taken };
}

const locked = z.object({ level: z.string() });

/** The scope of a lock that forbids a write to what lies in it. Writes to a vault's data pass every lock. @see https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources */
function lockOn({ resources }: World, method: string, scope: string): string | undefined {
  if (!WRITES.includes(method)) return undefined;
  const forbidding = method === 'DELETE' ? ['CanNotDelete', 'ReadOnly'] : ['ReadOnly'];
  const lock = [...resources.ofType(LOCKS)].find(
    ({ id, properties }) =>
      isWithin(resourcePath(id).scope, scope) && forbidding.includes(locked.parse(properties).level),
  );
  return lock === undefined ? undefined : resourcePath(lock.id).scope;
}

const lineFor = (method: string, path: ResourcePath): Line => routeOf(method, path)?.line ?? lineOf(method);

/** The list of subscriptions needs no permission: it shows those in which the caller has one. */
const isListOfAll = ({ path }: ResourcePath): boolean => path.toLowerCase() === '/subscriptions';

function isKnownSubscription(world: World, { subscriptionId }: ResourcePath): boolean {
  if (subscriptionId === undefined) return true;
  return world.subscriptions().some((one) => one.subscriptionId.toLowerCase() === subscriptionId.toLowerCase());
}

function plannedAnswer(
  { world, faults }: HandlerContext,
  subject: FaultSubject,
  {
    action = '',
    scope,
    identity,
  }: { readonly action: string | undefined; readonly scope: string; readonly identity: Identity },
): Answer | undefined {
  const planned = faults.take(subject, ['throttled', 'busy', 'forbidden-by-permission', 'internal-error']);
  switch (planned?.kind) {
    case 'throttled':
      return actionThrottled(action, planned.retryAfterSeconds ?? 5);
    case 'busy':
      return busy(world.chance.ids.uuid(), world.chance.ids.uuid(), 11);
    case 'forbidden-by-permission':
      return authorizationFailed(identity, action, scope);
    case 'internal-error':
      return internalError();
    default:
      return undefined;
  }
}

/** The permission that a request needs, and over which scope: a list needs it over all that it lists. */
function actionOf(
  method: string,
  { path, scope, type, name }: ResourcePath,
): { action: string | undefined; scope: string } {
  const over = name === undefined && type?.split('/').length === 2 ? scope : path;
  if (type === undefined) return { action: 'Microsoft.Resources/subscriptions/read', scope: path };
  switch (method) {
    case 'GET':
    case 'HEAD':
      return { action: `${type}/read`, scope: over };
    case 'PUT':
    case 'PATCH':
      return { action: `${type}/write`, scope: over };
    case 'DELETE':
      return { action: `${type}/delete`, scope: over };
    default:
      return { action: `${type}/action`, scope: over };
  }
}

/** As the message of a 429 names what was asked for. */
function operationName(method: string, { scope, type = '' }: ResourcePath): string {
  const words = scope.split('/').filter((_, index) => index % 2 === 1);
  return [method, ...words, ...(type === '' ? [] : ['providers', type])].join('/').toUpperCase();
}
