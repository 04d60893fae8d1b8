import type { TokenCredential } from '@azure/core-auth';
import { type HttpClient, RestError } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { SECOND_MS } from '../domain/time.ts';
import type { LogRow, TrailTable, Workspace } from '../domain/workspace.ts';
import { NoToken, type ServiceAnswer, WorkspaceUnreachable } from '../errors.ts';
import { inTime, noLongPause } from './deadline.ts';
import { TWO_QUICK_TRIES } from './key-vault.ts';
import { tokensInTime } from './tokens.ts';

/** How Azure Monitor is reached. */
export interface MonitorConnection {
  readonly credential: TokenCredential;
  /** Whose credential it is, for the error `NoToken`. Default: that of the guardian's identity watcher. */
  readonly identity?: string;
  /** A call that takes longer counts as not answered, in ms. Default 20 s: who waits has other work to do. */
  readonly timeoutMs?: number;
  /** The HTTP client; the SDK's own where left out. */
  readonly httpClient?: HttpClient | undefined;
}

const CALL_TIMEOUT_MS = 20 * SECOND_MS;
/** A longer pause than this is not waited for, in ms: the next turn asks again. */
const LONGEST_PAUSE_MS = 10 * SECOND_MS;

const optionsOf = ({ httpClient, timeoutMs = CALL_TIMEOUT_MS }: MonitorConnection) => ({
  ...(httpClient === undefined ? {} : { httpClient }),
  retryOptions: TWO_QUICK_TRIES,
  additionalPolicies: [
    { policy: inTime(timeoutMs), position: 'perCall' as const },
    { policy: noLongPause(LONGEST_PAUSE_MS), position: 'perRetry' as const },
  ],
});

const credentialOf = ({ credential, identity }: MonitorConnection): TokenCredential =>
  tokensInTime(credential, identity ?? "the guardian's identity watcher");

/**
 * The queries of a workspace. The client is loaded with the first query: no start of the app waits for it.
 *
 * @param id of the workspace (customer id)
 * @see https://learn.microsoft.com/azure/azure-monitor/logs/api/overview
 */
export function workspaceOf(id: string, connection: MonitorConnection): Workspace {
  const client = once(async () => {
    const { LogsQueryClient } = await import('@azure/monitor-query-logs');
    return new LogsQueryClient(credentialOf(connection), optionsOf(connection));
  });
  const doing = `querying the workspace ${id}`;
  return {
    id: id.toLowerCase(),
    async query(text, within) {
      // The time span of a request is one of `TimeGenerated`; the query itself may ask for a time of arrival.
      const span = within === undefined ? { duration: 'P7D' } : { startTime: within.from, endTime: within.until };
      const result = await answered(doing, async () => (await client()).queryWorkspace(id, text, span));
      if (result.status !== 'Success')
        throw new WorkspaceUnreachable(doing, result, { status: 200, code: 'PartialError' });
      const [table] = result.tables;
      const names = table?.columnDescriptors.map(({ name }) => name ?? '') ?? [];
      return (table?.rows ?? []).map((row) =>
        Object.fromEntries(names.map((name, at): [string, unknown] => [name, row[at]])),
      );
    },
  };
}

/** Where the rows of the trail go. */
export interface TrailTableAddress {
  /** The logs ingestion endpoint of a data collection rule of the kind Direct. */
  readonly endpoint: string;
  /** Its immutable id, `dcr-…`. */
  readonly rule: string;
  readonly stream: string;
}

/** Whether the rows themselves are at fault. A rule without the stream is refused with 400 as well, whatever is sent. */
const isOfRows = ({ status, code }: WorkspaceUnreachable): boolean =>
  status === 413 || (status === 400 && code !== 'InvalidStream');

/**
 * The table of the trail, behind its data collection rule.
 *
 * @see https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
 */
export function trailTable(address: TrailTableAddress, connection: MonitorConnection): TrailTable {
  const client = once(async () => {
    const { LogsIngestionClient } = await import('@azure/monitor-ingestion');
    return new LogsIngestionClient(address.endpoint, credentialOf(connection), optionsOf(connection));
  });
  return {
    async send(rows) {
      try {
        // One at a time: rows of a stream arrive in its order.
        await answered(`sending records of the trail to ${address.rule}`, async () =>
          (await client()).upload(
            address.rule,
            address.stream,
            rows.map((row: LogRow) => ({ ...row })),
            { maxConcurrency: 1 },
          ),
        );
        return 'taken';
      } catch (error) {
        if (!(error instanceof WorkspaceUnreachable) || !isOfRows(error)) throw error;
        return { refused: error };
      }
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function answered<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const cause = firstOf(error);
    throw new WorkspaceUnreachable(doing, cause, answerOf(cause));
  }
}

const uploadError = z.object({ errors: z.array(z.object({ cause: z.instanceof(Error) })).min(1) });

/** The client of the trail's table throws one error around those of its calls. */
function firstOf(error: unknown): unknown {
  const { data } = uploadError.safeParse(error);
  return data?.errors[0]?.cause ?? error;
}

const details = z.object({
  error: z.object({ code: z.string().optional(), innererror: z.object({ code: z.string() }).optional() }),
});

/** Of a refusal that has an inner code that one, which says more. */
function answerOf(error: unknown): ServiceAnswer {
  if (error instanceof NoToken || !(error instanceof RestError)) return { status: undefined, code: undefined };
  const said = details.safeParse(error.details).data?.error ?? bodyOf(error);
  return { status: error.statusCode, code: said?.innererror?.code ?? said?.code ?? error.code };
}

function bodyOf({ response }: RestError): z.infer<typeof details>['error'] | undefined {
  try {
    return details.safeParse(JSON.parse(response?.bodyAsText ?? '')).data?.error;
  } catch {
    return undefined; // an answer without JSON has no code
  }
}
