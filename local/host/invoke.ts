import { randomUUID } from 'node:crypto';
import { callHooks, programmingModel, type RetryContext, type RpcData } from './functions-core.ts';
import { type Instances, isInstanceEnded } from './instance.ts';
import type { FunctionOf, RetryPolicy } from './registration.ts';
import type { Waits } from './waits.ts';
import type { Work } from './work.ts';

/** What a trigger hands to its function. */
export interface Input {
  readonly data: RpcData;
  readonly triggerMetadata: Readonly<Record<string, RpcData>>;
}

/** How an invocation ended. After an interruption whatever started it comes again. */
export type Ending =
  /** `returned` is in the worker's shapes. */
  | { readonly kind: 'succeeded'; readonly returned: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'interrupted' };

/** Runs functions of the app, and keeps what became of them. */
export interface Invoker {
  /** Runs the function once. Never throws: what the function throws is logged, kept and given back. */
  once(which: FunctionOf, input: Input, retryContext?: RetryContext): Promise<Ending>;
  /** Runs the function until it succeeds, or its `retry` is used up, or the host stops. */
  withRetries(which: FunctionOf, input: Input): Promise<Ending>;
  readonly failures: readonly Failure[];
}

/** A function that threw, by the process's `Date`. */
export interface Failure {
  readonly functionName: string;
  readonly error: unknown;
  readonly at: Date;
}

/** What a function logged by one call of its context: one record, however many lines it has. */
export interface LogRecord {
  readonly functionName: string;
  /** `error`, `warning`, `information` … */
  readonly level: string;
  readonly message: string;
}

interface Logs {
  /** Gets every failure. */
  readonly log: (line: string) => void;
  readonly onRecord: (record: LogRecord) => void;
}

/** Nothing has run yet. */
export function invoker(
  { work, waits, instances }: { readonly work: Work; readonly waits: Waits; readonly instances: Instances },
  { log, onRecord }: Logs,
): Invoker {
  const failures: Failure[] = [];
  const appHookData: Record<string, unknown> = {};

  async function once(which: FunctionOf, input: Input, retryContext?: RetryContext): Promise<Ending> {
    try {
      let returned: unknown;
      const kind = await work.run(() =>
        instances.run(which, textOf(input.data), async () => {
          returned = await run(which, input, retryContext, appHookData, onRecord);
        }),
      );
      return { kind, returned };
    } catch (error) {
      failures.push({ functionName: which.name, error, at: new Date() });
      log(`[error] ${which.name} failed: ${asWorkerSays(error)}`);
      return { kind: 'failed', error };
    }
  }

  async function withRetries(which: FunctionOf, input: Input): Promise<Ending> {
    let ending = await once(which, input);
    const policy: RetryPolicy | undefined = which.retry;
    if (policy === undefined) return ending;
    const { maxRetryCount, delayMs } = policy;
    for (let retry = 0; ending.kind === 'failed' && (maxRetryCount === -1 || retry < maxRetryCount); retry += 1) {
      if (!(await waits.for(delayMs(retry)))) return ending;
      const exception = { message: ending.error instanceof Error ? ending.error.message : String(ending.error) };
      ending = await once(which, input, { retryCount: retry + 1, maxRetryCount, exception });
    }
    return ending;
  }

  return { once, withRetries, failures };
}

/**
 * What the worker gives the host of an error, and nobody sees more of it: neither its cause nor what it is made of.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker
 */
function asWorkerSays(error: unknown): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return `Exception: ${message}\nStack: ${stack}`;
}

/** What an interruption is planned by: a queue's message, an event as JSON, a request's method and address; nothing where it is bytes. */
const textOf = (data: RpcData): string =>
  'string' in data
    ? data.string
    : 'json' in data
      ? data.json
      : 'collectionString' in data
        ? data.collectionString.string.join('\n')
        : 'http' in data
          ? `${data.http.method} ${data.http.url}`
          : '';

/** Runs the function as the worker does, through the app's own programming model and its hooks; gives what it returned. Throws what the function throws. */
async function run(
  which: FunctionOf,
  input: Input,
  retryContext: RetryContext | undefined,
  appHookData: Record<string, unknown>,
  onRecord: (record: LogRecord) => void,
): Promise<unknown> {
  const invocation = {
    invocationId: randomUUID(),
    metadata: which.metadata,
    request: {
      inputData: [{ name: which.bindingName, data: input.data }],
      triggerMetadata: input.triggerMetadata,
      ...(retryContext === undefined ? {} : { retryContext }),
    },
    log(level: string, _category: string, message: string): void {
      if (!isInstanceEnded()) onRecord({ functionName: which.name, level, message });
    },
  };
  const model = programmingModel().getInvocationModel(invocation);
  const { context, inputs } = await model.getArguments();
  const before = { hookData: {}, appHookData, invocationContext: context, functionCallback: which.callback, inputs };
  await callHooks('preInvocation', before);
  const after: { result?: unknown; error?: unknown } & typeof before = { ...before, result: null, error: null };
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }
  await callHooks('postInvocation', after);
  if (after.error !== null) throw after.error;
  return (await model.getResponse(context, after.result)).returnValue;
}
