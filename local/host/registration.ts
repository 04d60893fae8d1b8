import { Cron } from 'croner';
import { z } from 'zod';
import { HostNotStarted } from './errors.ts';
import type { Callback, Registered } from './functions-core.ts';

/** What starts a function. Expressions like `%NAME%` are resolved. */
export type Trigger =
  | { readonly kind: 'timer'; readonly schedule: Cron; readonly runOnStartup: boolean }
  | { readonly kind: 'queue'; readonly queueName: string; readonly connection: string }
  | {
      readonly kind: 'event-hub';
      readonly eventHubName: string;
      readonly connection: string;
      readonly consumerGroup: string;
      readonly many: boolean;
      /** Events reach the function as buffers, not as strings or parsed JSON. */
      readonly binary: boolean;
    }
  | { readonly kind: 'event-grid'; readonly many: boolean }
  /** `methods` are in upper case. */
  | { readonly kind: 'http'; readonly route: string; readonly methods: readonly string[] };

/** When a failed invocation is repeated. -1 repetitions: without end. */
export interface RetryPolicy {
  readonly maxRetryCount: number;
  /** The wait before each repetition, the first being number 0. */
  readonly delayMs: (retry: number) => number;
}

/** What is run, whatever starts it. */
interface Runnable {
  readonly name: string;
  /** As in function.json: `timerTrigger`, `queueTrigger` … */
  readonly triggerType: string;
  readonly bindingName: string;
  readonly retry: RetryPolicy | undefined;
  readonly metadata: unknown;
  readonly callback: Callback;
}

/** A function of the app, ready to be run, with the trigger that starts it; `kind` is the trigger's. */
export type FunctionOf<K extends Trigger['kind'] = Trigger['kind']> = Runnable & Extract<Trigger, { readonly kind: K }>;

const defaultConnection = 'AzureWebJobsStorage';

/**
 * NCRONTAB of six fields in UTC, where day and weekday must both match.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
const schedule = z.string().transform((text, context) => {
  try {
    return new Cron(text, { timezone: 'UTC', mode: '6-part', domAndDow: true, paused: true });
  } catch (error) {
    context.addIssue({ code: 'custom', message: `The schedule '${text}' is not NCRONTAB (${String(error)})` });
    return z.NEVER;
  }
});

const ownRoute = z.string().regex(/^[\w-]+(\/([\w-]+|\{\*?\w+\}))*$/, 'The local host does not serve such a route');
/** With keys of the host it would be another endpoint: the app checks tokens itself. */
const anonymous = z.string().regex(/^anonymous$/i, 'The local host serves authLevel anonymous only');
const triggers = {
  timertrigger: z
    .object({ schedule, runOnStartup: z.boolean().default(false) })
    .transform((trigger) => ({ kind: 'timer' as const, ...trigger })),
  queuetrigger: z
    .object({ queueName: z.string(), connection: z.string().default(defaultConnection) })
    .transform((trigger) => ({ kind: 'queue' as const, ...trigger })),
  eventhubtrigger: z
    .object({
      eventHubName: z.string(),
      connection: z.string(),
      consumerGroup: z.string().default('$Default'),
      cardinality: z.string().default('one'),
      dataType: z.string().default('undefined'),
    })
    .transform(({ cardinality, dataType, ...trigger }) => ({
      kind: 'event-hub' as const,
      ...trigger,
      many: cardinality.toLowerCase() === 'many',
      binary: dataType.toLowerCase() === 'binary',
    })),
  eventgridtrigger: z
    .object({ cardinality: z.string().default('one') })
    .transform(({ cardinality }) => ({ kind: 'event-grid' as const, many: cardinality.toLowerCase() === 'many' })),
  httptrigger: z
    .object({
      route: ownRoute,
      methods: z.array(z.string().toUpperCase()).default(['GET', 'POST']),
      authLevel: anonymous,
    })
    .transform(({ route, methods }) => ({ kind: 'http' as const, route, methods })),
};

const duration = z.object({ seconds: z.number() }).transform(({ seconds }) => seconds * 1000);

