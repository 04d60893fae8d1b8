const CLAIM = /^identity_claim_(.+)_[sgdb]$/;

/**
 * A row of Log Analytics, from a data export of `AZKVAuditLogs` or `AzureDiagnostics`, in the form of a record. The latter has
 * a column for each claim, and a letter for its type at the end of a column's name.
 * @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
 */
export const recordOfRow = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  time: row.TimeGenerated,
  category: row.Category,
  operationName: row.OperationName,
  correlationId: row.CorrelationId,
  callerIpAddress: row.CallerIpAddress ?? row.CallerIPAddress,
  identity: row.Identity ?? { claim: claimsIn(row) },
  properties: {
    id: row.Id ?? row.id_s ?? row.RequestUri ?? row.requestUri_s,
    httpStatusCode: row.HttpStatusCode ?? row.httpStatusCode_d,
    appliedAssignmentId: row.AppliedAssignmentId ?? row.appliedAssignmentId_g,
  },
});

function claimsIn(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const claims = Object.entries(row).flatMap(([column, value]) => {
    const name = CLAIM.exec(column)?.[1];
    return name === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(claims);
}
