import type { Hanging } from '../../../shared/domain/hanging.ts';
import type { AlertContent, Incident } from '../../../shared/domain/incident.ts';

/** An incident of a disabled key, found 20 seconds after the act. */
export const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'incident-1',
  kind: 'version-disabled',
  severity: 'critical',
  audience: 'on-call',
  ends: 'with-an-inspection',
  subject: { kind: 'version', vault: 'payments', key: 'disk-key', version: 'abc' },
  since: new Date('2026-03-01T12:00:00Z'),
  detectedAt: new Date('2026-03-01T12:00:20Z'),
  deadline: new Date('2026-03-01T13:00:00Z'),
  state: 'open',
  summary: 'Version abc of disk-key in payments is disabled.',
  judgement: 'withheld: alert-only',
  commands: [],
  revision: 1,
  ...more,
});

/** What hangs on its key, with the ids by which people find it. */
export const hangs = {
  kind: 'disks',
  says: '1 disk encryption set (2 disks), 2 machines, 1 running',
  machines: [
    {
      id: '/subscriptions/s1/resourceGroups/apps/providers/Microsoft.Compute/virtualMachines/web-1',
      name: 'web-1',
      power: 'running',
    },
    {
      id: '/subscriptions/s1/resourceGroups/apps/providers/Microsoft.Compute/virtualMachines/web-2',
      name: 'web-2',
      power: 'stopped',
    },
  ],
  vaultId: '/subscriptions/s1/resourceGroups/disks/providers/Microsoft.KeyVault/vaults/payments',
} satisfies Hanging;

export const alert = (more: Partial<Incident> = {}, event: AlertContent['event'] = 'opened'): AlertContent => ({
  event,
  incident: incident(more),
});

/** The same alert on something that stops nothing. */
export function withoutDeadline({ event, incident }: AlertContent): AlertContent {
  const { deadline: _, ...others } = incident;
  return { event, incident: others };
}
