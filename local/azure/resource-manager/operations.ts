import type { Random } from '../random.ts';
import type { Answer } from './answer.ts';
import type { Resource } from './store.ts';

/** A change of a compute resource that goes on after its 202. Moments are in ms since 1970. */
export interface Operation {
  readonly id: string;
  readonly startMs: number;
  /** Undefined while it goes on. */
  readonly endMs: number | undefined;
  readonly status: 'InProgress' | Ended;
  /** What it made; undefined for a deletion. */
  readonly output: Resource | undefined;
  /** Ends it, unless it has ended. */
  end(nowMs: number, status: Ended, output?: Resource): void;
  /** Told once it has ended. */
  onEnd(listener: (nowMs: number, status: Ended) => void): void;
  /** What the links to it are signed with, so that who was given one may follow it. */
  readonly signature: string;
}

/** How an operation ended: one is canceled where a later one on the same resource takes its place. */
export type Ended = 'Succeeded' | 'Canceled';

/** The operations so far. */
export interface Operations {
  /** One that still goes on with the same resource ends: a later one takes its place, with what it was to change. UNCONFIRMED for sets. */
  begin(startMs: number, resourceId: string): Operation;
  get(id: string): Operation | undefined;
}

/** No operations yet. */
export function createOperations(ids: Random): Operations {
  const byId = new Map<string, Operation>();
  const latest = new Map<string, Operation>();
  return {
    begin(startMs, resourceId) {
      latest.get(resourceId.toLowerCase())?.end(startMs, 'Canceled');
      const id = ids.uuid();
      const operation = begun(id, startMs, ids.hex(342));
      byId.set(id, operation);
      latest.set(resourceId.toLowerCase(), operation);
      return operation;
    },
    get: (id) => byId.get(id.toLowerCase()),
  };
}

function begun(id: string, startMs: number, signature: string): Operation {
  const listeners: ((nowMs: number, status: Ended) => void)[] = [];
  const state: { -readonly [Member in 'endMs' | 'status' | 'output']: Operation[Member] } = {
    endMs: undefined,
    status: 'InProgress',
    output: undefined,
  };
  return {
    ...{ id, startMs, signature },
    get endMs() {
      return state.endMs;
    },
    get status() {
      return state.status;
    },
    get output() {
      return state.output;
    },
    end(nowMs, status, output) {
      if (state.endMs !== undefined) return;
      Object.assign(state, { endMs: nowMs, status, output });
      for (const listener of listeners) listener(nowMs, status);
    },
    onEnd: (listener) => listeners.push(listener),
  };
}

/** When time is written with seven digits of a second and zeros are cut, as compute does (recorded). */
export function timestamp(ms: number, ids: Random): string {
  const fraction = `${String(ms % 1000).padStart(3, '0')}${String(Math.floor(ids.next() * 10_000)).padStart(4, '0')}`;
  const cut = fraction.replace(/0+$/, '');
  return `${new Date(ms).toISOString().slice(0, 19)}${cut === '' ? '' : `.${cut}`}+00:00`;
}

/** Where an operation is asked about. */
interface Place {
  readonly origin: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly apiVersion: string;
}

/** The two links of a 202: the operation, and its result. Each is more than 3,000 characters long (recorded in `recordings/compute/snapshots.json`). */
export function operationLinks(
  { id, signature, startMs }: Operation,
  { origin, subscriptionId, location, apiVersion }: Place,
  ids: Random,
): Readonly<Record<string, string>> {
  const path = `${origin}/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/DiskOperations/${id}`;
  // Ticks of 100 ns since the year 1.
  const ticks = BigInt(startMs) * 10_000n + 621_355_968_000_000_000n;
  const partition = ids.uuid();
  const signed = `api-version=${apiVersion}&t=${ticks}&c=${ids.hex(2575)}&s=${signature}&h=${ids.hex(43)}`;
  return {
    'azure-asyncoperation': `${path}?p=${partition}&${signed}`,
    location: `${path}?p=${partition}&monitor=true&${signed}`,
  };
}

/** `GET …/DiskOperations/{id}`: how it stands. With `monitor=true`: 202 without a body until it ended, then 200 without a body (recorded). */
export function operationAnswer(
  { id, startMs, endMs, status, output }: Operation,
  url: URL,
  shown: (output: Resource) => unknown,
  ids: Random,
): Answer {
  if (url.searchParams.get('monitor') === 'true')
    return endMs === undefined ? { status: 202, headers: { location: url.href } } : { status: 200 };
  return {
    status: 200,
    layout: 'indented',
    body: {
      startTime: timestamp(startMs, ids),
      ...(endMs === undefined ? {} : { endTime: timestamp(endMs, ids) }),
      status,
      ...(output === undefined ? {} : { properties: { output: shown(output) } }),
      name: id,
    },
  };
}
