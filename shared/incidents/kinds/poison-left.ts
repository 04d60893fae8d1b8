import { NO_VAULT } from '../../domain/audit-record.ts';
import { incidentKind } from './kind.ts';

export const poisonLeft = incidentKind(
  {
    id: 'poison-left',
    severity: 'warning',
    tells: 'Messages that failed five times lie in a poison queue, and no function can take them.',
    ends: { kind: 'with-its-state', when: 'when those queues are empty' },
  },
  (queues: readonly string[], now: Date) => ({
    subject: { vault: NO_VAULT },
    since: now,
    summary: `Messages lie in ${queues.join(', ')}, and no function can take them: look at them in the storage account of the register, and remove them.`,
    judgement: 'left to people',
  }),
);
