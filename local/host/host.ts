/**
 * Runs an app of `@azure/functions` in this process, as the Functions host would: timers, storage queues, Event Hubs,
 * Event Grid and HTTP, by the process's `Date` (see ../clock.ts). What it does not serve, it refuses at the start.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { turnClock } from '../clock.ts';
import { endpoint } from './endpoint.ts';
import { HostNotStarted } from './errors.ts';
import { eventGridFunctions, eventGridUrl } from './event-grid.ts';
import { type EventHub, eventHubs } from './event-hubs.ts';
import { callHooks, collect, installFunctionsCore, logCoreTo } from './functions-core.ts';
import { parseHostJson } from './host-json.ts';
import { httpFunctions } from './http.ts';
import { type Interrupted, type Interruption, instances, type Shares } from './instance.ts';
import { type Failure, invoker, type LogRecord } from './invoke.ts';
import type { Poisoned } from './queue-message.ts';
import { type QueueHost, type QueueListener, queueListener } from './queues.ts';
import { type FunctionOf, parseRegistrations } from './registration.ts';
import { timers } from './timers.ts';
import { waits } from './waits.ts';
import { type Work, work } from './work.ts';

/** What a host runs, and with what. */
export interface HostOptions {
  /**
   * Imports the app's functions. Nothing may have called `app.*` in this process before. Where the import is served
   * from the module cache, as in a second host of one process, the functions of the first are run.
   */
  readonly entry: () => Promise<unknown>;
  /** The app's settings: a queue trigger's `connection` names a connection string, `%NAME%` any value. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where Event Grid delivers to and HTTP functions are served, on the loopback address. Default: a free one. */
  readonly port?: number;
  /** The content of host.json. */
  readonly hostJson: unknown;
  /** Gets each line of the host, and each failure. Default: nothing is said. */
  readonly log?: (line: string) => void;
  /** Gets each record that a function logs. Default: it is a line of the host, with its level and the function's name. */
  readonly onRecord?: (record: LogRecord) => void;
  /** Called when the instance has ended in the middle of its work and the next one begins: makes the app forget what it had in memory. */
  readonly onInstanceEnd?: () => void;
}

/** A running host: what the platform would do, and the hands with which tests turn it. */
export interface Host {
  /** What is served: the name, and the trigger's type as in function.json (`timerTrigger` …). */
  readonly functions: readonly { readonly name: string; readonly trigger: string }[];
  /** Where it is served, `http://127.0.0.1:<port>`: HTTP functions lie under `/api`. */
  readonly url: string;
  /** Where Event Grid events for a function are posted to. */
  eventGridUrl(functionName: string): string;
  /**
   * An Event Hub that a function reads.
   *
   * @param connection the trigger's setting, needed where hubs of several regions have one name
   */
  eventHub(name: string, connection?: string): EventHub;
  /** As if the timers had died; what is missed meanwhile fires once after `resumeTimers`. */
  pauseTimers(): void;
  resumeTimers(): void;
  /**
   * The timers are dead for good, as after a deployment on Flex Consumption: nothing brings them back.
   *
   * @see https://github.com/Azure/azure-functions-host/issues/11828
   */
  endTimers(): void;
  /**
   * Interrupts the next execution of that function. Where the instance ends, all that runs in it ends, and its calls take
   * effect no more where they go through `endingWithInstance`. A queue's message comes again after 600 s, whatever
   * host.json says, its dequeue count raised; a batch of events at once.
   *
   * @param containing a text in the message, where only such an execution is meant
   */
  interrupt(functionName: string, interruption: Interruption, containing?: string): void;
  /** Interrupts executions by chance from now on, those of the same seed alike. Aborted ones end after 1 to 3 s. */
  interruptAtRandom(seed: number, shares: Shares): void;
  /** What was interrupted, in order: an execution that was over before its interruption is not. */
  readonly interrupted: readonly Interrupted[];
  /**
   * Resolves when no function is running and no queue has a visible message. A function that waits for its next retry
   * is not running.
   */
  idle(): Promise<void>;
  /**
   * Turns the process's clock ahead in steps; after each, fires the timers that are due and waits until idle.
   *
   * @param stepMs default 1000; longer steps are faster and coarser
   */
  advance(ms: number, stepMs?: number): Promise<void>;
  /** Messages that were given up, in order. They lie in `<queue>-poison` too. */
  readonly poisoned: readonly Poisoned[];
  /** Every invocation that threw, retries included, in order. */
  readonly failures: readonly Failure[];
  /** Starts nothing more, waits for what is running, and closes the endpoint. */
  stop(): Promise<void>;
}

