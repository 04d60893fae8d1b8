import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const registerUnreadable = incidentKind(
  {
    id: 'register-unreadable',
    severity: 'critical',
    tells: 'What the register holds of a key cannot be read, so that it is not guarded.',
    ends: { kind: 'with-a-look', when: 'when it was looked at again' },
  },
  (id: KeyId, since: Date) => ({
    subject: id,
    since,
    summary: `What the register holds of key ${spell(id)} cannot be read: the key is not guarded until it can.`,
    judgement: 'left to people',
  }),
);
