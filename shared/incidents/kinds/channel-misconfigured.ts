import { NO_VAULT } from '../../domain/audit-record.ts';
import type { ChannelMisconfigured } from '../../errors.ts';
import { incidentKind } from './kind.ts';

export const channelMisconfigured = incidentKind(
  {
    id: 'channel-misconfigured',
    severity: 'error',
    tells: 'An alert channel has settings that cannot be used, so that it tells nobody; the others are used.',
    ends: { kind: 'with-its-state', when: 'when they can be used' },
  },
  (misconfigured: readonly ChannelMisconfigured[], now: Date) => ({
    subject: { vault: NO_VAULT },
    since: now,
    summary: misconfigured.map(({ message }) => message).join(' '),
    judgement: 'left to people',
  }),
);
