import { z } from 'zod';
import { ConnectionBroken } from '../connection-broken.ts';
import type { FaultPlan, FaultSubject } from '../faults.ts';
import { type Caller, callerOf, type IdentityRegister, mistakenCaller } from '../identities.ts';
import type { Chance } from '../random.ts';
import type { Behaviours, Grant, Identity, LoggedRequest, OperationName, WireRequest, WireResponse } from '../types.ts';
import type { Answer } from './answer.ts';
import { isApiVersion, isSince, latestApiVersion } from './api-versions.ts';
import type { ServedCall } from './audit-record.ts';
import type { KeyBackup } from './backups.ts';
import { badApiVersion, badName, badParameter, notServed, throttled } from './errors.ts';
import { conflictOf, faultAnswer, isWrite, statusFaults } from './fault-answers.ts';
import { malformedResponse, wireResponse } from './headers.ts';
import { typeAsked } from './keys.ts';
import type { KeyType } from './material.ts';
import { isClosedToTrustedServices } from './network.ts';
import { operations } from './operations.ts';
import { authorize, countedGrants, refusedByFirewall } from './permissions.ts';
import { type Route, routeOf } from './routes.ts';
import { sightOf, type Vault } from './store.ts';
import { type Budget, costOf } from './throttling.ts';
import { challengeOf, unauthorized } from './unauthorized.ts';

/** What the handler works on, and whom it tells. */
export interface HandlerContext {
  /** Who serves, by host name, in lower case, without a port. */
  readonly vaults: ReadonlyMap<string, Vault>;
  readonly register: IdentityRegister;
  readonly faults: FaultPlan;
  readonly behaviours: Readonly<Behaviours>;
  readonly chance: Chance;
  readonly backups: Map<string, KeyBackup>;
  /** What an identity may do in a vault by its roles in Azure RBAC. */
  grantsByRoles(identity: Identity, vault: Vault): readonly Grant[];
  /** The budget of a vault's subscription. */
  subscriptionBudget(subscriptionId: string): Budget;
  /** Called once for each request that the service saw, after it was served. */
  served(call: ServedCall, logged: LoggedRequest, response: WireResponse, answer: Answer): void;
}

/** One pass of a request: what it asks, and who asks. */
interface Pass {
  readonly context: HandlerContext;
  readonly request: WireRequest;
  readonly url: URL;
  readonly vault: Vault;
  readonly route: Route;
  readonly nowMs: number;
}

/** Serves one request. Rejects with `ConnectionBroken` for a host that no vault has and for a planned break. */
export async function handle(context: HandlerContext, request: WireRequest): Promise<WireResponse> {
  const url = new URL(request.url);
  const vault = context.vaults.get(url.hostname.toLowerCase());
  if (vault === undefined) throw new ConnectionBroken('ENOTFOUND', request.url);
  const route = routeOf(request.method, url.pathname);
  const bearer = callerOf(context.register, request.headers.authorization);
  const subject: FaultSubject = {
    vault: vault.name,
    key: route.key,
    operation: route.operation,
    identity: bearer.kind === 'known' ? bearer.identity.name : undefined,
    method: request.method,
  };
  if (context.faults.take(subject, ['unreachable']) !== undefined)
    throw new ConnectionBroken('ECONNRESET', request.url);
  const receivedMs = Date.now();
  const slow = context.faults.take(subject, ['slow']);
  if (slow?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, slow.ms));

  const caller = takenFor(bearer, subject, context.faults);
  const identity = caller.kind === 'known' ? caller.identity : undefined;
  const pass: Pass = { context, request, url, vault, route, nowMs: Date.now() };
  const decided: Decided =
    caller.kind === 'known'
      ? await answerKnown(pass, caller.identity, subject)
      : { answer: unauthorized(caller, vault.tenantId), assignmentId: undefined, authorized: undefined };
  const { answer, assignmentId } = decided;
  const challenge = caller.kind === 'known' ? {} : { challenge: challengeOf(vault.tenantId) };
  const requestId = context.chance.ids.uuid();
  const headers = { vault, request, requestId, nowMs: Date.now(), assignmentId, ...challenge };
  const malformed = identity === undefined ? undefined : context.faults.take(subject, ['malformed']);
  const response =
    malformed?.kind === 'malformed' ? malformedResponse(malformed.body, headers) : wireResponse(answer, headers);

  const { call, logged } = describe(pass, { ...decided, identity, receivedMs });
  context.served(call, logged, response, answer);
  if (identity !== undefined && context.faults.take(subject, ['lost-answer']) !== undefined) {
    throw new ConnectionBroken('ECONNRESET', request.url);
  }
  return response;
}

/** Whom the service takes the bearer of a token for: itself, unless a fault is planned. */
function takenFor(bearer: Caller, subject: FaultSubject, faults: FaultPlan): Caller {
  if (bearer.kind !== 'known') return bearer;
  const planned = faults.take(subject, ['unauthorized']);
  return planned?.kind === 'unauthorized' ? mistakenCaller(bearer.identity, planned.because) : bearer;
}

interface Decided {
  readonly answer: Answer;
  readonly assignmentId: string | undefined;
  /** Undefined where nobody asked. */
  readonly authorized: boolean | undefined;
}

/**
 * The order is 401 before all else (seen), then throttling and planned refusals, 400 for path and api-version, 403, and what
 * the operation itself says. But for the 401 the order is UNCONFIRMED.
 */
