import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { ConnectionBroken } from '../connection-broken.ts';
import { callerOf, type IdentityRegister } from '../identities.ts';
import { QueryFault } from '../kusto-tokens.ts';
import type { Chance } from '../random.ts';
import type { Behaviours, WireRequest, WireResponse } from '../types.ts';
import { ingestionAudience, queryAudience } from './audiences.ts';
import { auditLogsRow, diagnosticsRow } from './audit-rows.ts';
import { type Columns, type LogRow, type LogTable, QueryUnknown, type Result, runQuery } from './run.ts';
import { instant } from './syntax.ts';
import { AUDIT_TABLE, logTables } from './tables.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** Where queries go. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/access-api */
export const QUERY_HOST = 'api.loganalytics.io';
/** The logs ingestion endpoint of the data collection rule, whose kind is Direct. */
export const INGESTION_HOST = 'key-guardian-trail-a1b2.westeurope-1.ingest.monitor.azure.com';
/** The rule, by its immutable id. */
export const RULE_ID = 'dcr-00000000000000000000000000000a11';
/** The stream of that rule, by which a caller names the form of its rows. */
export const STREAM = `Custom-${AUDIT_TABLE}`;

/** What an identity may do: send rows through the rule (*Monitoring Metrics Publisher*), or query a workspace (*Log Analytics Reader*). */
export type MonitorRight = { readonly kind: 'send' } | { readonly kind: 'query'; readonly workspace: string };

/** One request as it was served. */
export interface LoggedMonitorRequest {
  readonly at: Date;
  readonly kind: 'send' | 'query';
  readonly identity: string | undefined;
  readonly status: number;
  /** Bytes of the body as it came, and rows in it or in the answer. */
  readonly bytes: number;
  readonly rows: number;
}

/** A planned answer. */
export type MonitorFault =
  | { readonly kind: 'status'; readonly status: 429 | 500 | 503; readonly retryAfterSeconds?: number }
  | { readonly kind: 'unreachable' }
  /** The service does it, the connection breaks before the answer. */
  | { readonly kind: 'lost-answer' }
  /** Rows that have this text are refused, and the call with them. */
  | { readonly kind: 'refuses'; readonly text: string };

/** Azure Monitor: a data collection rule that takes rows, and workspaces that answer queries. */
export interface Monitor {
  handle(request: WireRequest): Promise<WireResponse>;
  /** Whether it serves a host. */
  serves(host: string): boolean;
  /** A workspace; made when it is first named. The first one is where the rule sends rows. */
  workspace(customerId: string): Workspace;
  /** Takes effect at once, or after `behaviours.monitorRightsMs`. */
  grant(identity: string, right: MonitorRight): void;
  revoke(identity: string, kind: MonitorRight['kind']): void;
  /** A diagnostic setting of a vault; `undefined` removes it. The table follows from whether the destination is resource-specific. */
  sendLogs(
    vault: string,
    to: { readonly workspace: string; readonly table: 'AZKVAuditLogs' | 'AzureDiagnostics' } | undefined,
  ): void;
  /** Takes an audit record of a vault. */
  addAuditRecord(vault: string, record: () => unknown): void;
  /** Plans an answer to calls of a kind, and gives its removal. */
  fault(kind: LoggedMonitorRequest['kind'], fault: MonitorFault): () => void;
  readonly log: LoggedMonitorRequest[];
}

/** A call has at most 1 MB, compressed and uncompressed. */
const MOST_BYTES = 1_048_576;
const DAY_MS = 86_400_000;

interface Needs {
  readonly register: IdentityRegister;
  readonly behaviours: Readonly<Behaviours>;
  readonly chance: Chance;
}