const metadata = z.object({
  name: z.string().min(1),
  bindings: z.record(z.string(), z.looseObject({ type: z.string(), direction: z.string() })),
  retryOptions: z
    .object({
      maxRetryCount: z.int().min(-1),
      retryStrategy: z.enum(['exponentialBackoff', 'fixedDelay']),
      delayInterval: duration.optional(),
      minimumInterval: duration.optional(),
      maximumInterval: duration.optional(),
    })
    .optional(),
});

/**
 * Reads what the app registered.
 *
 * @param settings the app's settings, for `%NAME%` in names and schedules
 * @throws HostNotStarted naming every function that the local host cannot run, and why
 */
export function parseRegistrations(
  registered: readonly Registered[],
  settings: Readonly<Record<string, string>>,
): readonly FunctionOf[] {
  const faults: string[] = [];
  const functions = registered.flatMap((each) => {
    const parsed = parseOne(each, settings);
    if (typeof parsed !== 'string') return [parsed];
    faults.push(parsed);
    return [];
  });
  const names = functions.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  faults.push(...twice.map((name) => `Two functions are called ${name}.`));
  if (registered.length === 0) faults.push('No job functions found: the app registered nothing.');
  if (faults.length > 0) throw new HostNotStarted(faults);
  return functions;
}

function parseOne(registered: Registered, settings: Readonly<Record<string, string>>): FunctionOf | string {
  const parsed = metadata.safeParse(registered.metadata);
  if (!parsed.success) return `A function's registration cannot be read: ${z.prettifyError(parsed.error)}.`;
  const { name, bindings, retryOptions } = parsed.data;
  const isTrigger = ([, { type }]: readonly [string, { readonly type: string }]): boolean => /trigger$/i.test(type);
  const [found, ...others] = Object.entries(bindings).sort((a, b) => Number(isTrigger(b)) - Number(isTrigger(a)));
  if (found === undefined) return `${name} has no trigger.`;
  const [bindingName, binding] = found;
  const schema = Object.entries(triggers).find(([type]) => type === binding.type.toLowerCase())?.[1];
  if (schema === undefined) return `${name} has a ${binding.type}, which the local host does not serve.`;
  const isAnswer = schema === triggers.httptrigger ? 'http' : undefined;
  const other = others.map(([, one]) => one).find(({ type }) => type !== isAnswer);
  if (other !== undefined) return `${name} has a binding ${other.type}, which the local host does not serve.`;

  const unresolved: string[] = [];
  const resolved = Object.fromEntries(
    Object.entries(binding).map(([key, value]) => [
      key,
      typeof value === 'string' ? resolve(value, settings, unresolved) : value,
    ]),
  );
  if (unresolved.length > 0) return `${name}: ${unresolved.join(', ')} does not resolve to a value of the settings.`;
  const trigger = schema.safeParse(resolved);
  if (!trigger.success) return `${name}: ${z.prettifyError(trigger.error)}.`;
  return {
    name,
    triggerType: binding.type,
    bindingName,
    retry: retryOptions && retryPolicy(retryOptions),
    metadata: registered.metadata,
    callback: registered.callback,
    ...trigger.data,
  };
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns#binding-expressions---app-settings */
function resolve(text: string, settings: Readonly<Record<string, string>>, unresolved: string[]): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => {
    const value = settings[name];
    if (value === undefined) unresolved.push(whole);
    return value ?? whole;
  });
}

/** @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-error-pages#retry-policies */
function retryPolicy(options: NonNullable<z.infer<typeof metadata>['retryOptions']>): RetryPolicy {
  const { maxRetryCount, retryStrategy, delayInterval = 0, minimumInterval = 0, maximumInterval = Infinity } = options;
  switch (retryStrategy) {
    case 'fixedDelay':
      return { maxRetryCount, delayMs: () => delayInterval };
    case 'exponentialBackoff':
      return {
        maxRetryCount,
        delayMs: (retry) => Math.min(maximumInterval, minimumInterval * 2 ** Math.min(retry, 40)),
      };
    default:
      return retryStrategy satisfies never;
  }
}
