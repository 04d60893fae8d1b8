/**
 * The instance that the app's functions run in, which the platform may end in the middle of their work: a worker that is
 * killed, a drain, a deployment.
 *
 * @see https://github.com/Azure/azure-webjobs-sdk/issues/2172
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { seededRandom } from '../azure/random.ts';
import { callsMadeBy } from './calls.ts';
import type { FunctionOf } from './registration.ts';
import type { Waits } from './waits.ts';
import type { Work } from './work.ts';

/** What the platform does to an execution. Its message is not deleted: it comes again when it has been invisible for ten minutes. */
export type Interruption =
  /** The instance ends at one of the execution's steps, counted from 1. Each call has two: before it is made, and before its answer is seen. */
  | { readonly kind: 'killed'; readonly atStep: number }
  /** The instance ends so long after the execution began, by the process's `Date`; near a drain that is 1 to 3 s. */
  | { readonly kind: 'aborted'; readonly afterMs: number }
  /** The function succeeds, but the instance is drained before its message is deleted. */
  | { readonly kind: 'not-deleted' };

/** An interruption that took place, by the process's `Date`. */
export interface Interrupted {
  readonly functionName: string;
  readonly kind: Interruption['kind'];
  readonly at: Date;
}

/** For each kind, how many of all executions it is drawn for, between 0 and 1. Default 0. */
export type Shares = Readonly<Partial<Record<Interruption['kind'], number>>>;

/** Runs executions, and interrupts them. */
export interface Instances {
  /** Runs a function; 'interrupted' where the platform knows of no end of it. Throws what the function throws. */
  run(which: FunctionOf, input: string, piece: () => Promise<void>): Promise<'succeeded' | 'interrupted'>;
  interrupt(functionName: string, interruption: Interruption, containing?: string): void;
  interruptAtRandom(seed: number, shares: Shares): void;
  readonly interrupted: readonly Interrupted[];
}

interface Instance {
  ended: boolean;
  readonly end: PromiseWithResolvers<void>;
}

interface Execution {
  readonly instance: Instance;
  /** Says that the next step begins. */
  step(): void;
  /** Counts a call as work of the host. */
  readonly track: Work['run'];
}

const current = new AsyncLocalStorage<Execution>();

/** What a function gets from every call that it makes after its instance has ended. */
export class InstanceEnded extends Error {
  override readonly name = 'InstanceEnded';
  constructor() {
    super('The instance that ran this function has ended.');
  }
}

/** Makes a call of the function that runs here, in its two steps. Throws `InstanceEnded` where its instance ends at one of them or has ended. */
async function inSteps<T>(call: () => Promise<T>): Promise<T> {
  const execution = current.getStore();
  if (execution === undefined) return call();
  execution.step();
  const answer = await execution.track(call);
  execution.step();
  return answer;
}

/** The same port for the app's functions: no call takes effect once the instance of the function that makes it has ended. */
export const endingWithInstance = <T extends object>(port: T): T => callsMadeBy(port, (_, call) => inSteps(call));

/** `fetch` for the app's functions, as `endingWithInstance`. */
export const fetchEndingWithInstance: typeof fetch = (address, request) => inSteps(() => fetch(address, request));

/** Whether the function that runs here runs in an instance that has ended. */
export const isInstanceEnded = (): boolean => current.getStore()?.instance.ended === true;

/** @param onEnd is called when an instance has ended and the next one begins: nothing that the app had in memory may be used again */
export function instances(work: Work, waits: Waits, onEnd: () => void): Instances {
  const interrupted: Interrupted[] = [];
  let planned: {
    readonly functionName: string;
    readonly interruption: Interruption;
    readonly containing: string;
  }[] = [];
  let draw: () => Interruption | undefined = () => undefined;
  let instance = newInstance();

  function note(functionName: string, kind: Interruption['kind']): void {
    interrupted.push({ functionName, kind, at: new Date() });
  }

  function end(functionName: string, kind: Interruption['kind']): void {
    const ended = instance;
    instance = newInstance();
    note(functionName, kind);
    ended.ended = true;
    ended.end.resolve();
    onEnd();
  }

  function takePlanned(functionName: string, input: string): Interruption | undefined {
    const next = planned.find((each) => each.functionName === functionName && input.includes(each.containing));
    planned = planned.filter((each) => each !== next);
    return next?.interruption;
  }

  return {
    async run({ name: functionName, kind: trigger }, input, piece) {
      const mine = instance;
      const interruption = takePlanned(functionName, input) ?? draw();
      let steps = 0;
      let isOver = false;
      const endHere = (kind: Interruption['kind']): void => {
        if (!isOver && !mine.ended) end(functionName, kind);
      };
      const execution: Execution = {
        instance: mine,
        step() {
          steps += 1;
          if (interruption?.kind === 'killed' && steps === interruption.atStep) endHere('killed');
          if (mine.ended) throw new InstanceEnded();
        },
        track: work.run,
      };
      if (interruption?.kind === 'aborted')
        void waits.for(interruption.afterMs).then((isDue) => {
          if (isDue) endHere('aborted');
        });
      try {
        await Promise.race([current.run(execution, piece), mine.end.promise]);
      } catch (error) {
        if (!mine.ended) throw error;
      } finally {
        isOver = true;
      }
      if (mine.ended) return 'interrupted';
      if (interruption?.kind !== 'not-deleted' || trigger === 'timer') return 'succeeded';
      note(functionName, 'not-deleted');
      return 'interrupted';
    },
    interrupt(functionName, interruption, containing = '') {
      planned.push({ functionName, interruption, containing });
    },
    interruptAtRandom(seed, shares) {
      draw = drawn(seed, shares);
    },
    interrupted,
  };
}

const newInstance = (): Instance => ({ ended: false, end: Promise.withResolvers<void>() });

/** An inspection that undoes has about so many. */
const DRAWN_STEPS = 100;

/** Draws what becomes of each execution, in the order in which they begin. */
function drawn(seed: number, shares: Shares): () => Interruption | undefined {
  const { next } = seededRandom(seed);
  const { killed = 0, aborted = 0, 'not-deleted': notDeleted = 0 } = shares;
  return () => {
    // Both are always drawn, so that one share does not move what the others get.
    const [which, when] = [next(), next()];
    // Early steps more often than late ones: most executions have few.
    if (which < killed) return { kind: 'killed', atStep: Math.floor(DRAWN_STEPS ** when) };
    if (which < killed + aborted) return { kind: 'aborted', afterMs: 1_000 + Math.floor(when * 2_000) };
    return which < killed + aborted + notDeleted ? { kind: 'not-deleted' } : undefined;
  };
}
