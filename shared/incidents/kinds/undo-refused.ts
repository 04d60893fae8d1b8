import { type KeyId, spell } from '../../domain/key.ts';
import { keyOf } from '../../domain/subject.ts';
import { incidentKind } from './kind.ts';

export const undoRefused = incidentKind(
  {
    id: 'undo-refused',
    severity: 'critical',
    audience: 'on-call',
    tells: "The vault has refused the guardian's restore for two minutes.",
    ends: 'with-an-inspection',
    endsWhen: 'when the key is restored, or needs no restore any more',
  },
  (id: KeyId, since: Date, because: string) => ({
    subject: keyOf(id),
    since,
    summary: `Key ${spell(id)} cannot be restored: ${because}`,
    judgement: 'refused again and again: a person has to restore it',
    commands: [`key-guardian restore ${spell(id)}`],
  }),
);
