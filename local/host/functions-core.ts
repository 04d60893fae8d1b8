/**
 * Stands in for `@azure/functions-core`, the package that the Functions worker gives to `@azure/functions`: the app's
 * registrations land here. One app a process, as in the worker.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker
 */
import { registerHooks } from 'node:module';

/** A function as `app.*` registered it, before anything of it was parsed. */
export interface Registered {
  readonly metadata: unknown;
  readonly callback: Callback;
}

/** A function's own code: its inputs, then the invocation context. */
export type Callback = (...inputs: readonly unknown[]) => unknown;

/** One invocation as the worker hands it to the library. `data` fields are of the worker's RPC shapes. */
export interface CoreInvocation {
  readonly invocationId: string;
  readonly metadata: unknown;
  readonly request: {
    readonly inputData: readonly { readonly name: string; readonly data: RpcData }[];
    readonly triggerMetadata: Readonly<Record<string, RpcData>>;
    readonly retryContext?: RetryContext;
  };
  state?: 'postInvocationHooks';
  log(level: string, category: string, message: string): void;
}

/** How the worker gives data to the library. A `string` that is JSON reaches the function parsed. */
export type RpcData =
  | { readonly string: string }
  | { readonly json: string }
  | { readonly bytes: Buffer }
  | { readonly collectionString: { readonly string: readonly string[] } }
  | { readonly http: RpcHttpRequest }
  | { readonly collectionBytes: { readonly bytes: readonly Buffer[] } };

/** An HTTP request as the worker gets it. */
export interface RpcHttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: { readonly string: string };
}

/** Which repetition of a failed invocation this is. `maxRetryCount` is -1 where there is no end. */
export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string };
}

/** What `@azure/functions` brings: its own conversions between the worker's shapes and the function's arguments. */
export interface ProgrammingModel {
  getInvocationModel(invocation: CoreInvocation): {
    getArguments(): Promise<{ readonly context: unknown; readonly inputs: readonly unknown[] }>;
    invokeFunction(context: unknown, inputs: readonly unknown[], callback: Callback): Promise<unknown>;
    /** What the function returned, in the worker's shapes. */
    getResponse(context: unknown, result: unknown): Promise<{ readonly returnValue?: unknown }>;
  };
}

type Hook = (context: object) => unknown;

let registered: Registered[] = [];
let hooks: { readonly name: string; readonly hook: Hook }[] = [];
let model: ProgrammingModel | undefined;
let log: (line: string) => void = () => {};
let installed = false;

/** Answers `@azure/functions-core` from now on. Must run before the app's first `app.*` call. */
export function installFunctionsCore(): void {
  if (installed) return;
  installed = true;
  Object.defineProperty(globalThis, Symbol.for('key-guardian.functions-core'), { value: core });
  const url = new URL('./functions-core.cjs', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
  });
}

/**
 * Runs the app's entry point and gives what it registered. Where its modules were loaded in this process before, it
 * registers nothing again: then all that is known is given.
 */
export async function collect(entry: () => Promise<unknown>): Promise<readonly Registered[]> {
  const before = registered;
  const hooksBefore = hooks;
  registered = [];
  hooks = [];
  try {
    await entry();
  } finally {
    if (registered.length === 0) {
      registered = before;
      hooks = hooksBefore;
    }
  }
  return registered;
}

/** The library's conversions. Throws where nothing was registered yet. */
export function programmingModel(): ProgrammingModel {
  if (model === undefined)
    throw new Error('No function is registered: the app never called app.* of @azure/functions.');
  return model;
}

/** Calls the app's hooks of that name in order of their registration. */
export async function callHooks(name: string, context: object): Promise<void> {
  for (const each of hooks) if (each.name === name) await each.hook(context);
}

/** Where the library's own log lines go. */
export function logCoreTo(target: (line: string) => void): void {
  log = target;
}

const core = {
  version: '3.0.0',
  hostVersion: '4.1000.0',
  setProgrammingModel(given: ProgrammingModel): void {
    model = given;
  },
  getProgrammingModel: () => model,
  registerFunction(metadata: unknown, callback: Callback) {
    const each = { metadata, callback };
    registered.push(each);
    return disposable(() => {
      registered = registered.filter((other) => other !== each);
    });
  },
  registerHook(name: string, hook: Hook) {
    const each = { name, hook };
    hooks.push(each);
    return disposable(() => {
      hooks = hooks.filter((other) => other !== each);
    });
  },
  log: (level: string, _category: string, message: string) => log(`[${level}] ${message}`),
};

function disposable(dispose: () => void) {
  return { dispose };
}
