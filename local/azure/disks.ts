import { z } from 'zod';
import { ConnectionBroken } from './connection-broken.ts';
import type { World } from './resource-manager/call.ts';
import { callerOf } from './resource-manager/set-access.ts';
import { setIdOf, setMembers } from './resource-manager/set-members.ts';
import type { Resource } from './resource-manager/store.ts';
import type { Identity, WireRequest, WireResponse } from './types.ts';

/** How a disk under a disk encryption set fares. */
export type DiskState =
  | { readonly kind: 'not-under-a-set' }
  /** No running machine has it, or it has not unwrapped its key yet. */
  | { readonly kind: 'unused' }
  /** The key and version that it unwraps with. */
  | { readonly kind: 'working'; readonly unwrappedAt: Date; readonly keyUrl: string }
  /** Its key cannot be used; its I/O goes on for now. */
  | { readonly kind: 'failing'; readonly since: Date; readonly because: string }
  | { readonly kind: 'failed'; readonly since: Date; readonly failedAt: Date; readonly because: string };

/** Whether a machine runs. */
export type MachineState =
  | { readonly kind: 'running' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'stopped-by-its-disk'; readonly at: Date; readonly disk: string };

/** The disks of the local Azure. */
export interface Disks {
  /**
   * Every disk of a running machine whose turn has come by the process's `Date` unwraps its key, by a call of its set's
   * identity to the vault. For whoever turns the clock: in steps no longer than `behaviours.diskUnwrapsEveryMs`, since a key
   * counts as unusable from the first call on that failed.
   */
  unwrapDue(): Promise<void>;
  /** Calls the above each second until it is stopped, on a timer that keeps no process alive. */
  start(): () => void;
  /** Throws where there is no such disk, as does the next. */
  disk(id: string): DiskState;
  machine(id: string): MachineState;
}

/** What disks have around them. */
export interface DisksWorld {
  readonly world: World;
  serve(request: WireRequest): Promise<WireResponse>;
}

const DISKS = 'Microsoft.Compute/disks';
const KEYS_API_VERSION = '7.4';
const TICK_MS = 1_000;

/** What a disk has of its key, and how its calls went. */
interface Held {
  /** Under which version its data key is wrapped, and how. */
  wrapped: { readonly kid: string; readonly value: string; readonly setKeyUrl: string } | undefined;
  triedMs: number | undefined;
  state: DiskState;
}

/**
 * Disks that live from their keys: where the key of a disk cannot be used for an hour, its I/O fails and its machine stops,
 * and does not start again by itself. @see https://learn.microsoft.com/azure/virtual-machines/disk-encryption#customer-managed-keys
 */
