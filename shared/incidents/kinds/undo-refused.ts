import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { incidentKind } from './kind.ts';

export const undoRefused = incidentKind(
  {
    id: 'undo-refused',
    severity: 'critical',
    audience: 'on-call',
    tells: 'What is to be undone was refused for two minutes.',
    ends: 'with-an-inspection',
    endsWhen: 'when it was undone, or is nothing to undo any more',
  },
  (id: KeyId, since: Date, because: string) => ({
    subject: keyOf(id),
    since,
    summary: `Key ${spell(id)} cannot be put right: ${because}`,
    judgement: 'trying again',
    commands: [`key-guardian restore ${spell(id)}`],
  }),
);
