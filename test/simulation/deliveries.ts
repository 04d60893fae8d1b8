import { send } from '../../shared/alerts/send.ts';
import { inspection } from '../../shared/domain/hint.ts';
import { alertMessage } from '../../shared/domain/incident.ts';
import { scheduledMessage } from '../../shared/domain/schedule.ts';
import { surveyorMessage } from '../../shared/domain/survey.ts';
import { inspect } from '../../shared/guard/inspect.ts';
import type { Ports } from '../../shared/ports.ts';
import { received } from '../../shared/senses/received.ts';
import { takeAsked } from '../../shared/senses/survey/take-asked.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import type { Instance } from './instance.ts';
import type { WorldStorage } from './storage.ts';

/** Messages that fail so often are poisoned, as `maxDequeueCount` says. */
const MOST_DELIVERIES = 5;
/** When a message comes again whose handler threw, as `visibilityTimeout` says. */
const BACK_AFTER_SECONDS = 5;
/** When a message comes again whose execution the platform interrupted, whatever host.json says. */
const INVISIBLE_SECONDS = 600;

/** What the platform does to one execution of a message. */
export type Interruption =
  /** Near a drain: it ends after so many calls, counted before and after each. */
  | { readonly kind: 'aborted'; readonly afterSteps: number }
  /** It comes to its end, and its message stays. */
  | { readonly kind: 'not-deleted' };

/** The queues of a world, turned by hand: what is due goes to the instances in turns, side by side. */
export interface Deliveries {
  /** Messages that failed five times. */
  readonly poisoned: readonly unknown[];
  /** Errors that handlers threw. */
  readonly failures: readonly unknown[];
  /** Lets everything happen that is due now. */
  settle(): Promise<void>;
}

export function createDeliveries({
  queues,
  compositions,
  compose,
  interrupts,
}: {
  readonly queues: WorldStorage['queues'];
  /** The instances that share the work; one that ends is replaced. */
  readonly compositions: Instance[];
  /** @param afterSteps ends the instance there */
  readonly compose: (afterSteps?: number) => Instance;
  /** What becomes of the n-th execution of a message, n from 1. */
  readonly interrupts: (execution: number) => Interruption | undefined;
}): Deliveries {
  const poisoned: unknown[] = [];
  const failures: unknown[] = [];
  const dequeued = new Map<string, number>();
  let turn = 0;

  /** Runs a handler in the next instance, one that is drained in an instance of its own; says whether it came to its end there. */
  async function run(
    handle: (ports: Ports) => Promise<void>,
    interruption: Interruption | undefined,
  ): Promise<'done' | 'failed' | 'ended'> {
    const place = turn % compositions.length;
    const drained = interruption?.kind === 'aborted' ? compose(interruption.afterSteps) : undefined;
    const by = drained ?? compositions[place] ?? compose();
    const thrown = await handle(by.ports).then(
      () => [],
      (error: unknown) => [error],
    );
    if (by.ended) {
      if (compositions[place] === by) compositions[place] = compose();
      return 'ended';
    }
    failures.push(...thrown);
    return thrown.length === 0 ? 'done' : 'failed';
  }

  async function deliver(
    queue: WorldStorage['queues']['sweeps'],
    message: unknown,
    handle: (ports: Ports) => Promise<void>,
  ): Promise<void> {
    turn += 1;
    const interruption = interrupts(turn);
    const came = await run(handle, interruption);
    const isLeft = came === 'ended' || (came === 'done' && interruption?.kind === 'not-deleted');
    if (isLeft) return queue.send(message, INVISIBLE_SECONDS);
    if (came === 'done') return;
    const id = JSON.stringify(message);
    const times = (dequeued.get(id) ?? 0) + 1;
    dequeued.set(id, times);
    if (times >= MOST_DELIVERIES) poisoned.push(message);
    else await queue.send(message, BACK_AFTER_SECONDS);
  }

  return {
    poisoned,
    failures,
    async settle() {
      for (;;) {
        const sweeps = queues.sweeps.take();
        const inspections = queues.inspections.take();
        const alerts = queues.alerts.take();
        const surveys = queues.surveys.take();
        if (sweeps.length + inspections.length + alerts.length + surveys.length === 0) return;
        await Promise.all([
          ...sweeps.map((message) =>
            deliver(queues.sweeps, message, (by) => received('sweep', scheduledMessage, message, by, takeScheduled)),
          ),
          ...surveys.map((message) =>
            deliver(queues.surveys, message, (by) => received('survey', surveyorMessage, message, by, takeAsked)),
          ),
          ...inspections.map((message) =>
            deliver(queues.inspections, message, (by) => received('inspect', inspection, message, by, inspect)),
          ),
          ...alerts.map((message) =>
            deliver(queues.alerts, message, (by) =>
              received('alert', alertMessage, message, by, (row, ports) => send(row, ports, console)),
            ),
          ),
        ]);
      }
    },
  };
}
