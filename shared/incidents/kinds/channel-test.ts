import type { Actor } from '../../domain/audit-record.ts';
import { GUARDIAN } from '../../domain/subject.ts';
import { incidentKind, withItsState } from './kind.ts';

export const channelTest = incidentKind(
  {
    id: 'channel-test',
    severity: 'info',
    audience: 'operators',
    tells: 'A person tests an alert channel. Only that channel is alerted.',
    ...withItsState('when the channel has answered'),
  },
  (channel: string, by: Actor, at: Date) => ({
    subject: GUARDIAN,
    since: at,
    summary: `This is a test of the alert channel ${channel}. Nothing is wrong.`,
    judgement: 'nothing is to be done',
    who: by,
  }),
);
