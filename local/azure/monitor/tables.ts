import auditTable from '../../../infra/audit-table.json' with { type: 'json' };
import type { Columns, ColumnType } from './run.ts';

/** Columns that every table has. @see https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns */
const STANDARD = { TimeGenerated: 'datetime', _ResourceId: 'string', TenantId: 'string', Type: 'string' } as const;

/** @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs */
const AUDIT_LOGS = {
  ...STANDARD,
  ...texts('OperationName OperationVersion ResultType ResultSignature ResultDescription CallerIpAddress CorrelationId'),
  ...texts('ClientInfo RequestUri Id Algorithm AddressAuthorizationType AppliedAssignmentId SubnetId TrustedService'),
  ...texts('Tlsversion HsmPoolResourceId SourceSystem _SubscriptionId'),
  DurationMs: 'int',
  HttpStatusCode: 'int',
  Identity: 'dynamic',
  KeyProperties: 'dynamic',
  IsAccessPolicyMatch: 'bool',
  IsAddressAuthorized: 'bool',
  IsRbacAuthorized: 'bool',
} as const satisfies Columns;

/**
 * A table to which each kind of record adds columns of its own, with a letter for the type: these are there only once a
 * record had them.
 *
 * @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/azurediagnostics
 */
const DIAGNOSTICS = {
  ...STANDARD,
  ...texts('OperationName OperationVersion ResultType ResultSignature ResultDescription CallerIPAddress CorrelationId'),
  ...texts('Category ResourceProvider ResourceId Resource ResourceGroup SubscriptionId ResourceType SourceSystem'),
  DurationMs: 'long',
} as const satisfies Columns;

/** The project's own table. */
export const AUDIT_TABLE = auditTable.name;
const auditColumns = Object.fromEntries(
  auditTable.columns.map(({ name, type }): [string, ColumnType] => [
    name,
    type === 'dateTime' ? 'datetime' : typed(type),
  ]),
);

function typed(type: string): ColumnType {
  if (type === 'string' || type === 'dynamic' || type === 'int' || type === 'long' || type === 'real') return type;
  throw new Error(`The local Log Analytics has no column type ${type}.`);
}

/** The tables that a workspace can have, with the columns that they begin with. */
export const logTables: Readonly<Record<string, Columns>> = {
  AZKVAuditLogs: AUDIT_LOGS,
  AzureDiagnostics: DIAGNOSTICS,
  [AUDIT_TABLE]: { ...STANDARD, ...auditColumns },
};

function texts(names: string): Readonly<Record<string, 'string'>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, 'string']));
}
