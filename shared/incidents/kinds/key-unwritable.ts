import { type KeyId, spell } from '../../domain/key.ts';
import { incidentKind } from './kind.ts';

export const keyUnwritable = incidentKind(
  {
    id: 'key-unwritable',
    severity: 'critical',
    tells: 'What is to be undone was refused for two minutes.',
    ends: { kind: 'with-a-look', when: 'when it was undone, or is nothing to undo any more' },
  },
  (id: KeyId, since: Date, because: string) => ({
    subject: id,
    since,
    summary: `Key ${spell(id)} cannot be put right: ${because}`,
    judgement: 'trying again',
    command: `key-guardian restore ${spell(id)}`,
  }),
);