async function answerKnown(pass: Pass, identity: Identity, subject: FaultSubject): Promise<Decided> {
  const { context, request, url, vault, route, nowMs } = pass;
  const refused = (answer: Answer, authorized?: false): Decided => ({ answer, assignmentId: undefined, authorized });
  const readOnly = vault.failedOver && isWrite(route.operation) ? ({ kind: 'read-only' } as const) : undefined;
  const planned = context.faults.take(subject, statusFaults(route.operation)) ?? readOnly;
  if (planned !== undefined) {
    const answer = faultAnswer(planned, { vault, route, identity, request, nowMs });
    return planned.kind === 'forbidden-by-permission' ? refused(answer, false) : refused(answer);
  }
  if (request.isTrustedService && isClosedToTrustedServices(vault))
    return refused(refusedByFirewall(vault, identity, request.address ?? '127.0.0.1'));
  if (isOverBudget(pass)) return refused(throttled());

  const apiVersion = url.searchParams.get('api-version') ?? '';
  if (!isApiVersion(apiVersion)) return refused(badApiVersion(apiVersion, latestApiVersion));
  const badPath = badPathOf(pass, apiVersion);
  if (badPath !== undefined) return refused(badPath);
  if (route.operation === 'unknown') return refused(notServed(request.method, url.pathname));

  const own = countedGrants(vault, context.register.grants.get(identity.name) ?? []);
  const grants = [...own, ...context.grantsByRoles(identity, vault)];
  const authorization = authorize(vault, identity, grants, route.operation, route.key);
  if (authorization.kind === 'refused') return refused(authorization.answer, false);
  const { assignmentId } = authorization;
  if (isParallelWrite(pass)) return { answer: conflictOf(vault, route, nowMs), assignmentId, authorized: true };
  const operation = operations[route.operation];
  const answer = await operation({
    vault,
    name: route.key ?? '',
    version: route.version,
    apiVersion,
    url,
    body: request.body,
    nowMs,
    behaviours: context.behaviours,
    random: context.chance.random,
    backups: context.backups,
  });
  return { answer, assignmentId, authorized: true };
}

/** Whether it meets another write on its key; if not, it is the one that the next may meet. */
function isParallelWrite({ context, vault, route, nowMs }: Pass): boolean {
  if (route.key === undefined || !isWrite(route.operation)) return false;
  const name = route.key.toLowerCase();
  const last = vault.writtenAt.get(name);
  if (last !== undefined && nowMs - last < context.behaviours.parallelWritesMs) return true;
  vault.writtenAt.set(name, nowMs);
  return false;
}

const ROTATION = new Set<OperationName>(['rotate', 'get-rotation-policy', 'put-rotation-policy']);

function badPathOf({ route, url, request }: Pass, apiVersion: string): Answer | undefined {
  if (route.key === '') return badParameter('Operation not specified');
  if (route.key !== undefined && !/^[0-9a-zA-Z-]{1,127}$/.test(route.key)) return badName(route.key);
  // Rotation came with 7.3: https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key/rotate-key
  if (ROTATION.has(route.operation) && !isSince(apiVersion, '7.3-preview'))
    return notServed(request.method, url.pathname);
  return undefined;
}

/** Both budgets must have room, and are then spent. */
function isOverBudget(pass: Pass): boolean {
  const { context, vault, route, nowMs } = pass;
  if (!context.behaviours.throttling) return false;
  const cost = costOf(route.operation, typeTouched(pass));
  const subscription = context.subscriptionBudget(vault.subscriptionId);
  if (!vault.budget.fits(cost, nowMs) || !subscription.fits(cost, nowMs)) return true;
  vault.budget.spend(cost, nowMs);
  subscription.spend(cost, nowMs);
  return false;
}

/** Of the key that is made, or of the one that is there. */
function typeTouched({ vault, route, request, nowMs }: Pass): KeyType | undefined {
  if (route.operation === 'create') return typeAsked(request.body);
  if (route.key === undefined) return undefined;
  const sight = sightOf(vault, route.key, nowMs);
  return 'current' in sight ? sight.current.type : undefined;
}

interface Outcome extends Decided {
  readonly identity: Identity | undefined;
  readonly receivedMs: number;
}

function describe(
  pass: Pass,
  { identity, answer, assignmentId, authorized, receivedMs }: Outcome,
): { call: ServedCall; logged: LoggedRequest } {
  const { request, url, vault, route } = pass;
  const logged: LoggedRequest = {
    at: new Date(receivedMs),
    identity: identity?.name,
    method: request.method,
    url: request.url,
    operation: route.operation,
    vault: vault.name,
    key: route.key,
    version: route.version,
    status: answer.status,
    changed: answer.changed ?? false,
    clientRequestId: request.headers['x-ms-client-request-id'],
  };
  const call: ServedCall = {
    vault,
    request,
    url,
    operation: route.operation,
    unserved: route.unserved,
    identity,
    key: route.key,
    askedVersion: route.version,
    version: answer.version,
    algorithm: answer.algorithm,
    status: answer.status,
    description: answer.status < 400 ? '' : descriptionOf(answer),
    assignmentId,
    authorized,
    receivedMs,
    durationMs: Math.max(1, Date.now() - receivedMs),
  };
  return { call, logged };
}

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

function descriptionOf(answer: Answer): string {
  const parsed = errorSchema.safeParse(answer.body);
  return parsed.success ? parsed.data.error.message : '';
}