const LOOK_AT_CLOCK_EVERY_MS = 50;

/**
 * Starts the app.
 *
 * @throws HostNotStarted with everything that is wrong with the app and its settings
 * @throws z.ZodError where host.json is wrong
 * @throws whatever the entry point throws
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { settings, log = () => {}, onInstanceEnd = () => {} } = options;
  const { onRecord = ({ level, functionName, message }) => log(`[${level}] ${functionName}: ${message}`) } = options;
  const hostJson = parseHostJson(options.hostJson);
  installFunctionsCore();
  logCoreTo(log);
  const functions = parseRegistrations(await collect(options.entry), settings);

  const running = work();
  const waiting = waits();
  const ran = instances(running, waiting, onInstanceEnd);
  const invocations = invoker({ work: running, waits: waiting, instances: ran }, { log, onRecord });
  const poisoned: Poisoned[] = [];

  const onPoison = (each: Poisoned): void => void poisoned.push(each);
  const queueHost = { settings: hostJson.queues, work: running, invoker: invocations, log, onPoison };
  const queued = functions.filter((each) => each.kind === 'queue');
  const queues = queueListeners(queued, settings, queueHost);
  const timed = functions.filter((each) => each.kind === 'timer');
  const clockwork = timers(timed, invocations);
  const streamed = functions.filter((each) => each.kind === 'event-hub');
  const hubs = eventHubs(streamed, hostJson.eventHubs, invocations);
  const subscribed = functions.filter((each) => each.kind === 'event-grid');
  const asked = functions.filter((each) => each.kind === 'http');
  const answerers = [eventGridFunctions(subscribed, invocations), httpFunctions(asked, invocations)];
  const { origin, stop: stopEndpoint } = await endpoint(answerers, options.port ?? 0);

  await callHooks('appStart', { hookData: {}, appHookData: {} });
  for (const queue of queues) queue.start();
  const tick = (): void => {
    waiting.tick();
    clockwork.fireDue();
  };
  tick();
  const ticking = setInterval(tick, LOOK_AT_CLOCK_EVERY_MS);

  const idle = (): Promise<void> => untilIdle(queues, running);

  return {
    functions: functions.map(({ name, triggerType }) => ({ name, trigger: triggerType })),
    url: origin,
    eventGridUrl: (functionName) => eventGridUrl(origin, functionName),
    eventHub: hubs.get,
    pauseTimers: clockwork.pause,
    resumeTimers: clockwork.resume,
    endTimers: clockwork.end,
    interrupt: ran.interrupt,
    interruptAtRandom: ran.interruptAtRandom,
    interrupted: ran.interrupted,
    idle,
    async advance(ms, stepMs = 1_000) {
      for (let left = ms; left > 0; left -= stepMs) {
        turnClock(Math.min(stepMs, left));
        tick();
        await idle();
      }
    },
    poisoned,
    failures: invocations.failures,
    async stop() {
      clearInterval(ticking);
      clockwork.end();
      hubs.stop();
      waiting.stop();
      await Promise.all(queues.map((queue) => queue.stop()));
      await stopEndpoint();
      await running.settled();
      await callHooks('appTerminate', { hookData: {}, appHookData: {} });
    },
  };
}

/** Polls the queues until nothing visible is left in them and nothing runs. */
async function untilIdle(queues: readonly QueueListener[], running: Work): Promise<void> {
  for (;;) {
    // What a tick has just let go on begins its work within this turn of the event loop.
    await nextTurn();
    await running.settled();
    const startedBefore = running.started;
    const found = await Promise.all(queues.map((queue) => queue.poll()));
    await nextTurn();
    const nothingFound = found.every((count) => count === 0);
    if (nothingFound && running.running === 0 && running.started === startedBefore) return;
  }
}

/** One listener a function, none of them started. Throws `HostNotStarted` where a connection is missing. */
function queueListeners(
  functions: readonly FunctionOf<'queue'>[],
  settings: Readonly<Record<string, string>>,
  host: QueueHost,
): readonly QueueListener[] {
  refuseMissingConnections(functions, settings);
  return functions.map((which) => {
    const clients = storageClients({ kind: 'connection-string', value: settings[which.connection] ?? '' });
    return queueListener(which, clients, host);
  });
}

function refuseMissingConnections(
  functions: readonly FunctionOf<'queue'>[],
  settings: Readonly<Record<string, string>>,
): void {
  const faults = functions
    .filter(({ connection }) => settings[connection] === undefined)
    .map(({ name, connection }) => `${name} needs the setting ${connection}, a connection string.`);
  if (faults.length > 0) throw new HostNotStarted(faults);
}
