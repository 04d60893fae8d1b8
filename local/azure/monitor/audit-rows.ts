import * as z from 'zod';
import type { Columns, LogRow } from './run.ts';
import { instant } from './syntax.ts';

const members = z.record(z.string(), z.unknown());
const record = z.object({
  time: z.string(),
  category: z.string(),
  operationName: z.string(),
  operationVersion: z.string(),
  resultType: z.string(),
  resultSignature: z.string(),
  resultDescription: z.string().optional(),
  correlationId: z.string(),
  callerIpAddress: z.string(),
  durationMs: z.string(),
  resourceId: z.string(),
  identity: z.object({ claim: members }),
  properties: members,
});

/** A row with the columns that it needs beside those of its table. */
export interface AuditRow {
  readonly values: LogRow['values'];
  readonly more: Columns;
}

/** An audit record of a vault as a row of `AZKVAuditLogs`. @see https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs */
export function auditLogsRow(given: unknown): AuditRow {
  const { time, properties, identity, ...said } = record.parse(given);
  const upper = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return {
    more: {},
    values: {
      ...Object.fromEntries(Object.entries(said).map(([name, value]) => [upper(name), value])),
      ...Object.fromEntries(Object.entries(properties).map(([name, value]) => [upper(name), value])),
      TimeGenerated: instant(time),
      DurationMs: Number(said.durationMs),
      Tlsversion: properties.tlsVersion,
      Identity: identity,
      _ResourceId: said.resourceId.toLowerCase(),
    },
  };
}

/**
 * The same as a row of `AzureDiagnostics`: what is nested has a column for each value, whose name is the way to it, every
 * other character an underscore, and a letter for the type.
 */
export function diagnosticsRow(given: unknown): AuditRow {
  const { time, properties, identity, callerIpAddress, ...said } = record.parse(given);
  const [, , subscription = '', , group = '', , , , resource = ''] = said.resourceId.split('/');
  const flattened = [...flat('', properties), ...flat('identity', identity)];
  return {
    more: Object.fromEntries(flattened.map(({ name, type }) => [name, type])),
    values: {
      ...Object.fromEntries(flattened.map(({ name, value }) => [name, value])),
      TimeGenerated: instant(time),
      Category: said.category,
      OperationName: said.operationName,
      OperationVersion: said.operationVersion,
      ResultType: said.resultType,
      ResultSignature: said.resultSignature,
      ResultDescription: said.resultDescription,
      CorrelationId: said.correlationId,
      CallerIPAddress: callerIpAddress,
      DurationMs: Number(said.durationMs),
      ResourceId: said.resourceId,
      ResourceProvider: 'MICROSOFT.KEYVAULT',
      ResourceType: 'VAULTS',
      SubscriptionId: subscription.toLowerCase(),
      ResourceGroup: group,
      Resource: resource,
      _ResourceId: said.resourceId.toLowerCase(),
    },
  };
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function flat(
  above: string,
  of: Readonly<Record<string, unknown>>,
): readonly { readonly name: string; readonly type: Columns[string]; readonly value: unknown }[] {
  return Object.entries(of).flatMap(([member, value]) => {
    const way = `${above === '' ? '' : `${above}_`}${member.replaceAll(/[^a-zA-Z0-9]+/g, '_')}`;
    const nested = members.safeParse(value);
    if (nested.success && !Array.isArray(value)) return flat(way, nested.data);
    switch (typeof value) {
      case 'boolean':
        return [{ name: `${way}_b`, type: 'bool', value }];
      case 'number':
        return [{ name: `${way}_d`, type: 'real', value }];
      case 'string':
        return [{ name: `${way}_${GUID.test(value) ? 'g' : 's'}`, type: 'string', value }];
      default:
        return [{ name: `${way}_s`, type: 'string', value: JSON.stringify(value) }];
    }
  });
}
