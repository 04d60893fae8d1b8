import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { GUARDIAN } from '../domain/subject.ts';
import { MINUTE_MS } from '../domain/time.ts';
import {
  BaselineImpossible,
  NotAllowed,
  NotConfigured,
  PolicyInvalid,
  RequestInvalid,
  RightMissing,
  RowForged,
  RowUnreadable,
  SigningFailed,
  StorageUnreachable,
  TokenRefused,
  TokenUncheckable,
  TrailUnreachable,
} from '../errors.ts';
import type { Ports } from '../ports.ts';
import { entry } from '../trail/entries.ts';
import type { Endpoint } from './endpoint.ts';
import { refuseUnknown } from './known.ts';
import { endpoints } from './registry.ts';
import { type Right, refusal } from './rights.ts';
import type { CheckCaller } from './token.ts';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An answer: what was asked for, or `error` with its code and one sentence. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly jsonBody: unknown;
}

/**
 * Answers a person's request: says who sent it, finds the endpoint, checks the right, reads what was given, and does it. A
 * refusal is recorded. Throws what is no answer to the person, such as a fault of the guardian.
 */
export async function answer(request: Asked, check: CheckCaller, ports: Ports): Promise<Answer> {
  let caller: Caller | undefined;
  try {
    const known = await check(request.authorization);
    caller = known;
    await ports.scope.refresh();
    const { endpoint, params } = matched(request);
    const vault = params.vault?.toLowerCase();
    const refuse = (needs: Right): void => {
      const missing = refusal(known, needs, vault, ports.policy, ports.now());
      if (missing !== undefined) throw new RightMissing(missing);
    };
    // Who has no role learns of no vault.
    refuse('read');
    if (vault !== undefined) await refuseUnknown({ vault }, ports);
    refuse(endpoint.needs);
    return answered(200, (await endpoint.run(readGiven(endpoint, params, request), known, ports)) ?? {});
  } catch (error) {
    const status = statusOf(error);
    if (!(error instanceof Error) || status === undefined) throw error;
    // What failed by itself is no refusal.
    if (status < 500) await record(request, caller, error, ports);
    return answered(status, { error: { code: error.name, message: error.message } });
  }
}

const answered = (status: number, jsonBody: unknown): Answer => ({
  status,
  headers: { 'cache-control': 'no-store', ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}) },
  jsonBody,
});

const PASSING_OR_UNUSABLE = [
  BaselineImpossible,
  NotConfigured,
  PolicyInvalid,
  RowUnreadable,
  SigningFailed,
  StorageUnreachable,
  TokenUncheckable,
  TrailUnreachable,
];

function statusOf(error: unknown): number | undefined {
  if (error instanceof TokenRefused) return 401;
  if (error instanceof RightMissing) return 403;
  if (error instanceof RequestInvalid) return error.status;
  if (error instanceof NotAllowed || error instanceof RowForged) return 409;
  return PASSING_OR_UNUSABLE.some((known) => error instanceof known) ? 503 : undefined;
}

function matched({ method, path }: Asked) {
  const given = path.split('/').filter((part) => part !== '');
  for (const endpoint of endpoints) {
    const wanted = endpoint.path.split('/');
    if (endpoint.method !== method || wanted.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, at) => {
      const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
      if (name === undefined) return part === given[at]?.toLowerCase();
      params[name] = given[at] ?? '';
      return true;
    });
    if (fits) return { endpoint, params };
  }
  throw new RequestInvalid(404, `There is no ${method} ${path.slice(0, MOST_CHARACTERS)}.`);
}

const MOST_CHARACTERS = 200;

function readGiven(endpoint: Endpoint, params: Readonly<Record<string, string>>, { query, body }: Asked): unknown {
  const { success, data, error } = endpoint.given().safeParse({ ...query, ...bodyIn(body), ...params });
  if (!success) throw new RequestInvalid(400, `The request cannot be read:\n${z.prettifyError(error)}`);
  return data;
}

function bodyIn(body: string): object {
  if (body === '') return {};
  try {
    return z.looseObject({}).parse(JSON.parse(body));
  } catch {
    throw new RequestInvalid(400, 'The body of the request is no JSON object.');
  }
}

/** Of each guardian of this process: when a refusal of an unknown caller was last recorded, by its reason, and how many came since. */
const recordedOf = new WeakMap<Ports, Map<string, { readonly atMs: number; readonly more: number }>>();

/**
 * Records a refusal. Anybody can send requests without a token, so of those that are refused for one reason, one a minute is
 * recorded, with the number of those before it.
 */
async function record({ method, path }: Asked, caller: Caller | undefined, error: Error, ports: Ports): Promise<void> {
  const { message } = error;
  const nowMs = ports.now().getTime();
  const recorded = recordedOf.get(ports) ?? new Map();
  recordedOf.set(ports, recorded);
  const before = caller === undefined ? recorded.get(message) : undefined;
  if (before !== undefined && Math.abs(nowMs - before.atMs) < MINUTE_MS) {
    recorded.set(message, { ...before, more: before.more + 1 });
    return;
  }
  if (caller === undefined) recorded.set(message, { atMs: nowMs, more: 0 });
  const detail = {
    request: `${method} ${path.slice(0, MOST_CHARACTERS)}`,
    because: message,
    ...(before === undefined || before.more === 0 ? {} : { alsoRefused: before.more }),
  };
  await ports.trail.append([entry('refused', GUARDIAN, detail, ports, { who: caller?.who })]);
}
