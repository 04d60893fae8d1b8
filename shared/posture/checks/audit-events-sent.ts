import type { DiagnosticSetting } from '../../domain/resource-manager.ts';
import type { VaultCheck } from '../check.ts';

/** The category of a vault's audit events, and the groups of categories that have it. @see https://learn.microsoft.com/azure/key-vault/general/howto-logging */
const AUDIT = ['auditevent', 'audit', 'alllogs'];

/** Whether a diagnostic setting of a vault sends its audit events. */
export const sendsAuditEvents = ({ logs }: Pick<DiagnosticSetting, 'logs'>): boolean =>
  logs.some((log) => AUDIT.includes(log));

export const auditEventsSent: VaultCheck = {
  id: 'audit-events-sent',
  on: 'vault',
  demand:
    'A diagnostic setting sends the audit events of a vault to where they are kept: they alone say who changed a key.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/general/logging',
  check({ diagnosticSettings }) {
    if (diagnosticSettings.kind === 'unknown') return [diagnosticSettings];
    if (diagnosticSettings.value.some(sendsAuditEvents)) return [];
    return [
      {
        kind: 'finding',
        says: 'No diagnostic setting sends its audit events anywhere: nobody learns who changed a key.',
      },
    ];
  },
};