/** Makes Azure Monitor, without a workspace. */
export function createMonitor({ register, behaviours, chance }: Needs): Monitor {
  const workspaces = new Map<string, Workspace>();
  const rights: { readonly identity: string; readonly right: MonitorRight; readonly fromMs: number }[] = [];
  const settings = new Map<
    string,
    { readonly workspace: string; readonly table: 'AZKVAuditLogs' | 'AzureDiagnostics' }
  >();
  const faults = new Map<object, { readonly kind: LoggedMonitorRequest['kind']; readonly fault: MonitorFault }>();
  const log: LoggedMonitorRequest[] = [];

  function workspace(customerId: string): Workspace {
    const id = customerId.toLowerCase();
    const known = workspaces.get(id) ?? createWorkspace(id, behaviours, chance.random);
    workspaces.set(id, known);
    return known;
  }
  const planned = (kind: LoggedMonitorRequest['kind']): readonly MonitorFault[] =>
    [...faults.values()].filter((one) => one.kind === kind).map(({ fault }) => fault);
  const mayCall = (identity: string, isMeant: (right: MonitorRight) => boolean): boolean =>
    rights.some((one) => one.identity === identity && isMeant(one.right) && one.fromMs <= Date.now());

  async function handle(request: WireRequest): Promise<WireResponse> {
    const kind = new URL(request.url).hostname.toLowerCase() === QUERY_HOST ? 'query' : 'send';
    const bytes = request.bytes?.byteLength ?? Buffer.byteLength(request.body);
    const caller = callerOf(register, request.headers.authorization, [
      kind === 'query' ? queryAudience : ingestionAudience,
    ]);
    const identity = caller.kind === 'known' ? caller.identity.name : undefined;
    const plans = planned(kind);
    const note = (status: number, rows: number): void =>
      void log.push({ at: new Date(), kind, identity, status, bytes, rows });
    if (plans.some((plan) => plan.kind === 'unreachable')) throw new ConnectionBroken('ECONNRESET', request.url);
    const refusal = plans.find((plan) => plan.kind === 'status');
    if (refusal !== undefined) {
      note(refusal.status, 0);
      const { retryAfterSeconds } = refusal;
      const wait = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      return {
        ...errorAnswer(refusal.status, 'TooManyRequests', 'Too many requests.'),
        headers: { ...JSON_HEADERS, ...wait },
      };
    }
    if (identity === undefined) {
      note(401, 0);
      return errorAnswer(401, 'InvalidTokenError', 'The provided authentication is not valid for this resource');
    }
    const { answer, rows } = kind === 'query' ? queried(request, identity) : sent(request, identity, plans);
    note(answer.status, rows);
    if (plans.some((plan) => plan.kind === 'lost-answer')) throw new ConnectionBroken('ECONNRESET', request.url);
    return answer;
  }

  function sent(request: WireRequest, identity: string, plans: readonly MonitorFault[]): Served {
    const [, rule, stream] =
      /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/.exec(new URL(request.url).pathname) ?? [];
    if (rule !== RULE_ID)
      return refused(404, 'NotFound', `Data collection rule with immutable Id '${rule ?? ''}' not found.`);
    if (!mayCall(identity, (right) => right.kind === 'send'))
      return refused(
        403,
        'OperationFailed',
        `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '${RULE_ID}'.`,
      );
    if (stream !== STREAM)
      return refused(
        400,
        'InvalidStream',
        `The stream ${stream ?? ''} was not configured in the data collection rule.`,
      );
    const body = contentOf(request);
    const bytes = Math.max(Buffer.byteLength(body ?? ''), request.bytes?.byteLength ?? 0);
    if (bytes > MOST_BYTES)
      return refused(413, 'ContentLengthLimitExceeded', 'Maximum allowed content length: 1048576 bytes.');
    const rows = rowsSchema.safeParse(jsonOf(body));
    if (!rows.success) return refused(400, 'InvalidPayload', 'The payload is not a JSON array of objects.');
    if (plans.some((plan) => plan.kind === 'refuses' && body?.includes(plan.text)))
      return refused(400, 'InvalidRecord', 'A record does not match the stream.');
    const [first] = workspaces.values();
    const nowMs = Date.now();
    first?.add(
      AUDIT_TABLE,
      rows.data.map((row) => ({ ...row, TimeGenerated: timeGenerated(row.TimeGenerated, nowMs), ...momentsIn(row) })),
    );
    return { answer: { status: 204, headers: { server: 'Microsoft-HTTPAPI/2.0' }, body: '' }, rows: rows.data.length };
  }

  function queried(request: WireRequest, identity: string): Served {
    const [, customerId = ''] = /^\/v1\/workspaces\/([^/]+)\/query$/.exec(new URL(request.url).pathname) ?? [];
    const found = workspaces.get(customerId.toLowerCase());
    if (found === undefined) return refused(404, 'WorkspaceNotFoundError', 'The requested path does not exist');
    if (!mayCall(identity, (right) => right.kind === 'query' && right.workspace.toLowerCase() === found.customerId))
      return refused(
        403,
        'InsufficientAccessError',
        'The provided credentials have insufficient access to perform the requested operation',
      );
    const asked = querySchema.safeParse(jsonOf(contentOf(request)));
    const within = asked.success ? withinSpan(asked.data.timespan ?? undefined, Date.now()) : undefined;
    if (!asked.success || within === undefined)
      return refused(400, 'BadArgumentError', 'The request had some invalid properties');
    try {
      const result = runQuery(asked.data.query, (name) => within(found.table(name)));
      const rows = result.rows.slice(0, behaviours.mostLogRows);
      const tables = [tableOf({ ...result, rows })];
      const body = JSON.stringify(rows.length < result.rows.length ? { tables, error: TOO_LARGE } : { tables });
      return { answer: { status: 200, headers: JSON_HEADERS, body }, rows: rows.length };
    } catch (error) {
      if (error instanceof QueryFault) return { answer: syntaxError(error), rows: 0 };
      if (error instanceof QueryUnknown) return { answer: semanticError(error.message), rows: 0 };
      throw error;
    }
  }

  return {
    log,
    handle,
    serves: (host) => host === QUERY_HOST || host === INGESTION_HOST,
    workspace,
    grant: (identity, right) => void rights.push({ identity, right, fromMs: Date.now() + behaviours.monitorRightsMs }),
    revoke(identity, kind) {
      for (const one of rights.filter(({ identity: by, right }) => by === identity && right.kind === kind))
        rights.splice(rights.indexOf(one), 1);
    },
    sendLogs(vault, to) {
      if (to === undefined) settings.delete(vault);
      else settings.set(vault, to);
    },
    addAuditRecord(vault, record) {
      const setting = settings.get(vault);
      if (setting === undefined) return;
      const { values, more } = setting.table === 'AZKVAuditLogs' ? auditLogsRow(record()) : diagnosticsRow(record());
      workspace(setting.workspace).add(setting.table, [values], more);
    },
    fault(kind, fault) {
      const id = {};
      faults.set(id, { kind, fault });
      return () => void faults.delete(id);
    },
  };
}

