import { setTimeout as elapsed } from 'node:timers/promises';
import { KeyClient } from '@azure/keyvault-keys';
import { inspection } from '../../shared/domain/hint.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { inspect } from '../../shared/guard/inspect.ts';
import { received } from '../../shared/senses/received.ts';
import { type Composition, composition } from './composition.ts';
import { acceptAlike, alikeVaults, numbered } from './estate.ts';
import { atMost, type Figure, figure, type Measurement, median, noTarget } from './figure.ts';

/** What each call of storage and of the vault costs, in ms. */
const CALL_MS = 20;
const MOST_ROUND_TRIPS = 4;

/**
 * How many calls an undo waits for one after the other, from the message in hand to the vault's answer to the write, and
 * how long that takes. One vault, keys of two versions, the latest disabled. An undo of the first key is not counted: it
 * brings tokens, challenges and the trail's head to hand. Then one undo a key, since a third on one key within the hour
 * would make it flap. The worst count is given, and the median time over four times 20 ms.
 */
export const undoDisableRoundTrips: Measurement = {
  names: ['undo-disable-round-trips', 'undo-disable-over-injected'],
  measure: () => measureUndoDisable(9),
};

/** @param undos how many are measured, at least 1 */
export async function measureUndoDisable(undos: number): Promise<readonly Figure[]> {
  const { running, trips } = await injectedLatency(undos + 1, CALL_MS);
  const writes = await byTheClockOf(trips, async () => {
    const [warming, ...measured] = numbered('disk', undos + 1);
    if (warming !== undefined) await undo(warming, running, trips);
    const all: Written[] = [];
    for (const key of measured) all.push(await undo(key, running, trips));
    return all;
  });
  return [
    figure(
      'undo-disable-round-trips',
      Math.max(...writes.map(({ depth }) => depth)),
      'round trips',
      atMost(MOST_ROUND_TRIPS),
    ),
    figure(
      'undo-disable-over-injected',
      median(writes.map(({ tookMs }) => tookMs)) / (MOST_ROUND_TRIPS * CALL_MS),
      'times 80 ms',
      noTarget,
    ),
  ];
}

/** A guardian of one vault with so many keys, whose calls of storage and of the vault take `callMs` from now on. */
export async function injectedLatency(
  keys: number,
  callMs: number,
): Promise<{ readonly running: Composition; readonly trips: RoundTrips }> {
  const trips = roundTrips(callMs);
  const running = composition({
    vaults: alikeVaults(1, keys),
    policy: { vaults: [{ name: VAULT, mode: 'block' }] },
    beforeStorage: async () => void (await trips.call()),
    httpClient: (served) => ({
      async sendRequest(request) {
        const depth = await trips.call();
        const answer = await served.sendRequest(request);
        if (request.method === 'PATCH' && answer.status === 200) trips.written(depth);
        return answer;
      },
    }),
  });
  await acceptAlike([VAULT], running.ports);
  trips.inject();
  return { running, trips };
}

const VAULT = 'bench-000';

const elapsedMs = performance.now.bind(performance);

/**
 * Does the work while `performance.now` counts the calls alone, 20 ms for each that was waited for. What holds say is read
 * again where recording took longer than a limit: a busy machine would add a call by that, and the count is to be the
 * product's.
 */
async function byTheClockOf<T>(trips: RoundTrips, work: () => Promise<T>): Promise<T> {
  performance.now = () => trips.passedMs;
  try {
    return await work();
  } finally {
    performance.now = elapsedMs;
  }
}

/** A write of the guardian: how many calls were waited for until its answer, and how long that took. */
export interface Written {
  readonly depth: number;
  readonly tookMs: number;
}

/** Counts the calls that wait for one another, and lets each take its time. */
export interface RoundTrips {
  /** From now on a call takes its time. */
  inject(): void;
  begin(): void;
  /** Takes a call's time, and tells how many calls had to end before its own end, itself included. */
  call(): Promise<number>;
  written(depth: number): void;
  /** The time of all calls that were waited for, one after the other, in ms. */
  readonly passedMs: number;
  /** The write since `begin`. */
  readonly write: Written | undefined;
}

/** A call that begins after another has ended counts as waiting for it; calls that overlap count once. */
function roundTrips(callMs: number): RoundTrips {
  let injected = false;
  let beganAt = 0;
  let ended = 0;
  let endedBefore = 0;
  let write: Written | undefined;
  return {
    inject() {
      injected = true;
    },
    begin() {
      endedBefore += ended;
      ended = 0;
      write = undefined;
      beganAt = elapsedMs();
    },
    async call() {
      const depth = ended + 1;
      if (injected) await elapsed(callMs);
      ended = Math.max(ended, depth);
      return depth;
    },
    written(depth) {
      write = { depth, tookMs: elapsedMs() - beganAt };
    },
    get passedMs() {
      return (endedBefore + ended) * callMs;
    },
    get write() {
      return write;
    },
  };
}

/** Disables the latest version of a key and has it undone. Throws where it was not. */
export async function undo(key: string, { azure, ports }: Composition, trips: RoundTrips): Promise<Written> {
  const client = new KeyClient(`https://${VAULT}.vault.azure.net`, azure.credential('attacker'), {
    httpClient: azure.httpClient,
  });
  await client.updateKeyProperties(key, { enabled: false });
  const message: unknown = {
    subject: keyOf({ vault: VAULT, key }),
    hints: [{ id: key, sense: 'sweep', sensedAt: new Date(), says: { kind: 'differs' } }],
    attempt: 0,
  };
  trips.begin();
  await received('inspect', inspection, JSON.parse(JSON.stringify(message)), ports, inspect);
  const { write } = trips;
  const state = azure.state(VAULT, key);
  if (write === undefined || state.kind !== 'present' || state.versions.some(({ enabled }) => !enabled))
    throw new Error(`${VAULT}/${key} was not restored.`);
  return write;
}