export function createDisks({ world, serve }: DisksWorld): Disks {
  const { resources, behaviours, schedule } = world;
  const held = new Map<string, Held>();
  const stopped = new Map<string, Extract<MachineState, { kind: 'stopped-by-its-disk' }>>();
  let underWay: Promise<void> | undefined;

  const heldBy = (disk: Resource): Held => {
    const id = disk.id.toLowerCase();
    const known = held.get(id);
    if (known !== undefined) return known;
    const made: Held = { wrapped: undefined, triedMs: undefined, state: { kind: 'unused' } };
    held.set(id, made);
    return made;
  };
  const machinesOf = ({ managedBy, managedByExtended = [] }: Resource): readonly Resource[] =>
    [...new Set([...(managedBy === undefined ? [] : [managedBy]), ...managedByExtended])].flatMap(
      (id) => resources.get(id) ?? [],
    );

  async function unwrapAll(): Promise<void> {
    const nowMs = Date.now();
    schedule.settle(nowMs);
    const due = [...resources.ofType(DISKS)].filter((disk) => {
      if (setIdOf(disk) === undefined || !machinesOf(disk).some(isRunning)) return false;
      const { triedMs } = heldBy(disk);
      return triedMs === undefined || nowMs - triedMs >= behaviours.diskUnwrapsEveryMs;
    });
    await Promise.all(due.map((disk) => unwrapOne(disk, nowMs)));
  }

  async function unwrapOne(disk: Resource, nowMs: number): Promise<void> {
    const mine = heldBy(disk);
    mine.triedMs = nowMs;
    const used = await useKey(disk, mine, nowMs);
    switch (used.kind) {
      case 'unwrapped':
        mine.state = { kind: 'working', unwrappedAt: new Date(nowMs), keyUrl: used.kid };
        return;
      case 'undecided':
        return;
      case 'unusable': {
        const { state } = mine;
        const since = state.kind === 'failing' || state.kind === 'failed' ? state.since : new Date(nowMs);
        const { because } = used;
        if (nowMs - since.getTime() < behaviours.diskFailsAfterMs) {
          mine.state = { kind: 'failing', since, because };
          return;
        }
        mine.state = { kind: 'failed', since, failedAt: new Date(nowMs), because };
        for (const machine of machinesOf(disk).filter(isRunning)) stop(machine, disk, nowMs);
        return;
      }
      default:
        return used satisfies never;
    }
  }

  /** The published text says that machines shut down; whether they are deallocated with it is UNCONFIRMED. */
  function stop(machine: Resource, disk: Resource, nowMs: number): void {
    const powerState = { code: 'PowerState/stopped', level: 'Info', displayStatus: 'VM stopped' };
    const { extended } = withInstanceView.parse(machine.properties);
    resources.put({
      ...machine,
      properties: {
        ...machine.properties,
        extended: { ...extended, instanceView: { ...extended?.instanceView, powerState } },
      },
    });
    stopped.set(machine.id.toLowerCase(), { kind: 'stopped-by-its-disk', at: new Date(nowMs), disk: disk.id });
  }

  /** Unwraps the disk's data key, which it first wraps. After its set has another key, that one wraps it. */
  async function useKey(disk: Resource, mine: Held, nowMs: number): Promise<Used> {
    const set = resources.get(setIdOf(disk) ?? '');
    if (set === undefined) return { kind: 'unusable', because: 'its disk encryption set is gone' };
    const { properties } = setMembers.parse(set);
    const keyUrl = properties.activeKey?.keyUrl;
    const identity = callerOf(world, set);
    if (keyUrl === undefined || identity === undefined)
      return { kind: 'unusable', because: 'its disk encryption set has no identity that exists' };
    // While previous keys are shown the disk is still wrapped under one of them.
    const isRewrapped = mine.wrapped?.setKeyUrl !== keyUrl && (properties.previousKeys ?? []).length === 0;
    if (mine.wrapped === undefined || isRewrapped) {
      const wrapping = await call(identity, `${originAndPath(keyUrl)}/wrapkey`, {
        alg: 'RSA-OAEP-256',
        value: Buffer.alloc(32, 7).toString('base64url'),
      });
      if (wrapping.kind !== 'answered') return wrapping;
      mine.wrapped = { kid: wrapping.kid, value: wrapping.value, setKeyUrl: keyUrl };
    }
    const { kid, value } = mine.wrapped;
    if (behaviours.expiredKeyStopsDisks && (await isExpired(identity, kid, nowMs)))
      return { kind: 'unusable', because: 'its key has expired' };
    const unwrapping = await call(identity, `${kid}/unwrapkey`, { alg: 'RSA-OAEP-256', value });
    return unwrapping.kind === 'answered' ? { kind: 'unwrapped', kid } : unwrapping;
  }

  async function call(identity: Identity, url: string, body: unknown): Promise<Called> {
    const answer = await sent(identity, 'POST', url, JSON.stringify(body));
    return answer.kind === 'answered' ? { kind: 'answered', ...wrapAnswer.parse(JSON.parse(answer.body)) } : answer;
  }

  async function isExpired(identity: Identity, kid: string, nowMs: number): Promise<boolean> {
    const answer = await sent(identity, 'GET', kid, '');
    if (answer.kind !== 'answered') return false;
    const { exp } = keyAnswer.parse(JSON.parse(answer.body)).attributes;
    return exp !== undefined && nowMs >= exp * 1000;
  }

  async function sent(identity: Identity, method: string, url: string, body: string): Promise<Sent> {
    try {
      const answer = await serve({
        method,
        url: `${url}?api-version=${KEYS_API_VERSION}`,
        headers: {
          authorization: `Bearer ${identity.token}`,
          'x-ms-client-request-id': world.chance.ids.uuid(),
          ...(body === '' ? {} : { 'content-type': 'application/json' }),
        },
        body,
        isTrustedService: true,
      });
      if (answer.status === 200) return { kind: 'answered', body: answer.body };
      // A vault in trouble says nothing of its keys.
      if (answer.status === 429 || answer.status >= 500) return { kind: 'undecided' };
      return { kind: 'unusable', because: `the vault answers ${answer.status} ${codeIn(answer.body)}`.trim() };
    } catch (error) {
      if (!(error instanceof ConnectionBroken)) throw error;
      return error.code === 'ENOTFOUND' ? { kind: 'unusable', because: 'its vault is gone' } : { kind: 'undecided' };
    }
  }

  const named = (id: string): Resource => {
    const resource = resources.get(id);
    if (resource === undefined) throw new Error(`The local Azure has no resource ${id}.`);
    return resource;
  };
  const unwrapDue = (): Promise<void> => {
    underWay ??= unwrapAll().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return {
    unwrapDue,
    start() {
      const timer = setInterval(() => void unwrapDue(), TICK_MS).unref();
      return () => clearInterval(timer);
    },
    disk(id) {
      const disk = named(id);
      return setIdOf(disk) === undefined ? { kind: 'not-under-a-set' } : heldBy(disk).state;
    },
    machine(id) {
      const machine = named(id);
      if (isRunning(machine)) return { kind: 'running' };
      return stopped.get(id.toLowerCase()) ?? { kind: 'stopped' };
    },
  };
}

type Unusable = { readonly kind: 'unusable'; readonly because: string };
type Undecided = { readonly kind: 'undecided' };
type Used = { readonly kind: 'unwrapped'; readonly kid: string } | Unusable | Undecided;
type Called = { readonly kind: 'answered'; readonly kid: string; readonly value: string } | Unusable | Undecided;
type Sent = { readonly kind: 'answered'; readonly body: string } | Unusable | Undecided;

const wrapAnswer = z.object({ kid: z.string(), value: z.string() });
const keyAnswer = z.object({ attributes: z.object({ exp: z.number().optional() }) });
const errorAnswer = z.object({
  error: z.object({ code: z.string(), innererror: z.object({ code: z.string() }).optional() }),
});
const withInstanceView = z.object({
  extended: z.looseObject({ instanceView: z.looseObject({}).optional() }).optional(),
});
const powered = z.object({
  extended: z.object({ instanceView: z.object({ powerState: z.object({ code: z.string() }) }) }),
});

/** Where nothing says that it is stopped, it runs. */
function isRunning({ properties }: Resource): boolean {
  const code = powered.safeParse(properties).data?.extended.instanceView.powerState.code;
  return code === undefined || code === 'PowerState/running';
}

function originAndPath(keyUrl: string): string {
  const { hostname, pathname } = new URL(keyUrl);
  return `https://${hostname}${pathname.replace(/\/$/, '')}`;
}

function codeIn(body: string): string {
  const { data } = errorAnswer.safeParse(JSON.parse(body));
  return data?.error.innererror?.code ?? data?.error.code ?? '';
}