interface Served {
  readonly answer: WireResponse;
  readonly rows: number;
}

const rowsSchema = z.array(z.record(z.string(), z.unknown()));
const querySchema = z.object({ query: z.string(), timespan: z.string().nullish() });
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** What stands beside the rows where there are more than one answer takes. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/errors */
const TOO_LARGE = {
  code: 'PartialError',
  message: 'There were some errors when processing your query.',
  details: [
    {
      code: 'EngineError',
      message: 'Something went wrong processing your query on the server.',
      innererror: { code: '-2133196797', message: 'The result is too large (E_QUERY_RESULT_SET_TOO_LARGE).' },
    },
  ],
};

/**
 * What the time span of a request leaves of a table, by `TimeGenerated`, besides what the query itself asks for; `undefined`
 * where it is none: days, or a beginning and an end. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/timespan
 */
function withinSpan(
  timespan: string | undefined,
  nowMs: number,
): ((table: LogTable | undefined) => LogTable | undefined) | undefined {
  if (timespan === undefined) return (table) => table;
  const days = Number(/^P(\d+)D$/.exec(timespan)?.[1] ?? Number.NaN);
  const [fromMs = Number.NaN, untilMs = Number.NaN] = Number.isNaN(days)
    ? timespan.split('/').map((text) => Date.parse(text))
    : [nowMs - days * DAY_MS, nowMs];
  if (Number.isNaN(fromMs) || Number.isNaN(untilMs)) return undefined;
  const [from, until] = [fromMs, untilMs].map((ms) => instant(new Date(ms).toISOString()));
  const isWithin = ({ values }: LogRow): boolean =>
    String(values.TimeGenerated) >= String(from) && String(values.TimeGenerated) <= String(until);
  return (table) => table && { ...table, rows: table.rows.filter(isWithin) };
}

function errorAnswer(status: number, code: string, message: string): WireResponse {
  const headers = { ...JSON_HEADERS, 'x-ms-error-code': code };
  return { status, headers, body: JSON.stringify({ error: { code, message } }) };
}

const refused = (status: number, code: string, message: string): Served => ({
  answer: errorAnswer(status, code, message),
  rows: 0,
});

/** As recorded. */
function syntaxError({ line, column, token }: QueryFault): WireResponse {
  const message = `Query could not be parsed at '${token}' on line [${line},${column}]`;
  const inner = { code: 'SYN0002', message, line, pos: column, token };
  return badArgument({ code: 'SyntaxError', message: 'A recognition error occurred in the query.', innererror: inner });
}

const semanticError = (message: string): WireResponse =>
  badArgument({
    code: 'SemanticError',
    message: 'A semantic error occurred.',
    innererror: { code: 'SEM0100', message },
  });

function badArgument(innererror: object): WireResponse {
  const error = { message: 'The request had some invalid properties', code: 'BadArgumentError', innererror };
  return { status: 400, headers: JSON_HEADERS, body: JSON.stringify({ error }) };
}

/** The body as text, unpacked; `undefined` where it is not packed as it says. */
function contentOf({ headers, bytes, body }: WireRequest): string | undefined {
  if (bytes === undefined) return body;
  if (headers['content-encoding'] !== 'gzip') return Buffer.from(bytes).toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch {
    return undefined; // the payload is then no JSON, which the caller says
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined; // its schema refuses it
  }
}

/** A time that is older than two days, or more than one ahead, is replaced by that of arrival. @see https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time */
function timeGenerated(given: unknown, nowMs: number): string {
  const at = typeof given === 'string' ? Date.parse(given) : Number.NaN;
  const isTaken = at >= nowMs - 2 * DAY_MS && at <= nowMs + DAY_MS;
  return instant(isTaken ? String(given) : new Date(nowMs).toISOString());
}

/** The other moments of a row, spelled as Kusto does. */
function momentsIn(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const columns: Columns = logTables[AUDIT_TABLE] ?? {};
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      columns[name] === 'datetime' && name !== 'TimeGenerated' && typeof value === 'string'
        ? [[name, instant(value)]]
        : [],
    ),
  );
}

/** Dynamic values come as text. @see https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format */
function tableOf({ columns, rows }: Result) {
  const named = Object.entries(columns);
  return {
    name: 'PrimaryResult',
    columns: named.map(([name, type]) => ({ name, type })),
    rows: rows.map((row) =>
      named.map(([name, type]) => {
        const value = row[name] ?? null;
        if (type === 'string') return value === null ? '' : String(value);
        return type === 'dynamic' && value !== null ? JSON.stringify(value) : value;
      }),
    ),
  };
}
