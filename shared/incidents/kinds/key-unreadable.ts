import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const keyUnreadable = incidentKind(
  {
    id: 'key-unreadable',
    severity: 'error',
    tells: 'A key could not be read for two minutes.',
    ends: { kind: 'with-a-look', when: 'when it was read' },
  },
  (id: KeyId, since: Date, because: string) => ({
    subject: id,
    since,
    summary: `Key ${spell(id)} cannot be read: ${because}. This does not mean that it is gone.`,
    judgement: 'trying again',
  }),
);
